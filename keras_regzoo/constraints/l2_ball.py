"""Projection onto the L2 ball."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.registration import register


@register
class L2Ball(keras.constraints.Constraint):
    """Projects a whole weight tensor onto the L2 ball: the nearest point with `‖w‖₂ ≤ radius`.

        P(v) = argmin_w ½ ‖w − v‖₂²  subject to  ‖w‖₂ ≤ r
             = v min(1, r / ‖v‖₂)

    It bounds what weight decay penalizes: for each strength of `keras.regularizers.L2` on one
    tensor there is a radius with the same solution.

    It is *not* `keras.constraints.MaxNorm`, which bounds each unit's weights by themselves; here
    one unit may take the share of the others.

    Args:
        radius: r, at least 0, a bound on the square root of the sum of squares (of a matrix, its
            Frobenius norm).

    Called with a weight of any shape; returns one of the same shape and dtype.

    Raises:
        ValueError: If `radius` is negative or not a number, or, when called, the weight has no
            numbers.

    Example:

    >>> constraint = keras_regzoo.constraints.L2Ball(radius=1.0)
    >>> [round(float(w), 2) for w in constraint(keras.ops.array([3.0, 4.0]))]
    [0.6, 0.8]

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 7.2.
    """

    def __init__(self, radius: float = 1.0) -> None:
        self.radius = validation.number("radius", radius, "[0, inf)")

    def __call__(self, w: Any) -> Any:
        w = axes.filled(w)
        v = axes.precise(w)
        largest = ops.max(ops.abs(v))
        largest = ops.where(largest > 0, largest, 1.0)
        scaled = v / largest  # whose squares neither overflow nor vanish
        squares = ops.sum(ops.square(scaled))
        norm = largest * ops.sqrt(ops.where(squares > 0, squares, 1.0))
        return ops.cast(ops.where(norm > self.radius, v * (self.radius / norm), v), w.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"radius": self.radius}
