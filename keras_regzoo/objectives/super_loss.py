"""SuperLoss: a curriculum in the loss itself."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from keras_regzoo import validation
from keras_regzoo.objectives.example_weights import (
    check_weighting,
    example_mean,
    one_weight_each,
    reweighted,
)
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms, unscale
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

_BRANCH = -1 / math.e  # where Lambert's W begins


@register
class SuperLoss(Objective):
    """Weights each example by a confidence that falls with its loss, in closed form.

        L' = mean_i [(lᵢ − τ) σᵢ + λ (log σᵢ)²]
        σᵢ = exp(−W(½ max(−2/e, βᵢ))),   βᵢ = (lᵢ − τ) / λ

    with Lambert's W. The confidence σᵢ is the one that minimizes the term of its example; it
    counts as a constant, so the gradient is the mean of `σᵢ ∇lᵢ`. Easy examples (`lᵢ < τ`) weigh up
    to e, hard ones less than 1. Active in training alone; costs no pass. Sample weights multiply
    the terms.

    Logs the mean confidence, of the labelled examples where others may be unlabelled.

    Args:
        strength: λ, above 0: small values weight more unequally. May be scheduled. Default 1; the
            paper used 0.25 and 1 for classification.
        threshold: τ, the loss that parts easy from hard: a number, such as `log K` for K classes,
            or `None` for a running mean of the loss of labelled examples.
        momentum: Of the running mean, in [0, 1). Default 0.9, the paper's.
        name: Name in logs and paths.

    Takes any inputs and targets, of any shapes, and sample weights of one number an example.

    Raises:
        ValueError: If `strength` is not above 0, `threshold` neither a number nor `None`, or
            `momentum` not in [0, 1); at `compile`, if another objective weights the examples by
            their losses, or the loss is no mean over the batch; at the first step, if an example
            has several sample weights.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     model, [keras_regzoo.objectives.SuperLoss(1.0, threshold=float(np.log(3)))]
    ... )
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> history = wrapped.fit(np.ones((8, 4)), np.arange(8) % 3, verbose=0)

    Reference: Castells, Weinzaepfel & Revaud (2020), SuperLoss: A Generic Loss for Robust
    Curriculum Learning, sec. 3.
    """

    reweights = True

    def __init__(
        self,
        strength: float = 1.0,
        threshold: float | None = None,
        momentum: float = 0.9,
        name: str | None = None,
    ) -> None:
        super().__init__(name, strength=(strength, "(0, inf)"))
        if threshold is not None:
            threshold = validation.number("threshold", threshold)
        self.threshold = threshold
        self.momentum = validation.number("momentum", momentum, "[0, 1)")
        if threshold is None:
            self.running = self._statistic("running_mean")
            self.total = self._statistic("running_weight")

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        check_weighting(loss, objectives)

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def weighted(point: Point) -> tuple[Tensor, Terms]:
            point = one_weight_each(point, "SuperLoss")
            losses = ops.stop_gradient(loss.per_example(point))
            labelled = loss.step.labelled
            known = ops.ones_like(losses) if labelled is None else ops.cast(labelled, losses.dtype)
            found = {
                self._noted[0]: example_mean(known * losses),
                self._noted[1]: example_mean(known),
            }
            threshold = self._threshold(found)
            sigma = confidence(losses, threshold, self.strength)
            value, terms = loss.evaluate(reweighted(point, sigma))
            rest = self.strength * ops.square(ops.log(sigma)) - threshold * sigma
            if point.sample_weight is not None:
                rest = rest * ops.cast(point.sample_weight, rest.dtype)
            value = value + ops.cast(example_mean(rest), value.dtype)
            return value, {**terms, **found, self.name: example_mean(sigma, labelled)}

        return loss.then(weighted)

    def update(self, terms: Terms) -> None:
        if self.threshold is None:
            for statistic, moved in zip(
                (self.running, self.total), self._moved(terms), strict=True
            ):
                statistic.assign(moved)

    def get_config(self) -> dict[str, Any]:
        config = {"threshold": self.threshold, "momentum": self.momentum}
        return {**super().get_config(), **config}

    @property
    def _noted(self) -> tuple[str, str]:
        return f"{self.name}/mean_loss", f"{self.name}/labelled"

    def _statistic(self, name: str) -> Any:
        return self.add_weight(
            name=name,
            shape=(),
            dtype="float32",
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )

    def _threshold(self, terms: Terms) -> Tensor | float:
        """τ, the running mean with this batch's loss in it; unbiased from the first step on."""
        if self.threshold is not None:
            return self.threshold
        return ops.divide_no_nan(*self._moved(terms))

    def _moved(self, terms: Terms) -> list[Tensor]:
        """Returns both statistics with this batch's losses, and share of labelled examples."""
        return [
            self.momentum * statistic
            + (1 - self.momentum) * ops.cast(unscale(terms[name]), "float32")
            for statistic, name in zip((self.running, self.total), self._noted, strict=True)
        ]


def confidence(losses: Tensor, threshold: Tensor | float, strength: Tensor | float) -> Tensor:
    """Returns `σ = exp(−W(½ max(−2/e, (l − τ) / λ)))`, in (0, e]."""
    beta = (ops.cast(losses, "float32") - threshold) / strength
    return ops.exp(-lambert_w(ops.maximum(beta / 2, _BRANCH)))


def lambert_w(z: Tensor) -> Tensor:
    """Returns the principal branch of Lambert's W, `W e^W = z`, for `z ≥ −1/e`.

    Halley's iteration from a series about the branch point, or from a logarithm (Corless, Gonnet,
    Hare, Jeffrey & Knuth 1996, On the Lambert W function, eq. 4.22 and 5.9).
    """
    p = ops.sqrt(ops.maximum(2 * (math.e * z + 1), 0))
    near = -1 + p - p * p / 3 + 11 / 72 * p * p * p
    log = ops.log1p(ops.maximum(z, 0))
    w = ops.where(z < 0.5, near, log * (1 - ops.log1p(log) / (2 + log)))
    for _ in range(6):
        exp = ops.exp(w)
        error = w * exp - z
        slope = exp * (w + 1)
        step = error / ops.maximum(slope - (w + 2) * error / ops.maximum(2 * w + 2, 1e-6), 1e-6)
        w = ops.maximum(w - ops.where(p < 1e-2, 0, step), -1)
    return w
