"""Projection onto the simplex."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.registration import register


@register
class Simplex(keras.constraints.Constraint):
    """Projects a weight onto the simplex: the nearest non-negative point with a given sum.

        P(v) = argmin_w ½ ‖w − v‖₂²  subject to  w ≥ 0,  Σᵢ wᵢ = z
             = max(v − θ, 0)

    The threshold θ is found by sorting. Weights become mixing proportions, many of them exactly
    zero. With non-negative inputs a unit is then a weighted mean of them.

    It is *not* a softmax, whose outputs are all positive, nor a division by the sum, which is not
    the nearest point.

    Args:
        total: z, the sum, above 0. Default 1.
        axis: The axes over which a sum is taken, as for `MaxNorm`: of a dense kernel
            (inputs, units), `axis=0` makes proportions of the weights entering each unit. `None`
            makes them of the whole tensor.

    Called with a weight of any shape; returns one of the same shape and dtype.

    Raises:
        ValueError: If `total` is not a number above 0, `axis` holds anything but integers, or, when
            called, the weight has no such axis or no numbers.

    Example:

    >>> constraint = keras_regzoo.constraints.Simplex()
    >>> [round(float(w), 2) for w in constraint(keras.ops.array([1.0, 0.5, -0.5]))]
    [0.75, 0.25, 0.0]

    Reference: Duchi, Shalev-Shwartz, Singer & Chandra (2008), Efficient Projections onto the
    l1-Ball for Learning in High Dimensions, fig. 1.
    """

    def __init__(self, total: float = 1.0, axis: int | tuple[int, ...] | None = None) -> None:
        self.total = validation.number("total", total, "(0, inf)")
        self.axis = None if axis is None else axes.checked(axis)

    def __call__(self, w: Any) -> Any:
        vectors, restore = axes.rows(axes.filled(w), self.axis)
        vectors = vectors - ops.max(vectors, axis=-1, keepdims=True)  # large numbers lose the total
        return restore(ops.maximum(vectors - simplex_threshold(vectors, self.total), 0.0))

    def get_config(self) -> dict[str, Any]:
        return {"total": self.total, "axis": self.axis}


def simplex_threshold(vectors: Any, total: float) -> Any:
    """Returns for each row v the θ with `Σ max(v − θ, 0) = total` (Duchi 2008, fig. 1)."""
    size = vectors.shape[-1]
    descending = ops.flip(ops.sort(vectors, axis=-1), axis=-1)
    ranks = ops.arange(1, size + 1, dtype=vectors.dtype)
    thresholds = (ops.cumsum(descending, axis=-1) - total) / ranks
    active = _count(descending > thresholds)
    theta = ops.take_along_axis(thresholds, active - 1, axis=-1)
    for _ in range(2):  # steps of Newton's method, for what long running sums have lost
        excess = ops.sum(ops.maximum(vectors - theta, 0.0), axis=-1, keepdims=True) - total
        theta = theta + excess / ops.cast(_count(vectors > theta), theta.dtype)
    return theta


def _count(chosen: Any) -> Any:
    """Returns how many are chosen in each row, and 1 if none is."""
    return ops.maximum(ops.sum(ops.cast(chosen, "int32"), axis=-1, keepdims=True), 1)
