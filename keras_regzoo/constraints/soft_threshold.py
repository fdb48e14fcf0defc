"""Soft thresholding, the proximal step of the lasso."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.registration import register


@register
class SoftThreshold(keras.constraints.Constraint):
    """Moves every weight towards zero by a fixed amount after each update, and not beyond it.

        S(v) = argmin_w ½ ‖w − v‖₂² + t ‖w‖₁
             = sign(v) max(|v| − t, 0)

    With plain SGD this is proximal gradient descent (ISTA): at learning rate η, `t = η λ` minimizes
    the loss plus `λ ‖w‖₁`, with weights that are exactly zero where `keras.regularizers.L1`, by
    gradient steps, hovers around it. With momentum m it is `t = η λ / (1 − m)`. Train at one η: a
    learning rate that falls while t stays strengthens the penalty, and t cannot be scheduled, for
    Keras compiles what a constraint holds as constants; for another t set `threshold` and compile
    again. With adaptive optimizers it still makes zeros, but solves no such problem.

    It is *not* a projection: applied twice, it shrinks twice.

    Args:
        threshold: t, at least 0, in units of the weights.

    Called with a weight of any shape; returns one of the same shape and dtype.

    Raises:
        ValueError: If `threshold` is negative or not a number.

    Example:

    >>> constraint = keras_regzoo.constraints.SoftThreshold(0.25)
    >>> [float(w) for w in constraint(keras.ops.array([1.0, -0.5, 0.125]))]
    [0.75, -0.25, 0.0]

    Reference: Beck & Teboulle (2009), A Fast Iterative Shrinkage-Thresholding Algorithm for Linear
    Inverse Problems, eq. 1.4 and 1.5.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = validation.number("threshold", threshold, "[0, inf)")

    def __call__(self, w: Any) -> Any:
        return ops.sign(w) * ops.maximum(ops.abs(w) - ops.cast(self.threshold, w.dtype), 0)

    def get_config(self) -> dict[str, Any]:
        return {"threshold": self.threshold}
