"""The stochastic code of variational autoencoders, as part of their network."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import normal, uniform

_EVALUATION_SEED = 0  # the draws of every evaluation are the same, so that epochs compare
_WIDEST = 1.0 - 1e-6  # keeps a draw finite
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
        self.seed_generator = keras.random.SeedGenerator(validation.seed(seed))
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
            noise = spread_normal(ops.shape(wide))
        return ops.cast(wide + ops.exp(0.5 * log_variance) * noise, mean.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return tuple(input_shape[0])


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


def spread_normal(shape: Any) -> Any:
    """Returns the standard normal numbers of an evaluation, the same for every batch of a shape.

    Each row is drawn from the standard normal, but the numbers of a column cover it evenly
    (a Latin hypercube): what all batches share then hardly moves the mean over examples.

    Reference: McKay, Beckman & Conover (1979), A Comparison of Three Methods for Selecting Values
    of Input Variables in the Analysis of Output from a Computer Code.
    """
    order = uniform(shape, _EVALUATION_SEED)
    within = uniform(shape, _EVALUATION_SEED + 1)
    rank = ops.cast(ops.argsort(ops.argsort(order, axis=0), axis=0), "float32")
    share = (rank + within) / ops.cast(shape[0], "float32")
    return math.sqrt(2.0) * ops.erfinv(ops.clip(2.0 * share - 1.0, -_WIDEST, _WIDEST))


def repeated(x: Any, times: int) -> Any:
    """Returns each row `times` times, one after the other."""
    return x if times == 1 else ops.repeat(x, times, axis=0)
