"""Projection onto the ball of the spectral norm."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.backend import svd
from keras_regzoo.registration import register


@register
class SpectralNormCap(keras.constraints.Constraint):
    """Clips the singular values of a weight: the nearest matrix that stretches nothing beyond.

        P(V) = argmin_W ½ ‖W − V‖_F²  subject to  σ_max(W) ≤ c
             = A diag(min(σ, c)) Bᵀ,   V = A diag(σ) Bᵀ

    A dense layer then has Lipschitz constant c at most (times its activation's). A kernel of higher
    rank is taken as the matrix (all axes but the last, last): of a convolution this bounds the
    stretch of one patch, not of the whole image.

    It is *not* spectral normalization (`keras.layers.SpectralNormalization`), which divides all
    singular values by the largest: here those below c stay as they are.

    Args:
        radius: c, at least 0. Default 1.

    Called with a weight of any shape; returns one of the same shape and dtype. Derivatives take it
    for the identity.

    Raises:
        ValueError: If `radius` is negative or not a number.

    Example:

    >>> constraint = keras_regzoo.constraints.SpectralNormCap(1.0)
    >>> made = constraint(keras.ops.array([[3.0, 0.0], [0.0, 0.5]]))
    >>> [round(float(value), 2) for value in keras.ops.diagonal(made)]
    [1.0, 0.5]

    Reference: Lefkimmiatis, Ward & Unser (2013), Hessian Schatten-Norm Regularization for Linear
    Inverse Problems, projections onto Schatten norm balls, here that of order infinity.
    """

    def __init__(self, radius: float = 1.0) -> None:
        self.radius = validation.number("radius", radius, "[0, inf)")

    def __call__(self, w: Any) -> Any:
        w = ops.convert_to_tensor(w)
        matrix = axes.matrix(w)
        finite = ops.all(ops.isfinite(matrix))  # others have no singular values
        u, s, vt = svd(ops.where(finite, matrix, 0.0))
        excess = (u * ops.maximum(s - self.radius, 0.0)) @ vt
        return ops.cast(ops.reshape(matrix - excess, w.shape), w.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"radius": self.radius}
