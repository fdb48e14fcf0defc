"""The confidence penalty."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.axes import precise
from keras_regzoo.registration import register


@register
class Entropy(keras.regularizers.Regularizer):
    """Rewards the entropy of predicted classes, so that a classifier is not overconfident.

        Ω(p) = −λ Σₙ H(pₙ) = λ Σₙ Σ_k pₙₖ log pₙₖ   (nats)

    Give it to the output layer as `activity_regularizer`. The sum runs over all examples (and
    positions): Keras divides it by the batch size, so that the loss gains `−λ` times the mean
    entropy. It is negative, and least for uniform predictions.

    It is *not* label smoothing, which adds the cross-entropy from the uniform distribution, the
    Kullback-Leibler divergence in the other direction.

    Args:
        strength: λ, at least 0. Default 0.1.
        from_logits: Whether the outputs are logits. Default `False`: probabilities, as after a
            softmax.

    Called with outputs of shape (batch, ..., classes), at least two classes; returns a scalar.

    Raises:
        ValueError: If `strength` is negative or not a number, `from_logits` is no boolean, or, when
            called, there are fewer than two classes.

    Example:

    >>> penalty = keras_regzoo.regularizers.Entropy(1.0)
    >>> round(float(penalty(keras.ops.array([[0.5, 0.5], [1.0, 0.0]]))), 4)
    -0.6931

    Reference: Pereyra, Tucker, Chorowski, Kaiser & Hinton (2017), Regularizing Neural Networks by
    Penalizing Confident Output Distributions, sec. 3.
    """

    def __init__(self, strength: float = 0.1, from_logits: bool = False) -> None:
        self.strength = validation.number("strength", strength, "[0, inf)")
        self.from_logits = validation.one_of("from_logits", from_logits, (False, True))

    def __call__(self, x: Any) -> Any:
        if len(x.shape) == 0 or x.shape[-1] == 1:
            raise ValueError(
                "`Entropy` must be given at least two classes along the last axis; "
                f"received shape {tuple(x.shape)}."
            )
        wide = precise(x)  # half precision has no logarithm of small probabilities
        if self.from_logits:
            log_p = ops.log_softmax(wide, axis=-1)
            p = ops.exp(log_p)
        else:
            log_p, p = ops.log(ops.maximum(wide, keras.config.epsilon())), wide
        return ops.cast(self.strength * ops.sum(p * log_p), x.dtype)

    def get_config(self) -> dict[str, Any]:
        return {"strength": self.strength, "from_logits": self.from_logits}
