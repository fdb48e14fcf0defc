"""Sums that every step adds to."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo.backend.autodiff import _engine


def add_weighted(sums: keras.Variable, scalars: list[Any], weight: Any) -> None:
    """Adds `weight · [*scalars, 1]` to `sums`.

    Args:
        sums: A floating-point variable of shape `(len(scalars) + 1,)`.
        scalars: Scalar tensors of its type.
        weight: A number, or a scalar tensor.

    Example:

    >>> sums = keras.Variable([0.0, 0.0])
    >>> keras_regzoo.backend.add_weighted(sums, [keras.ops.array(0.5)], 4)
    >>> print(keras.ops.convert_to_numpy(sums))
    [2. 4.]
    """
    if hasattr(_engine, "add_weighted"):
        _engine.add_weighted(sums, scalars, weight)
    else:
        each = ops.stack([*scalars, ops.ones_like(scalars[0])])
        sums.assign_add(each * ops.cast(weight, sums.dtype))
