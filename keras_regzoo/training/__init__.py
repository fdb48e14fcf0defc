"""Training in several fits: plain functions around `model.fit`."""

__all__: list[str] = []
