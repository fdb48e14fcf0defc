"""The group lasso."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.registration import register


@register
class GroupLasso(keras.regularizers.Regularizer):
    """Penalizes the Euclidean norm of each group of weights, so that groups vanish as a whole.

        Ω(w) = λ Σ_g √p_g ‖w_g‖₂,   p_g the number of weights in group g

    Each index along `axis` is one group. Of a dense kernel (inputs, units), `axis=0` makes the
    weights that leave one input a group, which selects inputs; `axis=-1` the weights that enter
    one unit, which removes units. Of a convolution kernel `axis=-1` removes filters. Gradient
    steps bring groups near zero, not to it. The gradient at a group of zeros is taken as zero.

    It is *not* the (elementwise) lasso, `keras.regularizers.L1`, to which it falls back when every
    group is one weight.

    Args:
        strength: λ, at least 0. Default 0.01.
        axis: Integer or tuple of integers: the axis, or axes, whose indices name the groups.
            Default 0.

    Called with a weight of any shape that has these axes; returns a scalar.

    Raises:
        ValueError: If `strength` is negative or not a number, `axis` holds anything but integers,
            or, when called, the weight has no such axis.

    Example:

    >>> penalty = keras_regzoo.regularizers.GroupLasso(0.5, axis=0)
    >>> round(float(penalty(keras.ops.array([[3.0, 4.0], [0.0, 0.0]]))), 4)
    3.5355

    Reference: Yuan & Lin (2006), Model selection and estimation in regression with grouped
    variables, eq. 2.1 with K_j = p_j I.
    """

    def __init__(self, strength: float = 0.01, axis: int | tuple[int, ...] = 0) -> None:
        self.strength = validation.number("strength", strength, "[0, inf)")
        self.axis = axes.checked(axis)

    def __call__(self, x: Any) -> Any:
        x = ops.convert_to_tensor(x)
        norms, size = axes.group_norms(x, self.axis)
        return ops.cast(self.strength * math.sqrt(size) * ops.sum(norms), x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"strength": self.strength, "axis": self.axis}
