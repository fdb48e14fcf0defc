"""Stochastic depth: dropping whole residual branches."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.masks import keep_mask, scaled_mask
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config

RESCALE = ("training", "inference")


@register
class StochasticDepth(keras.layers.Layer):
    """Drops a whole residual branch at random while training.

        h = x + y,   y = b f(x) / (1 − p) in training, y = f(x) at inference,   b ~ Bernoulli(1 − p)

    Put it at the end of the branch f, before the addition: `add([x, StochasticDepth(0.2)(f(x))])`.
    As written above, the branch that is kept is scaled up in training (`rescale="training"`), as
    dropout is in Keras. The paper scales at inference instead (`rescale="inference"`):

        y = b f(x) in training,   y = (1 − p) f(x) at inference

    Both have the same mean; trained weights do not carry over from one to the other. The branch is
    computed whether it is dropped or not, since compiled steps are static: it saves no time.

    It is *not* DropConnect, although some vision libraries call it drop-connect, nor drop-path of
    FractalNet, which drops among parallel paths.

    Args:
        rate: p, the probability that the branch is dropped, in [0, 1). For block l of L the paper
            takes p = 0.5 l / L. May be scheduled.
        per_example: Whether each example draws for itself, which has less variance. `False` is the
            paper's one draw a batch (under a `tf.distribute` strategy, one a replica).
        rescale: `"training"` or `"inference"`: when the branch is multiplied.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: any, batch first; output shape: the same.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> x = keras.Input((8,))
    >>> branch = keras.layers.Dense(8, "relu")(x)
    >>> outputs = keras.layers.add([x, keras_regzoo.layers.StochasticDepth(0.2)(branch)])

    Reference: Huang, Sun, Liu, Sedra & Weinberger (2016), Deep Networks with Stochastic Depth,
    sec. 3, eq. 2 (training), 4 (rates) and 5 (inference).
    """

    def __init__(
        self,
        rate: float,
        per_example: bool = True,
        rescale: str = "training",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate = add_strength(self, "rate", rate, "[0, 1)")
        self.per_example = validation.one_of("per_example", per_example, (False, True))
        self.rescale = validation.one_of("rescale", rescale, RESCALE)
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if training:
            mask = scaled_mask if self.rescale == "training" else keep_mask
            rows = ops.shape(inputs)[0] if self.per_example else 1
            shape = (rows, *(1 for _ in inputs.shape[1:]))
            return inputs * mask(shape, self.rate, self.seed_generator, inputs.dtype)
        if self.rescale == "inference":
            return inputs * ops.cast(1.0 - self.rate, inputs.dtype)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        names = ("per_example", "rescale", "seed")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **strength_config(self), **own}
