"""Projection onto the L1 ball."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.registration import register


@register
class L1Ball(keras.constraints.Constraint):
    """Projects a weight onto the L1 ball: the nearest point with `‖w‖₁ ≤ radius`.

        P(v) = argmin_w ½ ‖w − v‖₂²  subject to  ‖w‖₁ ≤ r
             = sign(v) max(|v| − θ, 0)

    The threshold θ is found by sorting; it is 0 inside the ball. Small weights become exactly
    zero. It bounds what the lasso penalizes: for each strength of `keras.regularizers.L1` there is
    a radius with the same solution.

    It is *not* a rescaling such as `keras.constraints.MaxNorm`, which keeps all weights nonzero.

    Args:
        radius: r, at least 0, in units of the weights' absolute sum.
        axis: The axes over which a norm is taken, as for `MaxNorm`: of a dense kernel
            (inputs, units), `axis=0` bounds the weights entering each unit. `None` bounds the
            whole tensor.

    Called with a weight of any shape; returns one of the same shape and dtype.

    Raises:
        ValueError: If `radius` is negative or not a number, `axis` holds anything but integers, or,
            when called, the weight has no such axis.

    Example:

    >>> constraint = keras_regzoo.constraints.L1Ball(radius=1.0)
    >>> [round(float(w), 2) for w in constraint(keras.ops.array([1.0, -0.5, 0.1]))]
    [0.75, -0.25, 0.0]

    Reference: Duchi, Shalev-Shwartz, Singer & Chandra (2008), Efficient Projections onto the
    l1-Ball for Learning in High Dimensions, fig. 1 and sec. 4.
    """

    def __init__(self, radius: float = 1.0, axis: int | tuple[int, ...] | None = None) -> None:
        self.radius = validation.number("radius", radius, "[0, inf)")
        if isinstance(axis, list | tuple):
            axis = tuple(validation.integer("axis", each, "(-inf, inf)") for each in axis)
        elif axis is not None:
            axis = validation.integer("axis", axis, "(-inf, inf)")
        self.axis = axis

    def __call__(self, w: Any) -> Any:
        return project_onto_l1_ball(w, self.radius, self.axis)

    def get_config(self) -> dict[str, Any]:
        return {"radius": self.radius, "axis": self.axis}


def project_onto_l1_ball(v: Any, radius: float, axis: int | tuple[int, ...] | None = None) -> Any:
    """Returns the nearest point to `v` with `‖w‖₁ ≤ radius` over `axis` (Duchi 2008, fig. 1)."""
    rank = len(v.shape)
    axes = range(rank) if axis is None else [axis] if isinstance(axis, int) else axis
    for each in axes:
        if not -rank <= each < rank:
            raise ValueError(f"`axis` must be an axis of a weight of rank {rank}; received {axis}.")
    inner = sorted({each % rank for each in axes})
    order = [each for each in range(rank) if each not in inner] + inner
    moved = ops.transpose(v, order)
    size = math.prod(moved.shape[rank - len(inner) :])
    rows = ops.reshape(moved, (-1, size))
    if keras.backend.standardize_dtype(v.dtype) != "float64":
        rows = ops.cast(rows, "float32")  # half precision cannot count, nor sum, beyond 256 weights
    magnitudes = ops.abs(rows)
    descending = ops.flip(ops.sort(magnitudes, axis=-1), axis=-1)
    ranks = ops.arange(1, size + 1, dtype=rows.dtype)
    thresholds = (ops.cumsum(descending, axis=-1) - radius) / ranks
    active = ops.sum(ops.cast(descending > thresholds, "int32"), axis=-1, keepdims=True)
    theta = ops.take_along_axis(thresholds, ops.maximum(active - 1, 0), axis=-1)
    inside = ops.sum(magnitudes, axis=-1, keepdims=True) <= radius
    shrunk = ops.sign(rows) * ops.maximum(magnitudes - ops.maximum(theta, 0.0), 0.0)
    projected = ops.where(inside, rows, shrunk)
    projected = ops.reshape(ops.cast(projected, v.dtype), moved.shape)
    return ops.transpose(projected, [order.index(each) for each in range(rank)])
