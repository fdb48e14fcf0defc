"""The denoising autoencoder."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.layers import MaskingNoise
from keras_regzoo.models.base_autoencoder import BaseAutoencoder, Models
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class DenoisingAutoencoder(BaseAutoencoder):
    """Learns to undo a corruption of its input.

        minimize over f, g:  mean L(x, g(f(x̃))),   x̃ ~ q(x̃ | x)

    The corruption acts in training alone; the target is the clean input. Validation and
    prediction start from what they are given.

    Args:
        encoder: Model f from inputs to codes, built or not.
        decoder: Model g from codes to reconstructions of the inputs' shape.
        corruption: A rate in [0, 1) of masking noise, or any layer that is active in training
            alone, such as `keras.layers.GaussianNoise(0.3)`. Default 0.25; Vincent used 0.1
            to 0.5.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        name: Name of the model.

    Trained by `fit(x)` or `fit(x, x)`, with batches of any input shape that the encoder takes;
    outputs have the shape of the inputs. The rate may be scheduled as `"masking_noise/rate"`.

    Raises:
        ValueError: If `corruption` is neither a rate in [0, 1) nor a layer, if the encoder or
            decoder is not a Keras model, or if their shapes do not meet.

    Example:

    >>> autoencoder = keras_regzoo.models.DenoisingAutoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=4), corruption=0.3
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)

    Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol (2010), Stacked Denoising
    Autoencoders, sec. 3.1 to 3.3.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        corruption: float | keras.layers.Layer = 0.25,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
    ) -> None:
        if isinstance(corruption, keras.layers.Layer):
            layer = corruption
        else:
            rate = validation.number("corruption", corruption, "[0, 1)")
            layer = MaskingNoise(rate, name="masking_noise")
        self._stage = [layer]
        super().__init__(encoder, decoder, objectives, name)
        self.corruption = layer

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [*self._stage, encoder, decoder]

    def get_config(self) -> dict[str, Any]:
        corruption = keras.saving.serialize_keras_object(self.corruption)
        return {"corruption": corruption, **super().get_config()}
