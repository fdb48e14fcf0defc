"""The contractive autoencoder."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.chain import Models
from keras_regzoo.objectives import ContractivePenalty
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class ContractiveAutoencoder(BaseAutoencoder):
    """Learns a code that moves little when the input does.

        minimize over f, g:  mean L(x, g(f(x))) + λ mean ‖∂f/∂x‖²_F

    Only directions that the reconstruction needs keep their slope: those along the data. It is an
    autoencoder with `objectives.ContractivePenalty` on its encoder, which says when the norm is
    exact, and when it is estimated. Active in training alone. It is *not* a penalty of the whole
    reconstruction's slope, which denoising with small Gaussian noise amounts to.

    Args:
        encoder: Model f from inputs to codes, built or not. The paper's is one layer of sigmoids.
        decoder: Model g from codes to reconstructions of the inputs' shape, tied to f in the paper
            (`dense_autoencoder(..., tied=True)`); without tying or weight decay g can undo a
            contraction by larger weights.
        strength: λ, at least 0. May be scheduled as `"contractive_penalty/strength"`. Default 0.1.
        method: `"exact"`, `"hutchinson"` or `"auto"`, as for `ContractivePenalty`.
        probes: Number of random directions of Hutchinson's estimate, at least 1.
        objectives: Further objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None` for a seed of its own: of the estimate.
        name: Name of the model.

    Trained by `fit(x)` or `fit(x, x)`, with batches of any input shape that the encoder takes;
    outputs have the shape of the inputs. Logs `contractive_penalty`, the term as it is added, and
    `data_loss`. Between a squared error that Keras averages over an example's elements and the
    paper's cross-entropy, a sum over them, λ differs in effect by their number.

    Raises:
        ValueError: If an argument is out of its range, the encoder or decoder not a Keras model,
            or their shapes do not meet.

    Example:

    >>> autoencoder = keras_regzoo.models.ContractiveAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(), latent=12), strength=0.1
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> sorted(history.history)
    ['contractive_penalty', 'data_loss', 'loss']

    Reference: Rifai, Vincent, Muller, Glorot & Bengio (2011), Contractive Auto-Encoders, eq. 1
    and 4.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        strength: float = 0.1,
        method: str = "auto",
        probes: int = 1,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        penalty = ContractivePenalty(None, strength, method, probes, seed=seed)
        super().__init__(encoder, decoder, objectives, name, built_in=[penalty])
        self.penalty = penalty

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, decoder]

    def get_config(self) -> dict[str, Any]:
        names = ("method", "probes", "seed")
        strength = self.penalty.get_config()["strength"]
        own = {name: getattr(self.penalty, name) for name in names}
        return {"strength": strength, **own, **super().get_config()}
