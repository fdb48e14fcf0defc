"""The sparse group lasso."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.registration import register


@register
class SparseGroupLasso(keras.regularizers.Regularizer):
    """Penalizes groups of weights and single weights, so that few of either remain.

        Ω(w) = λ ((1 − α) Σ_g √p_g ‖w_g‖₂ + α ‖w‖₁),   p_g the number of weights in group g

    Whole groups vanish, and within the groups that stay, single weights. Groups are named as for
    `GroupLasso`: of a dense kernel (inputs, units), `axis=0` makes the weights that leave one input
    a group. Gradient steps bring weights near zero, not to it. The gradient at zeros is taken as
    zero.

    It is *not* the elastic net (`keras.regularizers.L1L2`), whose second term is the square of the
    norm and removes nothing.

    Args:
        strength: λ, at least 0. Default 0.01.
        l1_ratio: α, in [0, 1]: 0 is `GroupLasso`, 1 the lasso. Default 0.95, that of the authors'
            R package SGL.
        axis: Integer or tuple of integers: the axis, or axes, whose indices name the groups.
            Default 0.

    Called with a weight of any shape that has these axes; returns a scalar.

    Raises:
        ValueError: If `strength` or `l1_ratio` is out of its range or not a number, `axis` holds
            anything but integers, or, when called, the weight has no such axis.

    Example:

    >>> penalty = keras_regzoo.regularizers.SparseGroupLasso(0.5, l1_ratio=0.5, axis=0)
    >>> round(float(penalty(keras.ops.array([[3.0, 4.0], [0.0, 0.0]]))), 4)
    3.5178

    Reference: Simon, Friedman, Hastie & Tibshirani (2013), A Sparse-Group Lasso, the criterion of
    sec. 1.
    """

    def __init__(
        self,
        strength: float = 0.01,
        l1_ratio: float = 0.95,
        axis: int | tuple[int, ...] = 0,
    ) -> None:
        self.strength = validation.number("strength", strength, "[0, inf)")
        self.l1_ratio = validation.number("l1_ratio", l1_ratio, "[0, 1]")
        self.axis = axes.checked(axis)

    def __call__(self, x: Any) -> Any:
        x = ops.convert_to_tensor(x)
        norms, size = axes.group_norms(x, self.axis)
        of_groups = (1.0 - self.l1_ratio) * math.sqrt(size) * ops.sum(norms)
        wide = axes.precise(x)
        absolute = wide * ops.stop_gradient(ops.sign(wide))  # `ops.abs` has slope 1 at zero on JAX
        penalty = self.strength * (of_groups + self.l1_ratio * ops.sum(absolute))
        return ops.cast(penalty, x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"strength": self.strength, "l1_ratio": self.l1_ratio, "axis": self.axis}
