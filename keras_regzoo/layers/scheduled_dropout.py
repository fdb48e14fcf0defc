"""Dropout whose rate is a variable."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo.layers.masking_noise import keep_mask
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config


@register
class ScheduledDropout(keras.layers.Layer):
    """Dropout whose rate training may move.

        yᵢ = mᵢ xᵢ / (1 − p),   mᵢ ~ Bernoulli(1 − p)

    The rate of `keras.layers.Dropout` is baked into the compiled step; here it is a variable, for
    `callbacks.Scheduler` to drive: rising from 0 (curriculum dropout), or falling to 0 (annealed
    dropout). Active in training alone.

    Args:
        rate: p, the probability that an element is dropped, in [0, 1). May be scheduled.
        noise_shape: Shape of the mask, with `None` or 1 where it is broadcast as for
            `keras.layers.Dropout`; `None` for a mask of the inputs' shape.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: any; output shape: the same.

    Raises:
        ValueError: If `rate` is not a number in [0, 1).

    Example:

    >>> dropout = keras_regzoo.layers.ScheduledDropout(0.5, seed=0)
    >>> float(keras.ops.max(dropout(keras.ops.ones((2, 50)), training=True)))
    2.0

    Reference: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014), Dropout, sec. 4;
    Morerio, Cavazza, Volpi, Vidal & Murino (2017), Curriculum Dropout, eq. 4.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: tuple[int | None, ...] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = add_strength(self, "rate", rate, "[0, 1)")
        self.noise_shape = noise_shape
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if not training:
            return inputs
        mask = keep_mask(self._mask_shape(inputs), self.rate, self.seed_generator, inputs.dtype)
        return inputs * mask * ops.cast(1.0 / (1.0 - self.rate), inputs.dtype)

    def _mask_shape(self, inputs: Any) -> Any:
        shape = ops.shape(inputs)
        if self.noise_shape is None:
            return shape
        return tuple(
            length if given is None else given
            for given, length in zip(self.noise_shape, shape, strict=True)
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"noise_shape": self.noise_shape, "seed": self.seed}
        return {**super().get_config(), **strength_config(self), **own}
