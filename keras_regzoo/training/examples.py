"""Examples in arrays, or lists and dicts of arrays, whose first axes run together."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops, tree

_SHOWN = 80  # characters of a bad value


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
            f"received {_shortened(data)}."
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


def take(data: Any, positions: np.ndarray) -> Any:
    """Returns the examples at these positions, in the same structure."""
    return None if data is None else tree.map_structure(lambda array: array[positions], data)


def _shortened(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... (a {type(data).__name__})"


def _as_array(part: Any) -> np.ndarray:
    return part if isinstance(part, np.ndarray) else np.asarray(ops.convert_to_numpy(part))
