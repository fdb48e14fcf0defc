"""R-Drop: dropout regularized by the agreement of two of its sub-networks."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_regzoo import validation
from keras_regzoo.masking import kept_mean, mask_of
from keras_regzoo.objectives.data_loss import require_cross_entropy
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms, aggregate
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class RDrop(Objective):
    """Trains two passes with different dropout masks, and pulls their predictions together.

        L' = ½ (L₁ + L₂) + α · ½ mean_i [KL(p₁ᵢ ‖ p₂ᵢ) + KL(p₂ᵢ ‖ p₁ᵢ)]

    with the divergences in nats. The paper adds the two losses where this takes their mean, so its
    α is twice this one. Active in training alone; costs a second forward and backward pass. In a
    network that draws nothing at random it changes nothing. The mean is over what a Keras mask of
    the outputs keeps.

    Args:
        strength: α, at least 0. May be scheduled. Default 0.5, the paper's 1; it used 5 for
            translation, and 0.1 to 1 elsewhere.
        from_logits: Whether outputs are logits; `None` for what the compiled loss says.
        name: Name in logs and paths. Logs the added divergence.

    Takes any inputs; the model's one output has shape `(batch, ..., K)`.

    Raises:
        ValueError: If `strength` is negative or `from_logits` no boolean; at `compile`, if the
            loss is no cross-entropy and `from_logits` is `None`.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(3, "softmax")]
    ... )
    >>> wrapped = keras_regzoo.RegularizedModel(model, [keras_regzoo.objectives.RDrop(0.5)])
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> history = wrapped.fit(np.ones((8, 4)), np.arange(8) % 3, verbose=0)

    Reference: Liang, Wu, Li, Wang, Meng, Qin, Chen, Zhang & Liu (2021), R-Drop: Regularized
    Dropout for Neural Networks, sec. 2, algorithm 1.
    """

    retakes = True

    def __init__(
        self, strength: float = 0.5, from_logits: bool | None = None, name: str | None = None
    ) -> None:
        super().__init__(name, strength=(strength, "[0, inf)"))
        self.from_logits = validation.one_of("from_logits", from_logits, (None, True, False))

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        if self.from_logits is None:
            require_cross_entropy(loss, "RDrop")

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def agreeing(point: Point) -> tuple[Tensor, Terms]:
            first, terms = loss.evaluate(point)
            with loss.step.redrawn(1):
                second, _ = loss.evaluate(point)
            log_p, log_q = (
                loss.log_probabilities(outputs, self.from_logits)
                for outputs in (
                    loss.outputs(point.weights, point.x),
                    loss.outputs(point.weights, point.x, draw=1),
                )
            )
            mask = mask_of(loss.outputs(point.weights, point.x))
            term = aggregate(self.strength * symmetric_divergence(log_p, log_q, mask))
            value = 0.5 * (first + second) + ops.cast(term, first.dtype)
            return value, {**terms, self.name: term}

        return loss.then(agreeing)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


def symmetric_divergence(log_p: Tensor, log_q: Tensor, mask: Any = None) -> Tensor:
    """Returns the mean over examples of `½ [KL(p ‖ q) + KL(q ‖ p)]`, from logarithms, in nats."""
    difference = (ops.exp(log_p) - ops.exp(log_q)) * (log_p - log_q)
    return 0.5 * kept_mean(ops.sum(difference, axis=-1), mask)
