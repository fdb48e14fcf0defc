"""The variational information bottleneck: a code that says little about the input."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.layers.gaussian_sampling import GaussianSampling, gaussian_divergence
from keras_regzoo.objectives.encoder import Encoder
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.registration import register


@register
class VariationalBottleneck(Penalty):
    """Bounds, in nats, what a stochastic code may tell about the input.

        L' = L + β E_x KL(N(μ(x), σ²(x)) ‖ N(0, I)) ≥ L + β I(Z; X)

    The sum is over latents, the mean over the batch. The model must have the code: a layer, the
    `encoder`, gives the means and log-variances side by side, and a
    `layers.GaussianSampling(beta=0.0)` after it draws the code that the rest of the model sees.
    With the loss a cross-entropy in nats this is the information bottleneck: predict well from as
    few nats as possible. Active in training alone: `evaluate` reports the plain loss, of the mean
    code.

    It is the divergence that `GaussianSampling(beta)` adds by itself: as an objective it is logged,
    left out of validation, and composed with others. It is *not* an autoencoder's bottleneck,
    which only narrows the code; without noise on the code it bounds nothing.

    Args:
        encoder: A layer of the model or its name, whose outputs are the means and the
            log-variances. By default a layer called `"encoder"`.
        strength: β, at least 0 (where it changes nothing). May be scheduled. Default 1e-3, the
            paper's best on MNIST with 256 latents.
        name: Name in logs and paths. Logs the added term.

    Takes a single input of any shape, and an encoder's outputs of shape (batch, ..., 2 · latents);
    any targets. Costs no pass; where the model is subclassed, one more of the encoder.

    Raises:
        ValueError: If `strength` is negative, or `encoder` is neither a layer nor a name; if the
            model has no such layer, has a `GaussianSampling` whose own `beta` counts the same
            divergence again, or is fed several inputs; if the encoder's outputs cannot be halved.

    Example:

    >>> model = keras.Sequential(
    ...     [
    ...         keras.Input((4,)),
    ...         keras.layers.Dense(2 * 3, name="encoder"),
    ...         keras_regzoo.layers.GaussianSampling(beta=0.0, seed=0),
    ...         keras.layers.Dense(1),
    ...     ]
    ... )
    >>> bottleneck = keras_regzoo.objectives.VariationalBottleneck(strength=1e-2)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [bottleneck])
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'loss', 'variational_bottleneck']

    Reference: Alemi, Fischer, Dillon & Murphy (2017), Deep Variational Information Bottleneck,
    sec. 3; values, sec. 4.
    """

    def __init__(
        self,
        encoder: keras.layers.Layer | str | None = None,
        strength: float = 1e-3,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name)
        if encoder is not None and not isinstance(encoder, str):
            encoder = validation.instance("encoder", encoder, (str, keras.layers.Layer)).name
        self.encoder = encoder

    def attach(self, model: keras.Model) -> None:
        for layer in model._flatten_layers():
            if isinstance(layer, GaussianSampling) and layer.strengths["beta"].initial > 0:
                raise ValueError(
                    "`beta` of a GaussianSampling must be 0 beside a VariationalBottleneck, which "
                    f"would count its divergence twice; received {layer.name!r} with "
                    f"beta={layer.strengths['beta'].initial}."
                )
        self._found = Encoder(model, self.encoder)

    @property
    def taps(self) -> list[Any]:
        return self._found.taps

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        inputs = tree.flatten(point.x)
        if len(inputs) != 1:
            raise ValueError(
                "VariationalBottleneck needs a model with a single input; "
                f"this one is fed {len(inputs)} inputs."
            )
        return code_divergence(self._found.at(loss, point))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "encoder": self.encoder}


def code_divergence(outputs: Tensor) -> Tensor:
    """Returns the batch's mean divergence of codes given as means and log-variances, in nats.

    Raises:
        ValueError: If the last axis cannot be halved.
    """
    if len(outputs.shape) < 2 or outputs.shape[-1] % 2:
        raise ValueError(
            "`encoder` must give as many log-variances as means on its last axis; "
            f"received outputs of shape {tuple(outputs.shape)}."
        )
    mean, log_variance = ops.split(ops.cast(outputs, "float32"), 2, axis=-1)
    divergence = gaussian_divergence(mean, log_variance)
    return ops.sum(divergence) / ops.cast(ops.shape(divergence)[0], "float32")
