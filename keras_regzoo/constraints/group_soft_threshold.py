"""Group soft thresholding, the proximal step of the group lasso."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.registration import register


@register
class GroupSoftThreshold(keras.constraints.Constraint):
    """Shortens every group of weights by a fixed length after each update, down to exact zeros.

        S(v) = argmin_w ½ ‖w − v‖₂² + t Σ_g ‖w_g‖₂
        S(v)_g = v_g max(1 − t / ‖v_g‖₂, 0)

    Each index along `axis` is one group, as for `regularizers.GroupLasso`: inputs, units or
    filters vanish as a whole. With plain SGD this is proximal gradient descent: at learning rate η,
    `t = η λ √p` solves what `GroupLasso(λ)` penalizes, where p is the number of weights in a
    group. With momentum m it is `t = η λ √p / (1 − m)`. With adaptive optimizers it still makes
    zeros, but solves no such problem.

    It is *not* a projection: applied twice, it shortens twice.

    Args:
        threshold: t, at least 0, in units of a group's norm.
        axis: Integer or tuple of integers: the axis, or axes, whose indices name the groups.
            Default 0, of a dense kernel its inputs.

    Called with a weight of any shape that has these axes; returns one of the same shape and dtype.

    Raises:
        ValueError: If `threshold` is negative or not a number, `axis` holds anything but integers,
            or, when called, the weight has no such axis.

    Example:

    >>> constraint = keras_regzoo.constraints.GroupSoftThreshold(2.5)
    >>> made = constraint(keras.ops.array([[3.0, 4.0], [1.0, 2.0]]))
    >>> print(keras.ops.convert_to_numpy(made))
    [[1.5 2. ]
     [0.  0. ]]

    Reference: Yuan & Lin (2006), Model selection and estimation in regression with grouped
    variables, eq. 2.4.
    """

    def __init__(self, threshold: float, axis: int | tuple[int, ...] = 0) -> None:
        self.threshold = validation.number("threshold", threshold, "[0, inf)")
        self.axis = axes.checked(axis)

    def __call__(self, w: Any) -> Any:
        norms, _ = axes.group_norms(w, self.axis, keepdims=True)
        longer = norms > self.threshold
        factor = ops.where(longer, 1.0 - self.threshold / ops.where(longer, norms, 1.0), 0.0)
        return ops.cast(factor * axes.precise(w), w.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"threshold": self.threshold, "axis": self.axis}
