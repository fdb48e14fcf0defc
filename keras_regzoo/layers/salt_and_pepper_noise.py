"""Salt-and-pepper noise, a corruption of denoising autoencoders."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import uniform
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config


@register
class SaltAndPepperNoise(keras.layers.Layer):
    """Sets a random fraction of the inputs to their least or greatest value, by a fair coin.

        x̃ᵢ = least with probability ν/2, greatest with probability ν/2, and = xᵢ otherwise

    Active in training alone, independently for each element. Unlike masking noise, what is
    corrupted is not marked as missing: half of it says the opposite with confidence. It is *not*
    dropout: nothing is scaled up.

    Args:
        rate: ν, the probability that an element is corrupted, in [0, 1); 0.1 to
            0.4 are common. May be scheduled.
        valid_range: Pair of the least and greatest value that inputs take, in their units.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: any; output shape: the same.

    Raises:
        ValueError: If `rate` is not a number in [0, 1), or `valid_range` no pair of increasing
            numbers.

    Example:

    >>> noise = keras_regzoo.layers.SaltAndPepperNoise(0.25, seed=0)
    >>> noisy = noise(keras.ops.full((20, 30), 0.5), training=True)
    >>> print(np.unique(keras.ops.convert_to_numpy(noisy)))
    [0.  0.5 1. ]

    Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked Denoising
    Autoencoders, sec. 3.3.
    """

    def __init__(
        self,
        rate: float,
        valid_range: tuple[float, float] = (0.0, 1.0),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = add_strength(self, "rate", rate, "[0, 1)")
        self.valid_range = validation.value_range("valid_range", valid_range)
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if not training:
            return inputs
        draw = uniform(ops.shape(inputs), self.seed_generator)
        return corrupted(inputs, draw, self.rate, *self.valid_range)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"valid_range": self.valid_range, "seed": self.seed}
        return {**super().get_config(), **strength_config(self), **own}


def corrupted(x: Any, draw: Any, rate: Any, least: float, greatest: float) -> Any:
    """Returns `x`, but `least` where `draw < rate / 2` and `greatest` where it is below `rate`."""
    extreme = ops.where(draw < rate / 2, ops.cast(least, x.dtype), ops.cast(greatest, x.dtype))
    return ops.where(draw < rate, extreme, x)
