"""Gaussian noise on the weights of one layer."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import normal
from keras_regzoo.layers.substitution import call_with
from keras_regzoo.registration import PACKAGE
from keras_regzoo.strengths import add_strength, strength_config


@keras.saving.register_keras_serializable(PACKAGE, "LayerWeightNoise")  # tells the objective apart
class WeightNoise(keras.layers.Wrapper):
    """Adds Gaussian noise to the weights of the wrapped layer in each training step.

        y = f(x; w + σ ε),   ε ~ N(0, I), drawn anew for each call, one for the whole batch

    The gradient is taken at the noisy weights and applied to the clean ones. Every trainable
    weight of the layer is perturbed, biases too; a recurrent layer keeps one draw for the whole
    sequence, as in the paper. Active in training alone.

    It is *not* `keras.layers.GaussianNoise`, which perturbs activations. The objective of the same
    name perturbs a whole model; this perturbs one layer of it.

    Args:
        layer: Any layer, or model, with trainable weights; those frozen are left as they are.
        stddev: σ, the standard deviation in units of the weights, at least 0 (where it changes
            nothing). May be scheduled. Default 0.05; Graves used 0.075 on speech.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input and output shapes are those of `layer`.

    Raises:
        ValueError: If `layer` is no layer or, when built, has no trainable weights; if `stddev` is
            negative or not a number.

    Example:

    >>> layer = keras_regzoo.layers.WeightNoise(keras.layers.LSTM(2), stddev=0.05, seed=0)
    >>> layer(keras.ops.ones((4, 5, 3)), training=True).shape[1]
    2

    Reference: Graves (2011), Practical Variational Inference for Neural Networks, sec. 5.2;
    Graves, Mohamed & Hinton (2013), Speech Recognition with Deep Recurrent Neural Networks, sec. 4.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        stddev: float = 0.05,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        validation.instance("layer", layer, keras.layers.Layer)
        super().__init__(layer, **kwargs)
        self.stddev = add_strength(self, "stddev", stddev, "[0, inf)")
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if not any(each._trainable_variables for each in self.layer._flatten_layers()):
            raise ValueError(
                f"`layer` must have trainable weights; received {self.layer.name!r}, "
                "which has none."
            )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if not training:
            return self.layer(inputs)
        values = [(v, self._noisy(v)) for v in self.layer.trainable_variables]
        return call_with(self.layer, values, inputs)

    def _noisy(self, variable: keras.Variable) -> Any:
        weight = ops.convert_to_tensor(variable.value)
        noise = self.stddev * normal(variable.shape, self.seed_generator)
        return weight + ops.cast(noise, weight.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.layer.compute_mask(inputs, previous_mask)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **strength_config(self), "seed": self.seed}
