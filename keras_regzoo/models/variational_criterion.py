"""The loss of variational autoencoders."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_regzoo.backend import Pass, PureView, State
from keras_regzoo.layers.gaussian_sampling import gaussian_divergence
from keras_regzoo.models.gaussian_code import drawing, repeated
from keras_regzoo.models.likelihoods import Likelihood
from keras_regzoo.models.running_variation import RunningVariation
from keras_regzoo.objectives.criterion import Criterion
from keras_regzoo.objectives.loss import Tensor, Terms

TERMS = ("elbo", "reconstruction", "kl")
_ACTIVE = 0.01  # the variance of a latent's posterior means, above which it is active


class Parts(NamedTuple):
    """What the losses of examples are made of, in float32.

    Attributes:
        mean: μ, of shape (batch, latents).
        log_variance: log σ², of shape (batch, latents).
        code: z, of shape (batch, samples, latents).
        log_likelihood: `log p(x | z)`, of shape (batch, samples), in nats.
        divergence: `KL(q(z_j | x) ‖ p(z_j))`, of shape (batch, latents), in nats.
        inner: The values of the taps, by their names.
    """

    mean: Tensor
    log_variance: Tensor
    code: Tensor
    log_likelihood: Tensor
    divergence: Tensor
    inner: dict[str, Tensor]

    @property
    def reconstruction(self) -> Tensor:
        """`−log p(x | z)` of each example, the mean over samples."""
        return -ops.mean(self.log_likelihood, axis=1)


class VariationalCriterion(Criterion):
    """The loss of a model with a Gaussian posterior, from its statistics and draws (abstract).

    Fill in `losses`. Logs, in nats per example and on the draws that were made, `reconstruction`
    (`−log p(x | z)`), `kl` (`KL(q(z | x) ‖ p(z))`) and `elbo` (minus their sum, whatever is
    trained), and `active_units`.

    Args:
        taps: Symbolic `mean`, `log_variance`, `code` and `parameters`.
        likelihood: What the parameters are of.
        samples: Draws an example.
        terms: The names of further numbers that `losses` gives.
    """

    def __init__(
        self,
        taps: dict[str, Any],
        likelihood: Likelihood,
        samples: int = 1,
        terms: tuple[str, ...] = (),
    ) -> None:
        super().__init__(taps, (*TERMS, *terms))
        self._likelihood = lambda: likelihood
        self.samples = samples
        shape = taps["mean"].shape[1:]
        if None in shape:
            raise ValueError(
                f"`encoder` must give codes of a known shape; received one that gives {shape}."
            )
        self._latents = math.prod(shape)

    @abstractmethod
    def losses(self, parts: Parts, training: bool) -> tuple[Tensor, Terms]:
        """Returns the loss of each example, of shape (batch,), in nats, and its further terms."""

    def evaluate(
        self, inner: dict[str, Any], y: Any, outputs: Any, training: bool
    ) -> tuple[Tensor, Terms]:
        mean, log_variance, code = (
            ops.reshape(ops.cast(inner[name], "float32"), (-1, self._latents))
            for name in ("mean", "log_variance", "code")
        )
        likely = self._likelihood().log_probability(repeated(y, self.samples), inner["parameters"])
        parts = Parts(
            mean,
            log_variance,
            ops.reshape(code, (-1, self.samples, self._latents)),
            ops.reshape(likely, (-1, self.samples)),
            gaussian_divergence(mean, log_variance),
            inner,
        )
        reconstruction, kl = parts.reconstruction, ops.sum(parts.divergence, axis=-1)
        losses, further = self.losses(parts, training)
        terms = {"elbo": -(reconstruction + kl), "reconstruction": reconstruction, "kl": kl}
        return losses, {**terms, **further, ActiveUnits.NAME: mean}

    def evaluation_pass(self, view: PureView, weights: list[Tensor], state: State, x: Any) -> Pass:
        with drawing(x):
            return super().evaluation_pass(view, weights, state, x)

    def trackers(self) -> list[keras.metrics.Metric]:
        return [*super().trackers(), ActiveUnits(self._latents)]


class ActiveUnits(RunningVariation):
    """Counts the latents whose posterior mean varies over examples, `Var_x E[z_j | x] > 0.01`.

    Args:
        latents: Their number.
    """

    NAME = "active_units"

    def __init__(self, latents: int) -> None:
        super().__init__(latents, self.NAME)

    def update_state(self, means: Any) -> None:
        self.take(ops.cast(means, self.dtype))

    def result(self) -> Any:
        count, variation = self.variation()
        active = variation > _ACTIVE * ops.maximum(count, 1.0)
        return ops.sum(ops.cast(active, self.dtype))
