"""The k-sparse code: only the largest activations of an example are kept."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.largest import largest
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength


@register
class KSparse(keras.layers.Layer):
    """Keeps the k largest activations of each example and sets the others to zero.

        yᵢ = xᵢ if xᵢ is among the k largest of x, else 0

    The largest are meant with their signs, not in absolute value, and are kept as they are. There
    are exactly k of them: of equal ones the first. The gradient passes through those alone. Active
    in training and at inference, where the paper keeps more, α k.

    It is *not* a penalty: the number is exact for each example, while how often a unit is among
    the winners is left open. `WinnerTakeAll` does the converse.

    Args:
        k: How many activations are kept, at least 1. May be scheduled, downwards from this value
            (rounded): the paper begins with a large k, for units that never win are never trained.
        alpha: α, at least 1: at inference the α k largest (rounded) are kept, and all where there
            are no more. Default 1; the paper found somewhat more than 1 better for
            classification.
        **kwargs: `name`, `dtype`.

    Input shape: (batch, ..., units), where each vector of units has its own k winners; output
    shape: the same.

    Raises:
        ValueError: If `k` is not an integer of at least 1 or `alpha` not a number of at least 1;
            when built, if there are fewer than k units, or their number is unknown.

    Example:

    >>> layer = keras_regzoo.layers.KSparse(2)
    >>> print(keras.ops.convert_to_numpy(layer(keras.ops.array([[3.0, 1.0, 2.0, 0.5]]))))
    [[3. 0. 2. 0.]]

    Reference: Makhzani & Frey (2014), k-Sparse Autoencoders, sec. 2.
    """

    def __init__(self, k: int, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = validation.integer("k", k, "[1, inf)")
        self.k = add_strength(self, "k", k, f"[1, {k}]")
        self.alpha = validation.number("alpha", alpha, "[1, inf)")
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        if input_shape[-1] is None:
            raise ValueError(
                "`inputs` must have a known number of units along the last axis; "
                f"received shape {tuple(input_shape)}."
            )
        if input_shape[-1] < self.most:
            raise ValueError(
                f"`k` must be at most the number of units, {input_shape[-1]}; "
                f"received k={self.most}."
            )

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        factor = 1.0 if training else self.alpha
        at_most = int(min(inputs.shape[-1], round(factor * self.most)))
        count = ops.clip(ops.cast(ops.round(factor * self.k), "int32"), 1, at_most)
        return inputs * largest(inputs, count, at_most)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.most, "alpha": self.alpha}
