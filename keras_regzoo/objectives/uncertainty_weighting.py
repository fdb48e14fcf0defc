"""Weights of several tasks that are learned with them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo.objectives.data_loss import (
    DATA_LOSS,
    from_logits,
    losses_of,
    names_of,
    output_term,
)
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms, aggregate
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class UncertaintyWeighting(Objective):
    """Weights the loss of each output by its noise, which is learned with the network.

        L' = Σ_k [a_k exp(−s_k) L_k + ½ s_k],   s_k = log σ_k²

    with `a_k = ½` for a regression and 1 for a cross-entropy. At the optimum of s_k a regression's
    `σ_k²` is its loss: noisy tasks weigh less. The log-variances start at 0 and are trainable
    variables of this objective, `log_variances`, one an output; that of an output without a loss
    rests. `L_k` includes the output's `loss_weights`. The
    model's own losses are left as they are. Active in training alone; costs no pass.

    Args:
        name: Name in logs and paths. Logs the added `Σ_k ½ s_k`.

    Takes any inputs, outputs and targets, of any shapes.

    Raises:
        ValueError: At `compile`, if there is another objective of this kind, or
            `AdversarialTraining`, `SharpnessAware` or `RDrop` come before it: they train on losses
            of several passes, of which the logs hold one.

    Example:

    >>> inputs = keras.Input((4,))
    >>> heads = [keras.layers.Dense(1, name=name)(inputs) for name in ("height", "weight")]
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     keras.Model(inputs, heads), [keras_regzoo.objectives.UncertaintyWeighting()]
    ... )
    >>> wrapped.compile("sgd", ["mse", "mse"])
    >>> y = [np.ones((8, 1)), np.ones((8, 1))]
    >>> history = wrapped.fit(np.ones((8, 4)), y, verbose=0)

    Reference: Kendall, Gal & Cipolla (2018), Multi-Task Learning Using Uncertainty to Weigh
    Losses for Scene Geometry and Semantics, eq. 7 and 10.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.log_variances: Any = None

    def attach(self, model: keras.Model) -> None:
        self._outputs = list(getattr(model, "output_names", ["output"]))
        self.log_variances = self.add_weight(
            name="log_variances",
            shape=(len(self._outputs),),
            dtype="float32",
            initializer="zeros",
            autocast=False,
        )

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        others = [each.name for each in objectives if isinstance(each, UncertaintyWeighting)]
        if len(others) > 1:
            raise ValueError(
                f"`objectives` must weight the outputs once; received {' and '.join(others)}."
            )
        retaking = [each for each in objectives if each.retakes]
        self.check_before(objectives, retaking, "whose losses are those of several passes")
        self._loss = loss

    def transform(self, loss: Loss, draw: Any) -> Loss:
        names = names_of(loss.step.predicted, self._outputs)
        factors = noise_factors(self._loss, names)

        def weighted(point: Point) -> tuple[Tensor, Terms]:
            value, terms = loss.evaluate(point)
            losses = output_losses(terms, [names[k] for k in factors])
            s = ops.convert_to_tensor(self.log_variances)
            for each, (k, factor) in zip(losses, factors.items(), strict=True):
                weight = ops.cast(factor * ops.exp(-s[k]), value.dtype)
                value = value + (weight - 1) * each
            term = aggregate(0.5 * sum(s[k] for k in factors))
            return value + ops.cast(term, value.dtype), {**terms, self.name: term}

        return loss.then(weighted)


def output_losses(terms: Terms, outputs: list[str]) -> list[Tensor]:
    """Returns the loss of each of the named outputs.

    Raises:
        ValueError: If the model has other outputs, which it does not name.
    """
    if len(outputs) == 1:
        return [terms[DATA_LOSS]]
    names = [output_term(name) for name in outputs]
    several = [name for name in terms if name.startswith(output_term(""))]
    if set(names) != set(several):
        raise ValueError(
            "`model` must name its outputs, as functional models do; received one with "
            f"{len(outputs)} outputs and the names {', '.join(outputs)}."
        )
    return [terms[name] for name in names]


def noise_factors(loss: Any, outputs: list[str]) -> dict[int, float]:
    """Returns the factors of the outputs that have a loss, by their numbers.

    It is 1 where the loss is a cross-entropy, ½ for every other.
    """
    losses = losses_of(loss, outputs)
    return {k: 0.5 if from_logits(each) is None else 1.0 for k, each in losses.items()}
