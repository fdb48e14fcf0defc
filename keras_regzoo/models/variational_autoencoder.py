"""The variational autoencoder."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo.models.likelihoods import Likelihood
from keras_regzoo.models.variational_criterion import Parts, VariationalCriterion
from keras_regzoo.models.variational_model import VariationalModel
from keras_regzoo.objectives.loss import Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config


@register
class VariationalAutoencoder(VariationalModel):
    """Learns a code with a known distribution, by the evidence lower bound.

        minimize over f, g:  mean −log p(x | z) + β KL(q(z | x) ‖ N(0, 1)),   z ~ q(z | x)
        q(z | x) = N(μ(x), σ²(x)),   [μ, log σ²] = f(x),   p(x | z) of parameters g(z)

    Both terms are sums over an example's elements and latents, in nats, so that with β = 1 the
    loss is the negative evidence lower bound, and `−loss ≤ log p(x)` on average. `compile` takes
    no loss. Training draws one code an example, and so do `evaluate` and validation (the same
    draws each time); `predict` and `reconstruct` take the mean code, and return the mean of the
    likelihood.

    It is *not* trained by a mean over pixels beside a divergence summed over latents, as many
    programs have it, which is another β for every size of image.

    Args:
        encoder: Model f with known inputs; its outputs are a list `[μ, log σ²]`, or one tensor with
            the means in the first half of the last axis (`dense_autoencoder(variational=True)`).
        decoder: Model g with known inputs, from codes to logits (Bernoulli, continuous Bernoulli)
            or means (Gaussian), shaped as the inputs.
        beta: β, at least 0. Default 1; above it latents come apart (β-VAE). May be scheduled as
            `"negative_elbo/beta"`: a warm-up from 0 keeps latents from dying early.
        likelihood: `"bernoulli"`: data in [0, 1], of which those that are neither 0 nor 1 count as
            probabilities; `"continuous_bernoulli"`: a density on [0, 1]; `"gaussian"`: any data.
        stddev: σ of the Gaussian likelihood in units of the data, positive, or `"learned"`: one
            number learned with the weights. May be scheduled as `"likelihood/stddev"`. Default 1.
        free_bits: λ, in nats: training sums `max(λ, KL_j)` over latents, each a mean over the
            batch (a replica's share of it); at least 0. Default 0. May be scheduled.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        seed: Integer, or `None` for a seed of its own.
        name: Name of the model.

    Trained by `fit(x)`, with batches of any shape that the encoder takes; outputs have the shape
    of the inputs. Logs, in nats per example, `elbo` (with β = 1, whatever β is), `reconstruction`
    (`−log p(x | z)`) and `kl`, and `active_units`, the latents whose mean has a variance above
    0.01 over the epoch's examples.

    Raises:
        ValueError: If an argument is out of its range, the models' inputs are not known or their
            shapes do not meet, the decoder ends in a sigmoid where it must give logits, a loss is
            given to `compile`, or data (of a feed, its first batch) are not in the
            likelihood's range.

    Example:

    >>> autoencoder = keras_regzoo.models.VariationalAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2, variational=True)
    ... )
    >>> autoencoder.compile("adam")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> sorted(history.history)
    ['active_units', 'elbo', 'kl', 'loss', 'reconstruction']
    >>> autoencoder.sample(3).shape
    (3, 8)

    Reference: Kingma & Welling (2014), Auto-Encoding Variational Bayes, eq. 7 and appendix B and C;
    β: Higgins et al. (2017), beta-VAE; free bits: Kingma et al. (2016), Improved Variational
    Inference with Inverse Autoregressive Flow; continuous Bernoulli: Loaiza-Ganem & Cunningham
    (2019), The Continuous Bernoulli; active units: Burda, Grosse & Salakhutdinov (2016).
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        beta: float = 1.0,
        likelihood: str = "bernoulli",
        stddev: float | str = 1.0,
        free_bits: float = 0.0,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            encoder,
            decoder,
            lambda taps, layer: NegativeELBO(taps, layer, beta, free_bits),
            likelihood,
            stddev,
            objectives=objectives,
            seed=seed,
            name=name,
        )

    def get_config(self) -> dict[str, Any]:
        return {**strength_config(self.criterion), **super().get_config()}


class NegativeELBO(VariationalCriterion):
    """`−log p(x | z) + β Σ_j KL_j`; in training with free bits λ, of `max(λ, mean KL_j)`."""

    def __init__(
        self, taps: dict[str, Any], likelihood: Likelihood, beta: float, free_bits: float
    ) -> None:
        super().__init__(taps, likelihood)
        self.beta = add_strength(self, "beta", beta, "[0, inf)")
        self.free_bits = add_strength(self, "free_bits", free_bits, "[0, inf)")

    def losses(self, parts: Parts, training: bool) -> tuple[Tensor, Terms]:
        divergence = parts.divergence
        if training:
            mean = ops.mean(divergence, axis=0, keepdims=True)
            least = ops.convert_to_tensor(self.free_bits)
            divergence = ops.where(mean < least, least, divergence)
        return parts.reconstruction + self.beta * ops.sum(divergence, axis=-1), {}
