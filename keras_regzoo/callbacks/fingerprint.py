"""What tells the arrays of one fit from those of another."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from keras import ops, tree

MOST_BYTES = 2**25


def fingerprint(arrays: Any) -> str:
    """Returns a digest of arrays: of all rows, or of evenly spaced ones where there are many.

    Args:
        arrays: A structure of what `fit` takes as arrays, and of `None`.
    """
    digest = hashlib.sha256()
    for each in tree.flatten(arrays):
        if each is not None:
            array = _as_numpy(each)
            digest.update(f"{array.dtype} {array.shape}".encode())
            rows = np.atleast_1d(array)[:: 1 + array.nbytes // MOST_BYTES]
            text = rows.dtype.hasobject
            digest.update(repr(rows.tolist()).encode() if text else rows.tobytes())
    return digest.hexdigest()


def _as_numpy(array: Any) -> np.ndarray:
    if hasattr(array, "to_numpy"):  # of pandas
        return array.to_numpy()
    if hasattr(array, "tocsr"):  # of SciPy
        rows = array.tocsr()
        return np.concatenate([rows.indptr, rows.indices, rows.data])
    return ops.convert_to_numpy(array) if ops.is_tensor(array) else np.asarray(array)
