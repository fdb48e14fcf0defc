"""The Wasserstein autoencoder with the maximum mean discrepancy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo.models.chain import Models
from keras_regzoo.models.generative_autoencoder import GenerativeAutoencoder
from keras_regzoo.models.squared_error import SquaredError
from keras_regzoo.objectives import MaximumMeanDiscrepancy
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class WassersteinAutoencoder(GenerativeAutoencoder):
    """Learns a deterministic code whose values, over all examples, are normally distributed.

        minimize over f, g:  mean ‖x − g(f(x))‖² + λ MMD²({f(xᵢ)}, {z̃ᵢ}),   z̃ᵢ ~ N(0, σ² I)

    It is an autoencoder with `objectives.MaximumMeanDiscrepancy` on its code, which says what MMD²
    is, and the squared error summed over an example's elements (WAE-MMD). `compile` takes no loss;
    `evaluate` and validation report the squared error, as the discrepancy is active in training
    alone.

    It is *not* variational: each example has one code, no posterior and no bound on its likelihood.
    Codes of more dimensions than the data need cannot be normal all together; then some of what is
    drawn from the prior is decoded to nothing known.

    Args:
        encoder: Model f from inputs to codes, built or not, linear at its end.
        decoder: Model g from codes to reconstructions of the inputs' shape.
        strength: λ, at least 0. May be scheduled as `"maximum_mean_discrepancy/strength"`. Default
            10, the paper's for MNIST.
        kernel: `"imq"`, the paper's, or `"rbf"`.
        scales: Of the sum of kernels, positive; see `MaximumMeanDiscrepancy`. Default 1 alone.
        stddev: σ of the prior, positive. Default 1.
        objectives: Further objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None` for a seed of its own: of the draws of the prior.
        name: Name of the model.

    Trained by `fit(x)`, with batches of any shape that the encoder takes, of a hundred examples or
    more: those of a batch are all that the discrepancy sees. Outputs have the shape of the inputs.
    Logs `data_loss`, the squared error, and `maximum_mean_discrepancy`, the term as it is added.

    Raises:
        ValueError: If an argument is out of its range, the encoder or decoder not a Keras model,
            their shapes do not meet, or a loss is given to `compile`.

    Example:

    >>> autoencoder = keras_regzoo.models.WassersteinAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2)
    ... )
    >>> autoencoder.compile("adam")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'loss', 'maximum_mean_discrepancy']
    >>> autoencoder.sample(3).shape
    (3, 8)

    Reference: Tolstikhin, Bousquet, Gelly & Schölkopf (2018), Wasserstein Auto-Encoders,
    algorithm 2 and sec. 4.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        strength: float = 10.0,
        kernel: str = "imq",
        scales: Sequence[float] = (1.0,),
        stddev: float = 1.0,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        penalty = MaximumMeanDiscrepancy(None, strength, kernel, scales, stddev, seed)
        super().__init__(encoder, decoder, objectives, name, [penalty], SquaredError)
        self.penalty = penalty

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, decoder]

    def prior_codes(self, n: int, random: np.random.Generator) -> np.ndarray:
        return self.penalty.stddev * super().prior_codes(n, random)

    def get_config(self) -> dict[str, Any]:
        own = self.penalty.get_config()
        names = ("strength", "kernel", "scales", "stddev", "seed")
        return {**{name: own[name] for name in names}, **super().get_config()}
