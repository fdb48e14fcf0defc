"""The stochastic code of variational autoencoders, as part of their network."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from keras_regzoo.backend import normal

_EVALUATION_SEED = 0  # the draws of every evaluation are the same, so that epochs compare
_mode = threading.local()  # a distribution strategy traces its replicas in threads of their own


@contextmanager
def drawing() -> Iterator[None]:
    """Makes the passes within it draw their codes as training does: a bound needs draws."""
    _mode.drawing = True
    try:
        yield
    finally:
        _mode.drawing = False


def draws(training: bool | None) -> bool:
    """Returns whether codes are drawn in this pass, or are their means."""
    return bool(training) or getattr(_mode, "drawing", False)


class GaussianCode(keras.layers.Layer):
    """Draws `z = μ + σ ε` k times an example, or returns μ at inference.

    Args:
        samples: k. The draws of one example follow each other along the batch axis.
        seed: Integer, or `None`.
        **kwargs: `name`, `dtype`.
    """

    def __init__(self, samples: int = 1, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.samples = samples
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        mean, log_variance = inputs
        if not draws(training):
            return mean
        wide, log_variance = (
            repeated(ops.cast(each, "float32"), self.samples) for each in (mean, log_variance)
        )
        if training:
            noise = normal(ops.shape(wide), self.seed_generator)
        else:
            noise = keras.random.normal(ops.shape(wide), dtype="float32", seed=_EVALUATION_SEED)
        return ops.cast(wide + ops.exp(0.5 * log_variance) * noise, mean.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape[0])


class Repeated(keras.layers.Layer):
    """Repeats each row as often as codes are drawn for it: what a decoder takes beside a code."""

    def __init__(self, samples: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.samples = samples

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return repeated(inputs, self.samples) if draws(training) else inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


class FirstDraw(keras.layers.Layer):
    """Keeps what was made of the first draw of each example: one prediction for each."""

    def __init__(self, samples: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.samples = samples

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if self.samples == 1 or not draws(training):
            return inputs
        return inputs[:: self.samples]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


def repeated(x: Any, times: int) -> Any:
    """Returns each row `times` times, one after the other."""
    return x if times == 1 else ops.repeat(x, times, axis=0)
