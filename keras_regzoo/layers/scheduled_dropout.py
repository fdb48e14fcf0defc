"""Dropout whose rate is a variable."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
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
        noise_shape: Shape of the mask, as for `keras.layers.Dropout`: 1 along an axis that shares
            one draw, `None` along one of the inputs' length. By default a mask of their shape.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: any; output shape: the same.

    Raises:
        ValueError: If `rate` is not a number in [0, 1), `noise_shape` holds anything but `None` and
            positive integers, or, when called, it has another rank than the inputs.

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
        self.noise_shape = _checked_noise_shape(noise_shape)
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
        if len(shape) != len(self.noise_shape):
            raise ValueError(
                f"`noise_shape` must have the rank of the inputs, {len(shape)}; "
                f"received noise_shape={self.noise_shape}."
            )
        return tuple(
            length if given is None else given
            for given, length in zip(self.noise_shape, shape, strict=True)
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"noise_shape": self.noise_shape, "seed": self.seed}
        return {**super().get_config(), **strength_config(self), **own}


def _checked_noise_shape(noise_shape: Any) -> tuple[int | None, ...] | None:
    if noise_shape is None:
        return None
    validation.instance("noise_shape", noise_shape, (list, tuple))
    return tuple(
        None if each is None else validation.integer("noise_shape", each, "[1, inf)")
        for each in noise_shape
    )
