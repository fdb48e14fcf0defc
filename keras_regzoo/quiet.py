"""`verbose=QUIET` for `fit`, `evaluate` and `predict`."""

from typing import Any

QUIET: Any = 0  # Keras types `verbose` as a string
