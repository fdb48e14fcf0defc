"""The importance weighted autoencoder."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.models.likelihoods import Likelihood
from keras_regzoo.models.path_weights import PathWeights, weighted
from keras_regzoo.models.variational_criterion import Parts, VariationalCriterion
from keras_regzoo.models.variational_model import VariationalModel
from keras_regzoo.objectives.loss import Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

GRADIENTS = ("reparameterized", "doubly_reparameterized")


@register
class ImportanceWeightedAutoencoder(VariationalModel):
    """Learns by a bound that is tighter than a variational autoencoder's, of several draws.

        minimize over f, g:  mean −log 1/K Σ_k w_k,   w_k = p(x | z_k) p(z_k) / q(z_k | x)
        z_k ~ q(z | x) = N(μ(x), σ²(x)),   [μ, log σ²] = f(x),   p(x | z) of parameters g(z)

    The loss is in nats per example, and with K = 1 a variational autoencoder's, its divergence
    estimated by the draw. On average it falls with K, to −log p(x). The encoder is trained to give
    proposals for importance sampling, broader than the posterior.

    With the gradient as it is, the encoder learns more slowly the more draws there are, as its
    gradient's mean falls faster than its noise. The doubly reparameterized gradient has the same
    mean and less noise: with `w̃_k = w_k / Σ_l w_l`, the decoder's is that of `Σ_k w̃_k log w_k`,
    and the encoder's, through the draws alone,

        Σ_k w̃_k² (∂ log w_k / ∂z_k) (∂z_k / ∂φ),   φ within q(z_k | x) held fixed

    `compile` takes no loss. Training draws K codes an example, and so do `evaluate` and validation
    (the same draws each time); `predict` and `reconstruct` take the mean code.

    Args:
        encoder: Model f with known inputs; its outputs are a list `[μ, log σ²]`, or one tensor with
            the means in the first half of the last axis (`dense_autoencoder(variational=True)`).
        decoder: Model g with known inputs, from codes to logits (Bernoulli, continuous Bernoulli)
            or means (Gaussian), shaped as the inputs.
        samples: K, at least 1. Default 5. The decoder's part of a step costs K times as much.
        gradient: `"reparameterized"` (default) or `"doubly_reparameterized"`. The second is for
            gradients of first order: nothing may differentiate it again.
        likelihood: `"bernoulli"`, `"continuous_bernoulli"` or `"gaussian"`, as for
            `VariationalAutoencoder`.
        stddev: σ of the Gaussian likelihood in units of the data, positive, or `"learned"`.
            Default 1.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        seed: Integer, or `None` for a seed of its own.
        name: Name of the model.

    Trained by `fit(x)`, with batches of any shape that the encoder takes; outputs have the shape
    of the inputs. Logs, in nats per example, `bound` (`log 1/K Σ w_k`), `elbo` (that of one draw,
    the mean over K), `reconstruction` and `kl`, and `active_units`.

    Raises:
        ValueError: If an argument is out of its range, the models' inputs are not known or their
            shapes do not meet, the decoder ends in a sigmoid where it must give logits, a loss is
            given to `compile`, or data (of a feed, its first batch) are not in the
            likelihood's range.

    Example:

    >>> autoencoder = keras_regzoo.models.ImportanceWeightedAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2, variational=True),
    ...     samples=3,
    ... )
    >>> autoencoder.compile("adam")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> sorted(history.history)
    ['active_units', 'bound', 'elbo', 'kl', 'loss', 'reconstruction']

    Reference: Burda, Grosse & Salakhutdinov (2016), Importance Weighted Autoencoders, eq. 8; the
    doubly reparameterized gradient: Tucker, Lawson, Gu & Maddison (2019), Doubly Reparameterized
    Gradient Estimators for Monte Carlo Objectives, eq. 8.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        samples: int = 5,
        gradient: str = "reparameterized",
        likelihood: str = "bernoulli",
        stddev: float | str = 1.0,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        samples = validation.integer("samples", samples, "[1, inf)")
        self._gradient = validation.one_of("gradient", gradient, GRADIENTS)
        self._samples = samples
        super().__init__(
            encoder,
            decoder,
            lambda taps, layer: ImportanceWeightedBound(taps, layer, samples),
            likelihood,
            stddev,
            samples,
            objectives,
            seed,
            name,
        )

    def passed(self, code: Any) -> tuple[Any, dict[str, Any]]:
        if self._gradient == "reparameterized":
            return code, {}
        code, path = PathWeights(name="path_weights", dtype="float32")(code)
        return code, {"path": path}

    def get_config(self) -> dict[str, Any]:
        return {"samples": self._samples, "gradient": self._gradient, **super().get_config()}


class ImportanceWeightedBound(VariationalCriterion):
    """`−log 1/K Σ_k w_k`."""

    def __init__(self, taps: dict[str, Any], likelihood: Likelihood, samples: int) -> None:
        super().__init__(taps, likelihood, samples, ("bound",))
        self._doubly = "path" in taps

    def losses(self, parts: Parts, training: bool) -> tuple[Tensor, Terms]:
        mean, log_variance = parts.mean, parts.log_variance
        if self._doubly:
            mean, log_variance = ops.stop_gradient(mean), ops.stop_gradient(log_variance)
        weights = log_weights(parts.code, mean, log_variance, parts.log_likelihood)
        total = ops.logsumexp(weights, axis=1, keepdims=True)
        bound = total[:, 0] - math.log(self.samples)
        loss = -bound
        if self._doubly:
            share = ops.stop_gradient(ops.exp(weights - total))
            loss = loss + weighted(parts.inner["path"], share)
        return loss, {"bound": bound}


def log_weights(code: Tensor, mean: Tensor, log_variance: Tensor, log_likelihood: Tensor) -> Tensor:
    """Returns `log p(x | z) p(z) / q(z | x)`, of shape (batch, samples).

    Args:
        code: z, of shape (batch, samples, latents).
        mean: μ, of shape (batch, latents).
        log_variance: log σ², of shape (batch, latents).
        log_likelihood: `log p(x | z)`, of shape (batch, samples).
    """
    mean, log_variance = mean[:, None], log_variance[:, None]
    scaled = ops.square(code - mean) * ops.exp(-log_variance)
    return log_likelihood + 0.5 * ops.sum(scaled + log_variance - ops.square(code), axis=-1)
