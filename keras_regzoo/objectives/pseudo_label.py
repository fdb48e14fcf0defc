"""Pseudo-label: the model's own decisions as labels."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_regzoo import validation
from keras_regzoo.masking import along, kept_mean, mask_of
from keras_regzoo.objectives.data_loss import require_cross_entropy
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Objective, Penalty
from keras_regzoo.registration import register


@register
class PseudoLabel(Penalty):
    """Trains unlabelled examples on the class that the model finds most probable for them.

        L'(w) = L(w) − α/B Σ_{i unlabelled, max_k p_ik ≥ τ} log p_{i c(i)},   c(i) = argmax_k p_ik

    p_ik is the predicted probability of class k. The classes c(i) are chosen anew in each step, by
    the pass that is trained, and count as constants. In nats. B is the size of the batch, as in
    the supervised loss: with α = 1 an unlabelled example weighs as much as a labelled one. The
    paper divides by the number of unlabelled examples instead, and the supervised loss by that of
    the labelled ones. Positions that a Keras mask of the outputs leaves out have no pseudo-label
    and do not count, as in the loss.

    An integer label of -1, or a one-hot row of zeros, marks an unlabelled example: it enters
    neither the supervised loss nor the metrics. A sample weight of 0 does not. Under `Mixup` a pair
    is unlabelled where its dominant example is. Active in training alone; costs no pass.

    It is *not* entropy minimization, whose gradient vanishes where the model is undecided, nor
    self-training in rounds.

    Args:
        strength: α, at least 0 (where it adds nothing). May be scheduled, and should rise from 0
            once the model is better than chance: the paper's grows from step 100 to 600. Default 1.
        threshold: τ, the probability from which a decision is trained on, in [0, 1]. May be
            scheduled. Default 0, the paper's: all of them.
        from_logits: Whether outputs are logits; `None` for what the compiled loss says.
        name: Name in logs and paths. Logs the added term.

    Takes any inputs, of any shapes, batch first; the output is of shape `(batch, ..., classes)`,
    or `(batch, ..., 1)` for two classes.

    Raises:
        ValueError: If an argument is out of its range; at `compile`, if `from_logits` is `None` and
            the loss is no cross-entropy; at the first step, if there are several outputs or
            targets.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     model, [keras_regzoo.objectives.PseudoLabel(0.5, threshold=0.9)]
    ... )
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> labels = np.array([0, 1, 2, -1, -1, -1, -1, -1])
    >>> history = wrapped.fit(np.ones((8, 4)), labels, verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'loss', 'pseudo_label']

    Reference: Lee (2013), Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method
    for Deep Neural Networks, sec. 2.4.
    """

    takes_unlabelled = True

    def __init__(
        self,
        strength: float = 1.0,
        threshold: float = 0.0,
        from_logits: bool | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name, threshold=(threshold, "[0, 1]"))
        self.from_logits = validation.one_of("from_logits", from_logits, (None, False, True))

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        if self.from_logits is None:
            require_cross_entropy(loss, "PseudoLabel")

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        outputs = loss.outputs(point.weights, point.x)
        log_p = loss.log_probabilities(outputs, self.from_logits)
        each = own_cross_entropy(log_p, self.threshold)
        known = along(loss.step.labelled, len(each.shape))
        return kept_mean(ops.where(known, 0.0, each), mask_of(outputs))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


def own_cross_entropy(log_p: Tensor, threshold: Tensor | float) -> Tensor:
    """Returns `−log p` of the most probable class, or 0 where its p is below the threshold.

    Args:
        log_p: Log-probabilities, of shape `(..., K)`.
        threshold: τ.

    Returns:
        Tensor of shape `(...)`, in nats.
    """
    classes = ops.one_hot(ops.argmax(log_p, axis=-1), log_p.shape[-1], dtype=log_p.dtype)
    chosen = ops.sum(classes * log_p, axis=-1)
    confident = ops.exp(ops.stop_gradient(chosen)) >= ops.cast(threshold, log_p.dtype)
    return ops.where(confident, -chosen, 0.0)
