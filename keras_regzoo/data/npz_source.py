"""NumPy archives of the user's own arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from keras_regzoo import safe_files
from keras_regzoo.data.source import Part, Source

WHOLE = ("x", "y")
PARTS = ("x_train", "y_train", "x_test", "y_test")
VALIDATION = ("x_validation", "y_validation")


def read_npz(path: Path) -> Source:
    """Reads the arrays `x` and `y`, or `x_train`, `y_train`, `x_test` and `y_test`, of a file.

    `x_validation` and `y_validation` may stand beside the latter. Other arrays are not read, and
    nothing in the file is ever unpickled.

    Raises:
        ValueError: If the file is no NumPy archive, lacks these arrays, or they are damaged, hold
            Python objects or anything but numbers.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError(
            f"`source` must be a file that `numpy.savez` wrote; received {str(path)!r}, which is "
            f"no npz archive."
        )
    arrays = _read_arrays(path)
    if "x" in arrays:
        train, held_out = _part(arrays, "", path), (None, None)
    else:
        train = _part(arrays, "_train", path)
        validation = _part(arrays, "_validation", path) if "x_validation" in arrays else None
        held_out = (validation, _part(arrays, "_test", path))
    for part in held_out:
        if part is not None and part[0].shape[1:] != train[0].shape[1:]:
            raise ValueError(
                f"`source` {str(path)!r} must hold inputs of one shape; received "
                f"{train[0].shape[1:]} in `x_train` and {part[0].shape[1:]} beside it."
            )
    x = train[0]
    features = tuple(f"x{column}" for column in range(x.shape[1])) if x.ndim == 2 else ()
    return Source(path.stem, train, *held_out, features=features)


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    keys: list[str] = []

    def wanted(names: list[str]) -> tuple[str, ...]:
        keys.extend(names)
        found = WHOLE if set(WHOLE) <= set(keys) else PARTS
        if not set(found) <= set(keys):
            return ()
        return PARTS + VALIDATION if found is PARTS and set(VALIDATION) <= set(keys) else found

    try:
        arrays = safe_files.read_arrays(path, wanted)
    # A damaged or hostile archive fails in as many ways as zipfile, zlib and numpy know.
    except Exception as error:
        raise ValueError(
            f"`source` {str(path)!r} must hold plain numeric arrays only, not Python objects; "
            f"reading it failed with: {str(error).splitlines()[0] if str(error) else error!r}."
        ) from error
    if arrays:
        return arrays
    raise ValueError(
        f"`source` {str(path)!r} must hold the arrays `x` and `y`, or `x_train`, `y_train`, "
        f"`x_test` and `y_test`; received {sorted(keys)}."
    )


def _part(arrays: dict[str, np.ndarray], suffix: str, path: Path) -> Part:
    x, y = arrays[f"x{suffix}"], arrays[f"y{suffix}"]
    if (
        not isinstance(x, np.ndarray)
        or x.dtype.kind not in "biuf"
        or x.ndim < 2
        or 0 in x.shape[1:]
    ):
        shape, dtype = getattr(x, "shape", None), getattr(x, "dtype", type(x).__name__)
        raise ValueError(
            f"`source` {str(path)!r} must hold numbers of shape (n, ...) as `x{suffix}`; received "
            f"shape {shape} and dtype {dtype}."
        )
    if not isinstance(y, np.ndarray) or y.ndim < 1:
        raise ValueError(
            f"`source` {str(path)!r} must hold an array of shape (n,) as `y{suffix}`; received "
            f"{y!r}."
        )
    if x.dtype == np.uint8 and x.ndim > 2:
        x = x.astype(np.float32) / 255.0
    return x, y
