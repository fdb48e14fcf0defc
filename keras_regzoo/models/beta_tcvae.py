"""The autoencoder whose divergence is taken apart."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.models.likelihoods import Likelihood
from keras_regzoo.models.variational_criterion import Parts, VariationalCriterion
from keras_regzoo.models.variational_model import VariationalModel
from keras_regzoo.objectives.loss import Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config

ESTIMATORS = ("weighted", "stratified")
TERMS = ("mutual_information", "total_correlation", "dimension_divergence")


@register
class BetaTCVAE(VariationalModel):
    """Takes the factors of a code apart by a penalty on how far its latents depend on each other.

        minimize over f, g:  mean −log p(x | z) + α I(z; n) + β TC(z) + γ Σ_j KL_j
        I = log q(z | x) − log q(z),   TC = log q(z) − Σ_j log q(z_j),
        Σ_j KL_j = Σ_j log q(z_j) − log p(z),   z ~ q(z | x) = N(μ(x), σ²(x))

    With α = β = γ = 1 the three add up to the divergence of a variational autoencoder, as the draw
    estimates it. The aggregate posterior `q(z) = 1/N Σ_n q(z | x_n)` of all N examples is
    estimated from the batch, with B² · L numbers for B examples and L latents at a time:

        weighted:    log q(z_i) ≈ log 1/(N B) Σ_k q(z_i | x_k)
        stratified:  log q(z_i) ≈ log Σ_k r_ik q(z_i | x_k),   r_ii = 1/N,   r_ik = 1/(B − 1),
                     and (N − B + 1)/(N (B − 1)) for one k ≠ i

    and so for each latent. The weighted one is biased by the batch being small beside the data:
    its mutual information and total correlation may be reported far off, negative ones among them;
    the density q(z) of the stratified one is not biased, its logarithm is.

    `compile` takes no loss. Training draws one code an example, and so do `evaluate` and validation
    (the same draws each time); `predict` and `reconstruct` take the mean code.

    Args:
        encoder: Model f with known inputs; its outputs are a list `[μ, log σ²]`, or one tensor with
            the means in the first half of the last axis (`dense_autoencoder(variational=True)`).
        decoder: Model g with known inputs, from codes to logits (Bernoulli, continuous Bernoulli)
            or means (Gaussian), shaped as the inputs.
        dataset_size: N, the number of training examples, at least the batch size.
        beta: β, at least 0. Default 6. May be scheduled as `"decomposed_bound/beta"`, and so the
            next two.
        alpha: α, at least 0. Default 1.
        gamma: γ, at least 0. Default 1.
        estimator: `"weighted"` (default) or `"stratified"`.
        likelihood: `"bernoulli"`, `"continuous_bernoulli"` or `"gaussian"`, as for
            `VariationalAutoencoder`.
        stddev: σ of the Gaussian likelihood in units of the data, positive, or `"learned"`.
            Default 1.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        seed: Integer, or `None` for a seed of its own.
        name: Name of the model.

    Trained by `fit(x)`, with batches of any shape that the encoder takes, of a hundred examples or
    more (a replica's share of the batch is what counts); outputs have the shape of the inputs.
    Logs, in nats per example, `mutual_information`, `total_correlation` and
    `dimension_divergence`, without their weights, `elbo`, `reconstruction` and `kl` in closed form,
    and `active_units`.

    Raises:
        ValueError: If an argument is out of its range, the models' inputs are not known or their
            shapes do not meet, the decoder ends in a sigmoid where it must give logits, a loss is
            given to `compile`, data (of a feed, its first batch) are not in the likelihood's
            range, or arrays, or a batch of known size, hold more than `dataset_size` examples to
            train on.

    Example:

    >>> autoencoder = keras_regzoo.models.BetaTCVAE(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2, variational=True),
    ...     dataset_size=16,
    ... )
    >>> autoencoder.compile("adam")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> "total_correlation" in history.history
    True

    Reference: Chen, Li, Grosse & Duvenaud (2018), Isolating Sources of Disentanglement in
    Variational Autoencoders, eq. 4 and appendix C.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        dataset_size: int,
        beta: float = 6.0,
        alpha: float = 1.0,
        gamma: float = 1.0,
        estimator: str = "weighted",
        likelihood: str = "bernoulli",
        stddev: float | str = 1.0,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        validation.integer("dataset_size", dataset_size, "[1, inf)")
        validation.one_of("estimator", estimator, ESTIMATORS)
        self._estimate = {"dataset_size": dataset_size, "estimator": estimator}
        strengths = {"beta": beta, "alpha": alpha, "gamma": gamma}
        super().__init__(
            encoder,
            decoder,
            lambda taps, layer: DecomposedBound(
                taps, layer, dataset_size, estimator == "stratified", strengths
            ),
            likelihood,
            stddev,
            objectives=objectives,
            seed=seed,
            name=name,
        )

    def fit(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        held_out = kwargs.get("validation_split") or 0.0
        if isinstance(x, np.ndarray) and x.ndim:
            check_size(self._estimate["dataset_size"], math.floor(len(x) * (1.0 - held_out)))
        return super().fit(x, *args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**self._estimate, **strength_config(self.criterion), **super().get_config()}


class DecomposedBound(VariationalCriterion):
    """`−log p(x | z) + α I + β TC + γ Σ_j KL_j`."""

    def __init__(
        self,
        taps: dict[str, Any],
        likelihood: Likelihood,
        dataset_size: int,
        stratified: bool,
        strengths: dict[str, float],
    ) -> None:
        super().__init__(taps, likelihood, terms=TERMS)
        self.dataset_size = dataset_size
        self.stratified = stratified
        for name, value in strengths.items():
            setattr(self, name, add_strength(self, name, value, "[0, inf)"))

    def losses(self, parts: Parts, training: bool) -> tuple[Tensor, Terms]:
        rows = parts.mean.shape[0]
        if training and rows is not None:
            check_size(self.dataset_size, rows)
        terms = decomposition(
            parts.code[:, 0], parts.mean, parts.log_variance, self.dataset_size, self.stratified
        )
        added = self.alpha * terms[0] + self.beta * terms[1] + self.gamma * terms[2]
        return parts.reconstruction + added, dict(zip(TERMS, terms, strict=True))


def check_size(dataset_size: int, rows: int) -> None:
    """Raises a ValueError if there are more rows than training examples."""
    if rows > dataset_size:
        raise ValueError(
            "`dataset_size` must be the number of training examples, of which there are at least "
            f"{rows}; received dataset_size={dataset_size}."
        )


def decomposition(
    code: Tensor, mean: Tensor, log_variance: Tensor, dataset_size: int, stratified: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Returns mutual information, total correlation and dimension-wise divergence, each (batch,).

    Args:
        code: z, one draw of each posterior, of shape (batch, latents), as all three.
        mean: Means of the posteriors.
        log_variance: Their log-variances.
        dataset_size: N.
        stratified: Whether the batch is weighted by strata, or evenly.
    """
    pairs = _log_density(code[:, None], mean[None], log_variance[None])
    weights = _log_shares(ops.shape(code)[0], dataset_size, stratified)
    aggregate = ops.logsumexp(ops.sum(pairs, axis=-1) + weights, axis=1)
    marginal = ops.sum(ops.logsumexp(pairs + weights[..., None], axis=1), axis=-1)
    posterior = ops.sum(_log_density(code, mean, log_variance), axis=-1)
    zeros = ops.zeros_like(code)
    prior = ops.sum(_log_density(code, zeros, zeros), axis=-1)
    return posterior - aggregate, aggregate - marginal, marginal - prior


def _log_shares(rows: Any, dataset_size: int, stratified: bool) -> Tensor:
    """Returns the logarithms of the weights of the pairs of a batch, (batch, batch)."""
    size = float(dataset_size)
    many = ops.cast(rows, "float32")
    if not stratified:
        return ops.zeros((rows, rows)) - ops.log(size * many)
    others = ops.maximum(many - 1.0, 1.0)
    number = ops.arange(rows)
    distance = (number[None] - number[:, None]) % rows
    rest = ops.maximum((size - others) / (size * others), 1e-12)
    shares = ops.where(distance == 1, rest, 1.0 / others)
    return ops.log(ops.where(distance == 0, 1.0 / size, shares))


def _log_density(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Returns that of a normal distribution, element by element."""
    scaled = ops.square(x - mean) * ops.exp(-log_variance)
    return -0.5 * (scaled + log_variance + math.log(2.0 * math.pi))
