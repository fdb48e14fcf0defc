"""Examples in arrays, or lists and dicts of arrays, whose first axes run together."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from keras import ops, tree

from keras_regzoo import validation


def as_arrays(name: str, data: Any, examples: int | None = None) -> Any:
    """Returns NumPy arrays in the structure of `data`.

    Args:
        name: The argument's name.
        data: What the user passed.
        examples: The number of rows that all must have; by default that of the first.

    Raises:
        ValueError: If there is something else than arrays, or not one row for each example.
    """
    parts = tree.flatten(data)
    if not parts or not all(getattr(part, "shape", ()) for part in parts):
        raise ValueError(
            f"`{name}` must be an array with a row for each example, or a list or dict of such; "
            f"received {validation.shown(data)}."
        )
    arrays = tree.map_structure(_as_array, data)
    rows = [len(array) for array in tree.flatten(arrays)]
    examples = rows[0] if examples is None else examples
    if set(rows) != {examples}:
        wrong = next(each for each in rows if each != examples)
        raise ValueError(
            f"`{name}` must have one row for each of {examples} examples; received {wrong}."
        )
    return arrays


def arrays_if_given(name: str, data: Any, examples: int) -> Any:
    """Returns what `as_arrays` does, or `None` for `None`."""
    return None if data is None else as_arrays(name, data, examples)


def count(data: Any) -> int:
    """Returns the number of examples in what `as_arrays` returned."""
    return len(tree.flatten(data)[0])


def check_finite(name: str, data: Any) -> None:
    """Raises a ValueError unless what `as_arrays` returned is finite, one example at least."""
    if not count(data):
        raise ValueError(f"`{name}` must have at least one example; received none.")
    floats = (each for each in tree.flatten(data) if each.dtype.kind in "fc")
    if not all(np.isfinite(each).all() for each in floats):
        raise ValueError(f"`{name}` must be finite; received NaN or infinite values.")


def finite_arrays(name: str, data: Any, examples: int | None = None) -> Any:
    """Returns what `as_arrays` does, and raises a ValueError as `check_finite` does."""
    arrays = as_arrays(name, data, examples)
    check_finite(name, arrays)
    return arrays


def finite_if_given(name: str, data: Any, examples: int) -> Any:
    """Returns what `finite_arrays` does, or `None` for `None`."""
    return None if data is None else finite_arrays(name, data, examples)


def take(data: Any, positions: np.ndarray) -> Any:
    """Returns the examples at these positions, in the same structure."""
    return None if data is None else tree.map_structure(lambda array: array[positions], data)


def digest(data: Any) -> str:
    """Returns a hash of arrays and numbers, their types and shapes, in any structure."""
    found = hashlib.sha256()
    for path, part in tree.flatten_with_path(data):
        array = np.asarray(part)
        content = str(array.tolist()).encode() if array.dtype.hasobject else array.tobytes()
        found.update(f"{path} {array.dtype.str} {array.shape} ".encode() + content)
    return found.hexdigest()


def _as_array(part: Any) -> np.ndarray:
    return part if isinstance(part, np.ndarray) else np.asarray(ops.convert_to_numpy(part))
