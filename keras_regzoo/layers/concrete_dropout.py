"""Dropout whose rate is learned."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import sum_of_squares, uniform
from keras_regzoo.layers.substitution import CONVOLUTIONS
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config

_LAYERS = (keras.layers.Dense, *CONVOLUTIONS)
_TINY = 1e-7  # keeps the logarithm of a uniform draw finite
INFERENCE = ("mean", "samples")


@register
class ConcreteDropout(keras.layers.Wrapper):
    """Dropout on the inputs of the wrapped layer, at a rate that is learned.

        y = f(x ⊙ (1 − z) / (1 − p)),   z = sigmoid((logit p + logit u) / t),   u ~ Uniform(0, 1)
        loss += λ ‖W‖² / (1 − p) − η K H(p),   H(p) = −p log p − (1 − p) log(1 − p) in nats

    z is a smooth stand-in for a Bernoulli(p) draw, through which the gradient reaches p. The added
    terms are those of a Gaussian prior on the kernel W with K input features (biases are left
    out): the first alone would send p to 0, the second alone to ½. They are added at each call, in
    training and at inference, as weight regularizers are. `layer.rate` is the current p.

    For a convolution whole channels are dropped. It is *not* variational dropout with Gaussian
    noise, nor does it drop outputs: wrap each layer whose inputs are to be dropped.

    Args:
        layer: A `Dense` or (transposed) `Conv` layer.
        rate: p at the start, in (0, 1). Default 0.1, the authors'.
        weight_strength: λ, at least 0. In the authors' code l² / (τ N) beside a mean squared error,
            for a prior of length scale l, observations of precision τ, and N training examples,
            and l² / (2 N) beside a cross-entropy. May be scheduled.
        dropout_strength: η, at least 0. There 2 / (τ N) beside a mean squared error, 1 / N
            beside a cross-entropy. May be scheduled.
        temperature: t, above 0. Default 0.1, the authors'; the smaller, the nearer z is to 0 and 1.
        inference: `"mean"` for the wrapped layer itself, or `"samples"` to go on dropping, as the
            paper predicts (see `MonteCarloDropout`).
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input and output shapes are those of `layer`.

    Raises:
        ValueError: If an argument is out of its range, or `layer` is of another kind.

    Example:

    >>> layer = keras_regzoo.layers.ConcreteDropout(keras.layers.Dense(2), rate=0.2, seed=0)
    >>> layer(keras.ops.ones((4, 3)), training=True).shape[1]
    2
    >>> print(np.round(keras.ops.convert_to_numpy(layer.rate), 4))
    0.2

    Reference: Gal, Hron & Kendall (2017), Concrete Dropout, sec. 3; the default strengths are those
    of the authors' code.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        rate: float = 0.1,
        weight_strength: float = 1e-6,
        dropout_strength: float = 1e-5,
        temperature: float = 0.1,
        inference: str = "mean",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        validation.instance("layer", layer, _LAYERS)
        super().__init__(layer, **kwargs)
        self.initial_rate = validation.number("rate", rate, "(0, 1)")
        self.weight_strength = add_strength(self, "weight_strength", weight_strength, "[0, inf)")
        self.dropout_strength = add_strength(self, "dropout_strength", dropout_strength, "[0, inf)")
        self.temperature = validation.number("temperature", temperature, "(0, inf)")
        self.inference = validation.one_of("inference", inference, INFERENCE)
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True
        self.logit = self.add_weight(
            name="logit",
            shape=(),
            dtype="float32",
            initializer=keras.initializers.Constant(math.log(rate) - math.log1p(-rate)),
            autocast=False,
        )

    @property
    def rate(self) -> Any:
        """The current probability of dropping, a scalar tensor."""
        return ops.sigmoid(self.logit)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        shape, channel = self._mask_shape(ops.shape(inputs))
        features = inputs.shape[channel]
        self.add_loss(
            self.weight_strength * weight_term(self.layer.kernel, self.logit)
            - self.dropout_strength * features * entropy(self.logit)
        )
        if training or self.inference == "samples":
            draw = uniform(shape, self.seed_generator)
            kept = 1.0 - relaxed(draw, self.logit, self.temperature)
            inputs = inputs * ops.cast(kept / ops.sigmoid(-self.logit), inputs.dtype)
        return self.layer(inputs)

    def _mask_shape(self, shape: Any) -> tuple[Any, int]:
        """Returns the shape of the mask, and the axis of the input features."""
        if isinstance(self.layer, keras.layers.Dense):
            return shape, -1
        channel = 1 if self.layer.data_format == "channels_first" else len(shape) - 1
        return tuple(n if axis in (0, channel) else 1 for axis, n in enumerate(shape)), channel

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        names = ("temperature", "inference", "seed")
        own = {name: getattr(self, name) for name in names}
        return {
            **super().get_config(),
            "rate": self.initial_rate,
            **strength_config(self),
            **own,
        }


def relaxed(draw: Any, logit: Any, temperature: float) -> Any:
    """Returns the concrete relaxation z of a Bernoulli draw, of a uniform `draw`."""
    noise = ops.log(draw + _TINY) - ops.log(1.0 - draw + _TINY)
    return ops.sigmoid((logit + noise) / temperature)


def entropy(logit: Any) -> Any:
    """Returns the entropy of a Bernoulli variable with probability `sigmoid(logit)`, in nats."""
    p = ops.sigmoid(logit)
    return -p * ops.log_sigmoid(logit) - (1.0 - p) * ops.log_sigmoid(-logit)


def weight_term(kernel: Any, logit: Any) -> Any:
    """Returns `‖W‖² / (1 − p)`."""
    kernel = ops.cast(ops.convert_to_tensor(kernel), "float32")
    return sum_of_squares(kernel) / ops.sigmoid(-logit)
