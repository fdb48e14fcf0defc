"""Masking noise, the corruption of denoising autoencoders."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.masks import keep_mask
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config


@register
class MaskingNoise(keras.layers.Layer):
    """Sets a random fraction of the inputs to zero, and leaves the rest as they are.

        x̃ᵢ = mᵢ xᵢ,   mᵢ ~ Bernoulli(1 − ν) independently for each element

    Active in training alone. It is *not* dropout: what is kept is not scaled up, because the noise
    stands for missing values of the data, which the network is to fill in.

    Args:
        rate: ν, the probability that an element is masked, in [0, 1). Vincent used 0.1 to 0.5;
            0.25 is common. May be scheduled.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: any; output shape: the same.

    Raises:
        ValueError: If `rate` is not a number in [0, 1).

    Example:

    >>> noise = keras_regzoo.layers.MaskingNoise(0.25, seed=0)
    >>> noise(keras.ops.ones((2, 3)), training=True).shape[0]
    2

    Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked Denoising
    Autoencoders, sec. 3.3.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = add_strength(self, "rate", rate, "[0, 1)")
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if not training:
            return inputs
        return inputs * keep_mask(ops.shape(inputs), self.rate, self.seed_generator, inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **strength_config(self), "seed": self.seed}
