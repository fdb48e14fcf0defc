"""The code of a variational autoencoder: a sample from a diagonal Gaussian."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import normal
from keras_regzoo.masking import zeroed
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config


@register
class GaussianSampling(keras.layers.Layer):
    """Samples a code from N(μ, σ²), differentiably, and adds its divergence from N(0, 1).

        z = μ + σ ε,   ε ~ N(0, 1),   σ² = exp(log_variance)
        Ω = β Σ_j KL_j,   KL_j = mean over the batch of ½ (μ_j² + σ_j² − 1 − log σ_j²), in nats

    The sum is over latents. With free bits λ, each latent's `max(λ, KL_j)` is summed in
    training: below λ nothing is gained by making a latent carry less (under a `tf.distribute`
    strategy in each replica's share of the batch). At inference the code is μ;
    the divergence, then without λ, is added to the loss in evaluation as well, as half of the
    negative evidence lower bound.

    The other half is a reconstruction error that is a *sum* over an example's elements, the
    negative log-likelihood: beside a mean over pixels β is in effect larger by their number.

    Args:
        beta: β, at least 0. Default 1, the evidence lower bound. May be scheduled (warm-up).
        free_bits: λ, in nats for each latent, at least 0. Default 0. May be scheduled.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: a list `[mean, log_variance]` of two tensors (batch, ..., latents), or one tensor
    (batch, ..., 2 · latents) with the means first. Output shape: (batch, ..., latents). Of a
    sequence, the divergence is summed over the positions that a Keras mask keeps.

    Raises:
        ValueError: If `beta` or `free_bits` is negative or not a number; when called, if the two
            inputs differ in shape, or the last axis of one cannot be halved.

    Example:

    >>> layer = keras_regzoo.layers.GaussianSampling(seed=0)
    >>> mean, log_variance = keras.ops.full((4, 2), 3.0), keras.ops.zeros((4, 2))
    >>> code = layer([mean, log_variance], training=True)
    >>> float(layer.losses[0])  # 2 latents of ½ 3²
    9.0

    Reference: Kingma & Welling (2014), Auto-Encoding Variational Bayes, sec. 2.4 and appendix B;
    free bits: Kingma, Salimans, Jozefowicz, Chen, Sutskever & Welling (2016), Improved Variational
    Inference with Inverse Autoregressive Flow.
    """

    def __init__(
        self, beta: float = 1.0, free_bits: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.beta = add_strength(self, "beta", beta, "[0, inf)")
        self.free_bits = add_strength(self, "free_bits", free_bits, "[0, inf)")
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        mean, log_variance = halves(inputs)
        wide = ops.cast(mean, "float32"), ops.cast(log_variance, "float32")
        each = zeroed(gaussian_divergence(*wide), self.compute_mask(inputs, mask))
        divergence = ops.mean(each, axis=0)
        if training:
            divergence = ops.maximum(self.free_bits, divergence)
        self.add_loss(self.beta * ops.sum(divergence))
        if not training:
            return mean
        noise = normal(ops.shape(mean), self.seed_generator)
        return ops.cast(wide[0] + ops.exp(0.5 * wide[1]) * noise, mean.dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Returns the one mask of a pair, that of its means."""
        return (
            previous_mask[0]
            if isinstance(inputs, list | tuple) and previous_mask
            else previous_mask
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        if isinstance(input_shape[0], list | tuple):
            _check_pair(*input_shape)
            return tuple(input_shape[0])
        return (*input_shape[:-1], half(input_shape))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **strength_config(self), "seed": self.seed}


def gaussian_divergence(mean: Any, log_variance: Any) -> Any:
    """Returns `KL(N(mean, exp(log_variance)) ‖ N(0, 1))` of each element, in nats."""
    return 0.5 * (ops.square(mean) + ops.expm1(log_variance) - log_variance)


def halves(inputs: Any) -> tuple[Any, Any]:
    """Returns the means and the log-variances that a pair, or one tensor, holds."""
    if isinstance(inputs, list | tuple):
        _check_pair(*(each.shape for each in inputs))
        return inputs[0], inputs[1]
    middle = half(inputs.shape)
    return inputs[..., :middle], inputs[..., middle:]


@validation.plain_sentences()
def _check_pair(*shapes: Any) -> None:
    if len(shapes) != 2 or tuple(shapes[0]) != tuple(shapes[1]):
        listed = ", ".join(str(tuple(shape)) for shape in shapes)
        raise ValueError(
            "`inputs` must be a mean and a log-variance of one shape, or one tensor; "
            f"received shapes {listed}."
        )


@validation.plain_sentences()
def half(shape: Any) -> int:
    """Returns the number of latents of one tensor with means and log-variances side by side."""
    if len(shape) < 2 or shape[-1] % 2:
        raise ValueError(
            "`inputs` must hold as many log-variances as means on the last axis; "
            f"received shape {tuple(shape)}."
        )
    return shape[-1] // 2
