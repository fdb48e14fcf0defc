"""What the dropout layers of this package have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.masks import scaled_mask
from keras_regzoo.strengths import add_strength, strength_config


class MaskedDropout(keras.layers.Layer, ABC):
    """Dropout whose rate is a variable (abstract): fill in when it is active.

    Args:
        rate: The probability that an element is dropped, in [0, 1).
        noise_shape: Shape of the mask; by default that of the inputs.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.
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
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True
        self.built = True

    @abstractmethod
    def active(self, training: bool | None) -> bool:
        """Returns whether elements are dropped."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        inputs = ops.cast(inputs, self.compute_dtype)
        if not self.active(training):
            return inputs
        shape = self._mask_shape(inputs)
        return inputs * scaled_mask(shape, self.rate, self.seed_generator, inputs.dtype)

    @validation.plain_sentences()
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
