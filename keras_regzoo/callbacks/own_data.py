"""The data that callbacks hold, checked before a training ends on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops, tree


def check_examples(name: str, *parts: Any) -> None:
    """Raises a ValueError unless all in `parts` are arrays of as many examples, and some."""
    loose = [each for each in tree.flatten(parts) if isinstance(each, bool | int | float | str)]
    if loose:
        raise ValueError(
            f"{name} must hold arrays; received lists of {type(loose[0]).__name__}, which "
            "`numpy.asarray` makes into one."
        )
    shapes = [getattr(array, "shape", None) for array in tree.flatten(parts)]
    rows = [shape[0] for shape in shapes if shape]
    if 0 in rows or len(set(rows)) > 1:
        listed = ", ".join(map(str, rows))
        raise ValueError(
            f"{name} must have as many examples in each array, at least one; received {listed}."
        )


def check_finite(name: str, arrays: Any) -> None:
    """Raises a ValueError if an array of floats holds NaN or infinity."""
    for each in tree.flatten(arrays):
        array = ops.convert_to_numpy(each) if ops.is_tensor(each) else np.asarray(each)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite; received NaN or infinity.")
