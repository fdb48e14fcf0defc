"""The stochastic code of variational autoencoders, as part of their network."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import normal, uniform

_EVALUATION_SEED = 0  # the draws of every evaluation are the same, so that epochs compare
_WIDEST = 1.0 - 1e-6  # keeps a draw finite
_SCALES = (2.0**-14, 1.0, 2.0**14)  # of the digits of a number that `_key` sees, 15 bits each
_PRIME = 32749.0  # so that sums of round numbers are spread as well
_BITS = 2**15 - 1
_mode = threading.local()  # a distribution strategy traces its replicas in threads of their own


@contextmanager
def drawing(x: Any) -> Iterator[None]:
    """Makes the passes of a batch `x` within it draw their codes: a bound needs draws."""
    _mode.batch = x
    try:
        yield
    finally:
        del _mode.batch


def draws(training: bool | None) -> bool:
    """Returns whether codes are drawn in this pass, or are their means."""
    return bool(training) or hasattr(_mode, "batch")


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
            noise = spread_normal(ops.shape(wide), _mode.batch)
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


def spread_normal(shape: Any, x: Any) -> Any:
    """Returns the standard normal numbers of an evaluation, the same for a batch each time.

    Each row is drawn from the standard normal, but the numbers of a column cover it evenly
    (a Latin hypercube): what rows share then hardly moves the mean over examples. All batches of a
    shape have one such draw, which `x` shifts along each column (a rotation of Cranley and
    Patterson), so that their errors average out.

    Args:
        shape: Of the numbers, rows first.
        x: The batch: a tensor, list or dict.

    Reference: McKay, Beckman & Conover (1979), A Comparison of Three Methods for Selecting Values
    of Input Variables in the Analysis of Output from a Computer Code; Cranley & Patterson (1976),
    Randomization of Number Theoretic Methods for Multiple Integration.
    """
    order = uniform(shape, _EVALUATION_SEED)
    within = uniform(shape, _EVALUATION_SEED + 1)
    rank = ops.cast(ops.argsort(ops.argsort(order, axis=0), axis=0), "float32")
    share = (rank + within) / ops.cast(shape[0], "float32") + _shift(shape[1:], x)
    share = share - ops.floor(share)
    return math.sqrt(2.0) * ops.erfinv(ops.clip(2.0 * share - 1.0, -_WIDEST, _WIDEST))


def _shift(shape: Any, x: Any) -> Any:
    """Returns numbers in [0, 1), uniform over batches."""
    steps = _integers(shape, _EVALUATION_SEED + 2)
    return ops.cast(ops.bitwise_and(_key(x) * steps, _BITS), "float32") / (_BITS + 1.0)


def _key(x: Any) -> Any:
    """Returns an integer of 15 bits that tells batches apart.

    What is rounded in it is a single product, and integers are summed without regard to overflow:
    a batch has one key, however the pass is compiled.
    """
    total: Any = 0
    for part in tree.flatten(x):
        numbers = ops.cast(part, "float32")
        for number, scale in enumerate(_SCALES):
            scaled = numbers * scale
            digits = ops.cast(ops.floor((scaled - ops.floor(scaled)) * _PRIME), "int32")
            weights = _integers(ops.shape(numbers)[1:], _EVALUATION_SEED + 3 + number)
            total = total + ops.sum(digits * weights)
    return ops.bitwise_and(ops.cast(total, "int32"), _BITS)


def _integers(shape: Any, seed: int) -> Any:
    """Returns odd integers of 16 bits."""
    return 2 * ops.cast(uniform(shape, seed) * _BITS, "int32") + 1


def repeated(x: Any, times: int) -> Any:
    """Returns each row `times` times, one after the other."""
    return x if times == 1 else ops.repeat(x, times, axis=0)
