"""Projection onto the L1 ball."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.constraints.simplex import simplex_threshold
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
            when called, the weight has no such axis or no numbers.

    Example:

    >>> constraint = keras_regzoo.constraints.L1Ball(radius=1.0)
    >>> [round(float(w), 2) for w in constraint(keras.ops.array([1.0, -0.5, 0.1]))]
    [0.75, -0.25, 0.0]

    Reference: Duchi, Shalev-Shwartz, Singer & Chandra (2008), Efficient Projections onto the
    l1-Ball for Learning in High Dimensions, fig. 1 and sec. 4.
    """

    def __init__(self, radius: float = 1.0, axis: int | tuple[int, ...] | None = None) -> None:
        self.radius = validation.number("radius", radius, "[0, inf)")
        self.axis = None if axis is None else axes.checked(axis)

    def __call__(self, w: Any) -> Any:
        return project_onto_l1_ball(w, self.radius, self.axis)

    def get_config(self) -> dict[str, Any]:
        return {"radius": self.radius, "axis": self.axis}


def project_onto_l1_ball(v: Any, radius: float, axis: int | tuple[int, ...] | None = None) -> Any:
    """Returns the nearest point to `v` with `‖w‖₁ ≤ radius` over `axis` (Duchi 2008, sec. 4)."""
    vectors, restore = axes.rows(axes.filled(v), axis)
    magnitudes = ops.abs(vectors)
    theta = ops.maximum(simplex_threshold(magnitudes, radius), 0.0)
    inside = ops.sum(magnitudes, axis=-1, keepdims=True) <= radius
    shrunk = ops.sign(vectors) * ops.maximum(magnitudes - theta, 0.0)
    return restore(ops.where(inside, vectors, shrunk))
