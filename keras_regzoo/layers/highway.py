"""Highway layers: a learned gate between a layer and its input."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.registration import register

_LAYERS = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)


@register
class Highway(keras.layers.Wrapper):
    """Mixes a layer's output with its input, by a gate that is learned.

        y = T(x) ⊙ H(x) + (1 − T(x)) ⊙ x,   T(x) = sigmoid(W_T x + b_T)

    H is the wrapped layer; T a second one of its kind and size, with its initializers, regularizers
    and constraints. A negative initial b_T lets inputs and gradients pass nearly unchanged through
    many such layers, so that deep stacks train from the start. Active alike in training and
    at inference.

    It is *not* a residual connection, y = H(x) + x, which has no gate, nor stochastic depth.

    Args:
        layer: H: a `Dense` or `Conv` layer whose output has the shape of its input (as many units
            as features; `padding="same"` and no strides).
        gate_bias: The initial b_T: a number, −1 to −3 in the paper. Default −2.
        **kwargs: `name`, `dtype`.

    Input and output shapes are those of `layer`, which are the same.

    Raises:
        ValueError: If `layer` is of another kind or, when built, changes the shape; if `gate_bias`
            is not a number.

    Example:

    >>> layer = keras_regzoo.layers.Highway(keras.layers.Dense(3, "tanh"), gate_bias=-50.0)
    >>> print(keras.ops.convert_to_numpy(layer(np.array([[1.0, 2.0, 3.0]]))))
    [[1. 2. 3.]]

    Reference: Srivastava, Greff & Schmidhuber (2015), Highway Networks, eq. 3; the bias, sec. 2.2.
    """

    def __init__(self, layer: keras.layers.Layer, gate_bias: float = -2.0, **kwargs: Any) -> None:
        validation.instance("layer", layer, _LAYERS)
        super().__init__(layer, **kwargs)
        self.gate_bias = validation.number("gate_bias", gate_bias)
        config = layer.get_config()
        self.gate = type(layer).from_config(
            {
                **config,
                "kernel_initializer": _reseeded(config["kernel_initializer"]),
                "name": f"{layer.name}_gate",
                "activation": "sigmoid",
                "use_bias": True,
                "bias_initializer": keras.initializers.Constant(self.gate_bias),
                "activity_regularizer": None,
            }
        )
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        shape = tuple(self.layer.compute_output_shape(input_shape))
        if shape != tuple(input_shape):
            raise ValueError(
                "`layer` must give outputs of the shape of its inputs; "
                f"received {self.layer.name!r}, from {tuple(input_shape)} to {shape}."
            )
        super().build(input_shape)
        self.gate.build(input_shape)

    def call(self, inputs: Any) -> Any:
        return gated(self.gate(inputs), self.layer(inputs), inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gate_bias": self.gate_bias}


def _reseeded(initializer: Any) -> Any:
    """Returns a serialized initializer with another seed, if it has an integer for one."""
    config = initializer.get("config") if isinstance(initializer, dict) else None
    if not isinstance(config, dict) or not isinstance(config.get("seed"), int):
        return initializer
    return {**initializer, "config": {**config, "seed": config["seed"] + 1}}


def gated(gate: Any, transformed: Any, carried: Any) -> Any:
    """Returns `T ⊙ H + (1 − T) ⊙ x`."""
    return gate * transformed + (1 - gate) * carried
