"""Gradients through draws, weighted by numbers that are known only after the pass."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops


class PathWeights(keras.layers.Layer):
    """Returns its inputs unchanged; each row's gradient is multiplied by a weight chosen later.

        y = x,   ∂L/∂x_i = c_i ∂L/∂y_i

    The weight depends on what is made of y, so that it cannot be an input. It comes the way of the
    gradients: the second output is zero, of shape (rows, 2), and `weighted` adds it to the loss
    with the coefficients c and 1. The quotient of its two gradients is c, however the loss is
    scaled afterwards.
    """

    def call(self, inputs: Any) -> tuple[Any, Any]:
        size = math.prod(inputs.shape[1:])
        rows = ops.reshape(inputs, (-1, size))
        channels = ops.zeros((ops.shape(rows)[0], 2), dtype=rows.dtype)
        made = _with_weights(ops.concatenate([rows, channels], axis=-1))
        return ops.reshape(made[:, :size], (-1, *inputs.shape[1:])), made[:, size:]

    def compute_output_spec(self, inputs: Any) -> Any:
        path = keras.KerasTensor((inputs.shape[0], 2), self.compute_dtype)
        return keras.KerasTensor(inputs.shape, self.compute_dtype), path


def weighted(path: Any, weights: Any) -> Any:
    """Returns zeros, of shape (batch,), that give the draws of examples their weights.

    Args:
        path: The second output of `PathWeights`, of shape (batch · samples, 2).
        weights: c, of shape (batch, samples), through which no gradient flows.
    """
    channels = ops.reshape(path, (-1, weights.shape[1], 2))
    return ops.sum(weights * channels[..., 0] + channels[..., 1], axis=1)


@ops.custom_gradient
def _with_weights(rows: Any) -> Any:
    def gradient(*args: Any, upstream: Any = None) -> Any:
        given = args[0] if upstream is None else upstream
        inner, weight, scale = given[:, :-2], given[:, -2:-1], given[:, -1:]
        none = scale == 0.0
        share = ops.where(none, 0.0, weight / ops.where(none, 1.0, scale))
        return ops.concatenate([inner * share, ops.zeros_like(given[:, -2:])], axis=-1)

    return rows, gradient
