"""DropConnect: dropping weights instead of activations."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import axes, validation
from keras_regzoo.backend import normal
from keras_regzoo.layers.masks import scaled_mask
from keras_regzoo.layers.substitution import CONVOLUTIONS, call_with, stored_kernel
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config

_LAYERS = (keras.layers.Dense, keras.layers.EinsumDense, *CONVOLUTIONS)
INFERENCE = ("mean", "moments")


@register
class DropConnect(keras.layers.Wrapper):
    """Drops weights of the wrapped layer at random while training.

        y = a((M ∘ W) x / (1 − p) + b),   M_ij ~ Bernoulli(1 − p)

    The kernel is masked, the bias is not (the paper drops it too). Kept weights are scaled up, so
    that the mean of the pre-activation is that of the whole layer. At inference the layer is the
    wrapped one (`inference="mean"`), or, for `Dense`, the paper's average of the activation over
    Gaussians with the moments of the pre-activation (`inference="moments"`):

        u ~ N(W x + b, p / (1 − p) (W ∘ W)(x ∘ x)),   y ≈ mean of a(u) over `samples` draws

    It is *not* stochastic depth, which drops whole layers and is called drop-connect in some
    vision libraries, nor dropout, which drops all the weights that leave one unit together.

    Args:
        layer: A `Dense`, `EinsumDense` or (transposed) `Conv` layer.
        rate: p, the probability that a weight is dropped, in [0, 1). Default 0.5, the paper's. May
            be scheduled.
        per_example: Whether each example has a mask of its own, as in the paper; for `Dense` on
            inputs of rank 2. Takes memory for `batch · inputs · units` numbers. By default the
            batch shares one mask.
        inference: `"mean"` or `"moments"`.
        samples: Number of draws of `"moments"`.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input and output shapes are those of `layer`.

    Raises:
        ValueError: If an argument is out of its range, if `layer` is of another kind, or if
            `per_example` or `"moments"` is asked of anything but `Dense`.

    Example:

    >>> layer = keras_regzoo.layers.DropConnect(keras.layers.Dense(2), rate=0.5, seed=0)
    >>> layer(keras.ops.ones((4, 3)), training=True).shape[1]
    2

    Reference: Wan, Zeiler, Zhang, LeCun & Fergus (2013), Regularization of Neural Networks using
    DropConnect, eq. 4, 7 and algorithm 2.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        rate: float = 0.5,
        per_example: bool = False,
        inference: str = "mean",
        samples: int = 32,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        validation.instance("layer", layer, _LAYERS)
        super().__init__(layer, **kwargs)
        self.rate = add_strength(self, "rate", rate, "[0, 1)")
        self.per_example = validation.one_of("per_example", per_example, (False, True))
        self.inference = validation.one_of("inference", inference, INFERENCE)
        self.samples = validation.integer("samples", samples, "[1, inf)")
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True
        asked = "inference='moments'" if inference == "moments" else ""
        if per_example:
            asked = "per_example=True"
        if asked and not isinstance(layer, keras.layers.Dense):
            raise ValueError(
                f"`layer` must be a Dense layer with {asked}; received {type(layer).__name__}."
            )

    def build(self, input_shape: Any) -> None:
        if self.per_example and len(input_shape) != 2:
            raise ValueError(
                "`per_example=True` needs inputs of shape (batch, features); "
                f"received shape {tuple(input_shape)}."
            )
        super().build(input_shape)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if training and self.per_example:
            return self._mask_each_example(inputs)
        if training:
            return self._mask_kernel(inputs)
        return self.layer(inputs) if self.inference == "mean" else self._average(inputs)

    def _mask(self, shape: Any, dtype: Any) -> Any:
        return scaled_mask(shape, self.rate, self.seed_generator, dtype)

    def _mask_kernel(self, inputs: Any) -> Any:
        stored = stored_kernel(self.layer)
        kernel = ops.convert_to_tensor(stored.value)
        masked = kernel * self._mask(ops.shape(kernel), kernel.dtype)
        return call_with(self.layer, [(stored, masked)], inputs)

    def _mask_each_example(self, inputs: Any) -> Any:
        layer = self.layer
        kernel = ops.cast(layer.kernel, inputs.dtype)
        mask = self._mask((ops.shape(inputs)[0], *kernel.shape), inputs.dtype)
        outputs = ops.einsum("bi,bij->bj", inputs, mask * kernel)
        if layer.use_bias:
            outputs = outputs + ops.cast(layer.bias, outputs.dtype)
        return self._regularize(layer.activation(outputs))

    def _average(self, inputs: Any) -> Any:
        kernel = ops.cast(self.layer.kernel, inputs.dtype)
        spread = ops.cast(self.rate / (1.0 - self.rate), inputs.dtype)
        mean = self.layer.bias + inputs @ kernel if self.layer.use_bias else inputs @ kernel
        stddev = axes.root(spread * (ops.square(inputs) @ ops.square(kernel)))
        noise = ops.cast(normal((self.samples, *ops.shape(mean)), self.seed_generator), mean.dtype)
        return self._regularize(ops.mean(self.layer.activation(mean + stddev * noise), axis=0))

    def _regularize(self, outputs: Any) -> Any:
        """Adds the activity loss that calling the layer itself would have added."""
        if self.layer.activity_regularizer is not None:
            examples = ops.cast(ops.shape(outputs)[0], outputs.dtype)
            self.add_loss(self.layer.activity_regularizer(outputs) / examples)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        names = ("per_example", "inference", "samples", "seed")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **strength_config(self), **own}
