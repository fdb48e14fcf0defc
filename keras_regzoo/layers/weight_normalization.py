"""Weight normalization: the length of a weight vector apart from its direction."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.substitution import CONVOLUTIONS, TRANSPOSED, call_with, stored_kernel
from keras_regzoo.registration import register

_LAYERS = (keras.layers.Dense, *CONVOLUTIONS)
_LEAST = 1e-12  # of a squared length, so that a direction of zeros has a finite gradient
_CONSTANT = 1e-12  # variance over squared mean: below it is rounding in float32


@register
class WeightNormalization(keras.layers.Wrapper):
    """Learns the length and the direction of each unit's weight vector separately.

        w = g v / ‖v‖ for each unit,   y = a(w · x + b)

    g and v are trainable: v is the kernel of the wrapped layer, g, a variable of this one, starts
    as ‖v‖, so that wrapping a layer does not change what it computes. Active in training and at
    inference alike. A regularizer or constraint of the kernel acts on v, and so hardly on w.

    `adapt(x)` initializes from data, as in the paper: on the batch x it gives each unit's
    pre-activation mean 0 and variance 1, by g and the bias. Call it before training, for the
    layers of a model one after the other, each with its own inputs.

    It is *not* batch normalization, which standardizes with each batch's statistics, nor spectral
    normalization, which bounds the largest singular value.

    Args:
        layer: A `Dense` or (transposed) `Conv` layer.
        **kwargs: `name`, `dtype`.

    Input and output shapes are those of `layer`.

    Raises:
        ValueError: If `layer` is of another kind.

    Example:

    >>> layer = keras_regzoo.layers.WeightNormalization(keras.layers.Dense(2))
    >>> x = np.random.default_rng(0).normal(size=(100, 3)).astype("float32")
    >>> layer.adapt(x)
    >>> bool(np.allclose(np.std(keras.ops.convert_to_numpy(layer(x)), axis=0), 1, atol=1e-3))
    True

    Reference: Salimans & Kingma (2016), Weight Normalization, eq. 2 and, for `adapt`, sec. 3.
    """

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any) -> None:
        validation.instance("layer", layer, _LAYERS)
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        kernel = stored_kernel(self.layer)
        self.unit_axis = len(kernel.shape) - (2 if isinstance(self.layer, TRANSPOSED) else 1)
        self.g = self.add_weight(
            name="g",
            shape=(kernel.shape[self.unit_axis],),
            initializer=self._lengths,
        )

    def _lengths(self, shape: Any, dtype: Any = None) -> Any:
        squares = squared_lengths(stored_kernel(self.layer).value, self.unit_axis)
        return ops.cast(ops.reshape(ops.sqrt(squares), shape), dtype or "float32")

    def call(self, inputs: Any) -> Any:
        stored = stored_kernel(self.layer)
        kernel = normalized(stored.value, self.g, self.unit_axis)
        return call_with(self.layer, [(stored, kernel)], inputs)

    def adapt(self, inputs: Any) -> None:
        """Sets g and the bias so that pre-activations on `inputs` have mean 0 and variance 1.

        Without a bias their mean is left as it is.

        Args:
            inputs: A batch of inputs of this layer.

        Raises:
            ValueError: If a pre-activation is the same on all of them; nothing has changed then.
        """
        layer = self.layer
        if not self.built:
            self(inputs)
        before = self.get_weights()
        activation, layer.activation = layer.activation, keras.activations.linear
        try:
            self.g.assign(ops.ones(self.g.shape))
            if layer.use_bias:
                layer.bias.assign(ops.zeros(layer.bias.shape))
            outputs = ops.cast(self(inputs), "float32")
        finally:
            layer.activation = activation
        first = getattr(layer, "data_format", "") == "channels_first"
        unit = 1 if first else len(outputs.shape) - 1
        axes = [axis for axis in range(len(outputs.shape)) if axis != unit]
        outputs = ops.convert_to_numpy(outputs).astype("float64")
        mean, variance = outputs.mean(axis=tuple(axes)), outputs.var(axis=tuple(axes))
        constant = variance <= _CONSTANT * np.square(mean)
        if constant.any():
            self.set_weights(before)
            raise ValueError(
                "`inputs` must make every pre-activation vary; received a batch of "
                f"{len(outputs)}, on which {constant.sum()} of {constant.size} are constant."
            )
        self.g.assign(1.0 / np.sqrt(variance))
        if layer.use_bias:
            layer.bias.assign(-mean / np.sqrt(variance))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)


def squared_lengths(v: Any, unit_axis: int) -> Any:
    """Returns `‖v‖²` of each unit, in float32, in a shape that `v` can be divided by."""
    v = ops.cast(ops.convert_to_tensor(v), "float32")
    axes = [axis for axis in range(len(v.shape)) if axis != unit_axis]
    return ops.sum(ops.square(v), axis=axes, keepdims=True)


def normalized(v: Any, g: Any, unit_axis: int) -> Any:
    """Returns `g v / ‖v‖`, with one length g for each unit."""
    v = ops.convert_to_tensor(v)
    inverse = ops.rsqrt(ops.maximum(squared_lengths(v, unit_axis), _LEAST))
    factor = ops.reshape(ops.cast(g, "float32"), inverse.shape) * inverse
    return v * ops.cast(factor, v.dtype)
