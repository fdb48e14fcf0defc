"""Soft weight-sharing: weights that gather in clusters the training finds."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import additive, mixture_cost
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.objectives.weight_names import named_weights
from keras_regzoo.registration import register


@register
class SoftWeightSharing(Penalty):
    """Adds the cost, in nats, of the weights under a mixture of Gaussians that is learned too.

        L' = L − λ Σᵢ log Σⱼ πⱼ N(wᵢ; μⱼ, σⱼ²)

    Weights of one component are drawn to its mean, so few distinct values remain. The means μ, the
    standard deviations `σ = √(σ_min² + e^{2ρ})` and the proportions `π = softmax(a)` are trainable
    variables of the objective, trained by the model's own optimizer: `means`, `log_stddevs` (ρ) and
    `logits` (a). They start from means spread evenly over [−`spread`, `spread`], standard
    deviations of half their distance, and equal proportions. The floor σ_min keeps the density
    bounded: without one a component can close in on a single weight for ever. Active in training
    alone; costs no pass but `components` densities a weight.

    It is *not* L2, its case of one component with mean 0 and fixed variance, nor the hard
    parameter sharing of a layer used twice.

    Args:
        components: Number of Gaussians, at least 1. Default 4.
        spread: The outermost means at the start, in units of the weights, above 0. Default 0.5.
        min_stddev: σ_min, in units of the weights, above 0. Default 0.001.
        part: Which weights of the model: a part of their path, in whole names, such as `"encoder"`
            or `"dense_1/kernel"`; `None` for all of them, biases too. Default `"kernel"`.
        strength: λ, at least 0 (where it changes nothing). May be scheduled. With a loss that is a
            mean of negative log-likelihoods over examples, 1 / (number of training examples) makes
            the weights those of greatest posterior density. Default 0.001.
        name: Name in logs and paths. Logs the added term, which may be negative: it is a density.

    Takes any inputs and targets, of any shapes.

    Raises:
        ValueError: If an argument is out of its range; if no weight that can be trained, frozen
            ones included, has `part` in its path (the sentence lists the paths).

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> sharing = keras_regzoo.objectives.SoftWeightSharing(components=3, strength=1e-3)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [sharing])
    >>> wrapped.compile("adam", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
    >>> sharing.means.shape[0]
    3

    Reference: Nowlan & Hinton (1992), Simplifying Neural Networks by Soft Weight-Sharing; Bishop
    (2006), Pattern Recognition and Machine Learning, eq. 5.138.
    """

    def __init__(
        self,
        components: int = 4,
        spread: float = 0.5,
        min_stddev: float = 0.001,
        part: str | None = "kernel",
        strength: float = 0.001,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name)
        self.components = validation.integer("components", components, "[1, inf)")
        self.spread = validation.number("spread", spread, "(0, inf)")
        self.min_stddev = validation.number("min_stddev", min_stddev, "(0, inf)")
        if part is not None:
            validation.instance("part", part, str)
        self.part = part
        means = np.linspace(-self.spread, self.spread, components) if components > 1 else [0.0]
        distance = 2 * self.spread / max(components - 1, 1)
        self.means = self._parameter("means", means)
        self.log_stddevs = self._parameter("log_stddevs", math.log(distance / 2))
        self.logits = self._parameter("logits", 0.0)

    def attach(self, model: keras.Model) -> None:
        self._chosen = named_weights(model, "part", self.part)

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        at = loss.step.positions
        costs = [
            complexity_cost(point.weights[at[id(v)]], self.means, self.stddevs(), self.logits)
            for v in self._chosen
            if id(v) in at
        ]
        return sum(costs[1:], costs[0]) if costs else ops.zeros(())

    def stddevs(self) -> Tensor:
        """Returns σ, of shape (components,)."""
        return ops.sqrt(self.min_stddev**2 + ops.exp(2 * self.log_stddevs))

    def proportions(self) -> Tensor:
        """Returns π, of shape (components,)."""
        return ops.softmax(self.logits)

    def get_config(self) -> dict[str, Any]:
        names = ("components", "spread", "min_stddev", "part")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _parameter(self, name: str, start: Any) -> keras.Variable:
        start = np.broadcast_to(np.asarray(start, "float32"), (self.components,))
        return self.add_weight(
            name=name,
            shape=start.shape,
            dtype="float32",
            initializer=lambda shape, dtype: ops.convert_to_tensor(start, dtype=dtype),
            autocast=False,
        )


def complexity_cost(weights: Tensor, means: Tensor, stddevs: Tensor, logits: Tensor) -> Tensor:
    """Returns `−Σᵢ log Σⱼ πⱼ N(wᵢ; μⱼ, σⱼ²)`, in float32.

    Args:
        weights: w, of any shape.
        means: μ, of shape (components,), as the following.
        stddevs: σ.
        logits: `log π` up to a constant.
    """
    return additive(mixture_cost, ops.cast(weights, "float32"), means, stddevs, logits)
