"""The Kullback-Leibler sparsity penalty of sparse autoencoders."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo.masking import kept_mean
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config

_NEAREST = 1e-7  # how near to 0 and 1 a mean activation may come


@register
class KLSparsity(keras.layers.Layer):
    """Penalizes units whose mean activation over the batch is not the target, and passes them on.

        Ω = β Σ_j KL(ρ ‖ ρ̂_j),   ρ̂_j = 1/B Σ_b h_bj
        KL(ρ ‖ ρ̂) = ρ log(ρ / ρ̂) + (1 − ρ) log((1 − ρ) / (1 − ρ̂)), in nats

    The penalty is added to the model's loss once, a sum over units that the batch size does not
    divide. Active in training alone; validation reports the loss without it.

    It is *not* an `activity_regularizer`, whose value Keras divides by the batch size, nor a
    penalty on each activation: a unit may be fully on for one example in 1/ρ.

    Args:
        target: ρ, the mean activation wanted, in (0, 1). Default 0.05. May be scheduled.
        strength: β, at least 0. Default 3, as in the lecture's exercise. May be scheduled.
        **kwargs: `name`, `dtype`.

    Input shape: (batch, ..., units), activations in [0, 1], such as a sigmoid's; the mean is over
    all axes but the last, of what a Keras mask keeps, under a `tf.distribute` strategy of each
    replica's share. Output shape: the same. A mean activation outside (0, 1) counts as the nearest
    number inside and has no gradient.

    Raises:
        ValueError: If `target` is not a number in (0, 1), or `strength` is negative or no number.

    Example:

    >>> layer = keras_regzoo.layers.KLSparsity(target=0.1, strength=1.0)
    >>> code = layer(keras.ops.full((4, 2), 0.5), training=True)
    >>> round(float(layer.losses[0]), 4)  # 2 (0.1 log 0.2 + 0.9 log 1.8)
    0.7361

    Reference: Ng (2011), Sparse autoencoder (CS294A lecture notes), sec. 3.
    """

    def __init__(self, target: float = 0.05, strength: float = 3.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = add_strength(self, "target", target, "(0, 1)")
        self.strength = add_strength(self, "strength", strength, "[0, inf)")
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if training:
            axes = list(range(len(inputs.shape) - 1))
            activation = kept_mean(ops.cast(inputs, "float32"), mask, axes)
            divergence = bernoulli_divergence(self.target, activation)
            self.add_loss(self.strength * ops.sum(divergence))
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **strength_config(self)}


def bernoulli_divergence(target: Any, mean: Any) -> Any:
    """Returns `KL(target ‖ mean)` of two Bernoulli distributions, in nats."""
    mean = ops.clip(mean, _NEAREST, 1.0 - _NEAREST)
    on = target * (ops.log(target) - ops.log(mean))
    return on + (1.0 - target) * (ops.log1p(-target) - ops.log1p(-mean))
