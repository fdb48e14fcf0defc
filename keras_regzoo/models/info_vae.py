"""The information maximizing variational autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.models.variational_autoencoder import NegativeELBO
from keras_regzoo.models.variational_model import VariationalModel
from keras_regzoo.objectives import MaximumMeanDiscrepancy
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

_CODE = "code"  # the layer that draws the codes


@register
class InfoVAE(VariationalModel):
    """Learns a variational code that all examples together, rather than each, fill as the prior is.

        minimize over f, g:  mean −log p(x | z) + (1 − α) KL(q(z | x) ‖ N(0, 1)) + (α + λ − 1) D
        D = MMD²({zᵢ}, {z̃ᵢ}),   zᵢ ~ q(z | xᵢ) = N(μ(xᵢ), σ²(xᵢ)),   z̃ᵢ ~ N(0, I)

    The divergence of each example's code costs what the code says of the example; with α > 0 it
    counts less, and D, an estimate over the codes of a batch, holds their distribution to the prior
    in its place (MMD-VAE with α = 1). `objectives.MaximumMeanDiscrepancy` says what MMD² is, and
    `VariationalAutoencoder`, which this is with α = 0 and λ = 1, what the rest is. `compile` takes
    no loss. D is active in training alone: `evaluate` and validation report the rest of the loss.

    It is *not* a bound on the likelihood unless α = 0: judge it by `elbo`, samples and what its
    codes are good for.

    Args:
        encoder: Model f with known inputs; its outputs are a list `[μ, log σ²]`, or one tensor with
            the means in the first half of the last axis (`dense_autoencoder(variational=True)`).
        decoder: Model g with known inputs, from codes to logits (Bernoulli, continuous Bernoulli)
            or means (Gaussian), shaped as the inputs.
        alpha: α, at most 1, how much is made of what codes tell. Default 1; 1 − α may be scheduled
            as `"negative_elbo/beta"`.
        scaling: λ, at least 1 − α. `α + λ − 1` may be scheduled as
            `"maximum_mean_discrepancy/strength"`. Default 1000. It stands beside a sum over an
            example's elements: codes of 8 x 8 digits tell nothing with 1000, and much with 10.
        kernel: `"rbf"` or `"imq"`.
        scales: Of the sum of kernels, positive; see `MaximumMeanDiscrepancy`. Default 1 alone.
        likelihood: `"bernoulli"`, `"continuous_bernoulli"` or `"gaussian"`.
        stddev: σ of the Gaussian likelihood in units of the data, positive, or `"learned"`. May be
            scheduled as `"likelihood/stddev"`. Default 1.
        objectives: Further objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None` for a seed of its own.
        name: Name of the model.

    Trained by `fit(x)`, with batches of any shape that the encoder takes, of a hundred examples or
    more: those of a batch are all that D sees. Outputs have the shape of the inputs. Logs, in nats
    per example, `elbo`, `reconstruction` and `kl`, as `VariationalAutoencoder` does, beside
    `active_units`, `data_loss`, which is the loss without D, and `maximum_mean_discrepancy`, the
    term as it is added.

    Raises:
        ValueError: If an argument is out of its range, the models' inputs are not known or their
            shapes do not meet, the decoder ends in a sigmoid where it must give logits, a loss is
            given to `compile`, or data (of a feed, its first batch) are not in the
            likelihood's range.

    Example:

    >>> autoencoder = keras_regzoo.models.InfoVAE(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2, variational=True)
    ... )
    >>> autoencoder.compile("adam")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> sorted(set(history.history) - {"active_units", "elbo", "reconstruction"})
    ['data_loss', 'kl', 'loss', 'maximum_mean_discrepancy']

    Reference: Zhao, Song & Ermon (2019), InfoVAE: Balancing Learning and Inference in Variational
    Autoencoders, eq. 6 and the one it is rewritten as; values of α and λ: this library's.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        alpha: float = 1.0,
        scaling: float = 1000.0,
        kernel: str = "rbf",
        scales: Sequence[float] = (1.0,),
        likelihood: str = "bernoulli",
        stddev: float | str = 1.0,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        self.alpha = validation.number("alpha", alpha, "(-inf, 1]")
        self.scaling = validation.number(
            "scaling", scaling, f"[{round(1.0 - self.alpha, 12)}, inf)"
        )
        strength = max(self.alpha + self.scaling - 1.0, 0.0)
        discrepancy = MaximumMeanDiscrepancy(_CODE, strength, kernel, scales, seed=seed)
        super().__init__(
            encoder,
            decoder,
            lambda taps, layer: NegativeELBO(taps, layer, 1.0 - self.alpha, free_bits=0.0),
            likelihood,
            stddev,
            objectives=objectives,
            seed=seed,
            name=name,
            built_in=[discrepancy],
        )
        self.discrepancy = discrepancy

    def get_config(self) -> dict[str, Any]:
        of_discrepancy = self.discrepancy.get_config()
        own = {name: of_discrepancy[name] for name in ("kernel", "scales")}
        return {"alpha": self.alpha, "scaling": self.scaling, **own, **super().get_config()}
