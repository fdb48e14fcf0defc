"""The data that callbacks hold, checked before a training ends on them."""

from __future__ import annotations

from typing import Any

from keras import tree


def check_examples(name: str, *parts: Any) -> None:
    """Raises a ValueError unless all arrays in `parts` have as many examples, and some."""
    shapes = [getattr(array, "shape", None) for array in tree.flatten(parts)]
    rows = [shape[0] for shape in shapes if shape]
    if 0 in rows or len(set(rows)) > 1:
        listed = ", ".join(map(str, rows))
        raise ValueError(
            f"{name} must have as many examples in each array, at least one; received {listed}."
        )
