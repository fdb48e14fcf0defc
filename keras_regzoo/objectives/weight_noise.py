"""Gaussian noise on the weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import normal
from keras_regzoo.objectives.loss import Tensor
from keras_regzoo.objectives.objective import WeightTransform
from keras_regzoo.registration import register


@register
class WeightNoise(WeightTransform):
    """Adds Gaussian noise to the weights in each training step.

        L'(w) = L(w + σ ε),   ε ~ N(0, I), drawn anew for each step

    The gradient is taken at the noisy weights and applied to the clean ones. To second order the
    expected loss is `L(w) + σ²/2 · tr ∇²L(w)`: flat minima are preferred. Every trainable weight
    of the model is perturbed, biases too. Active in training alone. It costs no pass of its own,
    but one normal number for each weight.

    It is *not* `keras.layers.GaussianNoise`, which perturbs activations.

    Args:
        stddev: σ, the standard deviation in units of the weights, at least 0 (where it changes
            nothing). May be scheduled. Default 0.05; Graves used 0.075 on speech.
        seed: Integer, or `None` for a seed of its own.
        name: Name in paths.

    Takes any inputs and targets, of any shapes. Adds no term to the logs.

    Raises:
        ValueError: If `stddev` is negative or not a number.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     model, [keras_regzoo.objectives.WeightNoise(0.01, seed=0)]
    ... )
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)

    Reference: Graves (2011), Practical Variational Inference for Neural Networks, sec. 5.2;
    Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 7.5.
    """

    rests_at_zero = "stddev"

    def __init__(
        self, stddev: float = 0.05, seed: int | None = None, name: str | None = None
    ) -> None:
        super().__init__(name, stddev=(stddev, "[0, inf)"))
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def draw(self, weights: list[Tensor], x: Any) -> list[Tensor]:
        return [
            normal(w.shape, self.seed_generator, keras.backend.standardize_dtype(w.dtype))
            for w in weights
        ]

    def transform_weights(self, weights: list[Tensor], draw: list[Tensor]) -> list[Tensor]:
        return [
            w + ops.cast(self.stddev, w.dtype) * noise
            for w, noise in zip(weights, draw, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
