"""Self-paced learning: the easy examples first."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_regzoo import validation
from keras_regzoo.objectives.example_weights import (
    check_weighting,
    example_mean,
    one_weight_each,
    reweighted,
)
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class SelfPaced(Objective):
    """Weights each example by how easy it is now: its loss against a threshold that grows.

    The weights minimize the loss less a reward for every example taken in:

        minimize over v ∈ [0, 1]ⁿ:   Σᵢ vᵢ lᵢ − λ Σᵢ vᵢ            (hard)
                                   Σᵢ vᵢ lᵢ + λ Σᵢ (½ vᵢ² − vᵢ)   (linear)

    so `vᵢ = 1` where `lᵢ < λ` and else 0 (hard), or `vᵢ = max(0, 1 − lᵢ / λ)` (linear). The losses
    are those of the examples in this very pass, and the weights count as constants. The weighted
    losses are divided by the size of the batch, not by `Σᵢ vᵢ`. Active in training alone; costs no
    pass. Raise `threshold` as training goes on, until all examples are in: with labels that are
    wrong, stop before.

    Logs the mean of the weights, which for the hard form is the share of examples taken in, of the
    labelled ones where others may be unlabelled.

    Args:
        threshold: λ (the paper's 1/K), above 0, in units of the loss. May be scheduled; there is
            no default that would fit every loss.
        weighting: `"hard"`, the paper's, or `"linear"`.
        name: Name in logs and paths.

    Takes any inputs and targets, of any shapes, and sample weights of one number an example.

    Raises:
        ValueError: If `threshold` is not above 0 or `weighting` unknown; at `compile`, if another
            objective weights the examples by their losses, or the loss is no mean over the batch;
            at the first step, if an example has several sample weights.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> wrapped = keras_regzoo.RegularizedModel(model, [keras_regzoo.objectives.SelfPaced(2.0)])
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)

    Reference: Kumar, Packer & Koller (2010), Self-Paced Learning for Latent Variable Models,
    eq. 4; Jiang, Meng, Mitamura & Hauptmann (2014), Easy Samples First, for the linear form.
    """

    reweights = True

    def __init__(self, threshold: float, weighting: str = "hard", name: str | None = None) -> None:
        super().__init__(name, threshold=(threshold, "(0, inf]"))
        self.weighting = validation.one_of("weighting", weighting, ("hard", "linear"))

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        check_weighting(loss, objectives)

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def paced(point: Point) -> tuple[Tensor, Terms]:
            point = one_weight_each(point, "SelfPaced")
            losses = ops.stop_gradient(loss.per_example(point))
            weights = WEIGHTINGS[self.weighting](losses, self.threshold)
            value, terms = loss.evaluate(reweighted(point, weights))
            return value, {**terms, self.name: example_mean(weights, loss.step.labelled)}

        return loss.then(paced)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weighting": self.weighting}


def hard_weights(losses: Tensor, threshold: Tensor | float) -> Tensor:
    """Returns `1[lᵢ < λ]`."""
    return ops.cast(losses < threshold, losses.dtype)


def linear_weights(losses: Tensor, threshold: Tensor | float) -> Tensor:
    """Returns `max(0, 1 − lᵢ / λ)`, at most 1."""
    return ops.clip(1 - losses / threshold, 0, 1)


WEIGHTINGS = {"hard": hard_weights, "linear": linear_weights}
