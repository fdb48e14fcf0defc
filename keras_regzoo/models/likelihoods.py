"""How a decoder's outputs say which data are likely."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.strengths import add_strength

LEARNED = "learned"
_NEAR = 0.05  # where the logarithm of l / tanh(l / 2) is taken from its series


class Likelihood(keras.layers.Layer, ABC):
    """Maps a decoder's outputs to the parameters of `log p(x | z)` (abstract).

    Attributes:
        valid_range: The interval that data must lie in, or `None`.
        squashes: Whether it squashes the decoder's outputs, which must then be without limits.
    """

    valid_range: tuple[float, float] | None = None
    squashes = False

    def call(self, outputs: Any) -> Any:
        """Returns the parameters, in float32."""
        return ops.cast(outputs, "float32")

    @abstractmethod
    def mean(self, parameters: Any) -> Any:
        """Returns the mean of the distribution, shaped as the data."""

    @abstractmethod
    def log_density(self, x: Any, parameters: Any) -> Any:
        """Returns the logarithm of the density of each element, in nats."""

    def log_probability(self, x: Any, parameters: Any) -> Any:
        """Returns `log p(x | z)` of each example, a sum over its elements, of shape (batch,)."""
        each = self.log_density(ops.cast(x, "float32"), parameters)
        return ops.sum(ops.reshape(each, (-1, math.prod(each.shape[1:]))), axis=-1)


class Bernoulli(Likelihood):
    """`p(x) = λˣ (1 − λ)¹⁻ˣ`, of logits `l = log λ/(1 − λ)`."""

    valid_range = (0.0, 1.0)
    squashes = True

    def mean(self, parameters: Any) -> Any:
        return ops.sigmoid(parameters)

    def log_density(self, x: Any, parameters: Any) -> Any:
        return x * parameters - ops.softplus(parameters)


class ContinuousBernoulli(Bernoulli):
    """`p(x) = C(λ) λˣ (1 − λ)¹⁻ˣ` on [0, 1], of logits l, where `C = l / tanh(l / 2)`."""

    def mean(self, parameters: Any) -> Any:
        near = ops.abs(parameters) < _NEAR
        logit = ops.where(near, 1.0, parameters)
        exact = ops.sigmoid(logit) / ops.tanh(0.5 * logit) - 1.0 / logit
        return ops.where(near, 0.5 + parameters / 12.0, exact)

    def log_density(self, x: Any, parameters: Any) -> Any:
        near = ops.abs(parameters) < _NEAR
        size = ops.where(near, 1.0, ops.abs(parameters))
        square = ops.square(ops.where(near, parameters, 0.0))
        series = math.log(2.0) + square / 12.0 - 7.0 * ops.square(square) / 1440.0
        exact = ops.log(size) - ops.log(ops.tanh(0.5 * size))
        return super().log_density(x, parameters) + ops.where(near, series, exact)


class Gaussian(Likelihood):
    """`p(x) = N(x; m, σ²)`, of means m, with one σ for all elements."""

    def __init__(self, stddev: float | str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.learned = stddev == LEARNED
        if self.learned:
            self.log_stddev = self.add_weight(
                name="log_stddev", shape=(), initializer="zeros", dtype="float32", autocast=False
            )
        else:
            self.stddev = add_strength(self, "stddev", stddev, "(0, inf)")

    def call(self, outputs: Any) -> Any:
        """Returns the means, and log σ in an array that they can be divided by."""
        mean = ops.cast(outputs, "float32")
        log_stddev = self.log_stddev if self.learned else ops.log(self.stddev)
        ones = ops.ones((ops.shape(mean)[0], *[1] * (len(mean.shape) - 1)))
        return mean, ones * log_stddev

    def compute_output_spec(self, outputs: Any) -> Any:
        """As called: a layer that returns several tensors cannot be told by its shape alone."""
        batch, *shape = outputs.shape
        return keras.KerasTensor((batch, *shape)), keras.KerasTensor((batch, *[1] * len(shape)))

    def mean(self, parameters: Any) -> Any:
        return parameters[0]

    def log_density(self, x: Any, parameters: Any) -> Any:
        mean, log_stddev = parameters
        scaled = (x - mean) * ops.exp(-log_stddev)
        return -0.5 * ops.square(scaled) - log_stddev - 0.5 * math.log(2.0 * math.pi)


LIKELIHOODS = ("bernoulli", "continuous_bernoulli", "gaussian")


def likelihood_layer(name: str, stddev: float | str) -> Likelihood:
    """Returns the likelihood that a model's arguments name.

    Raises:
        ValueError: If there is none of that name, or `stddev` is neither positive nor `"learned"`.
    """
    validation.one_of("likelihood", name, LIKELIHOODS)
    if stddev != LEARNED:
        if isinstance(stddev, str):
            raise ValueError(
                f"`stddev` must be a number in (0, inf) or 'learned'; received stddev={stddev!r}."
            )
        validation.number("stddev", stddev, "(0, inf)")
    if name == "gaussian":
        return Gaussian(stddev, name="likelihood")
    return (Bernoulli if name == "bernoulli" else ContinuousBernoulli)(name="likelihood")
