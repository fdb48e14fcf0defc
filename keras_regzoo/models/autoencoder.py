"""The autoencoder."""

from __future__ import annotations

import keras

from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.models.chain import Models
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class Autoencoder(BaseAutoencoder):
    """Learns to copy its input through a code: undercomplete where the code is smaller.

        minimize over f, g:  mean L(x, g(f(x)))

    With a linear encoder and decoder, squared error and a small code it spans the principal
    subspace. An overcomplete one needs a penalty or a corruption, or learns the identity.

    Args:
        encoder: Model f from inputs to codes, built or not.
        decoder: Model g from codes to reconstructions of the inputs' shape.
        objectives: Objectives of `keras_regzoo.objectives`, as for `RegularizedModel`.
        name: Name of the model.

    Trained by `fit(x)`, `fit(x, x)` or `fit(corrupted, x)`, with batches of any input shape that
    the encoder takes; outputs have the shape of the inputs.

    Raises:
        ValueError: If the encoder or decoder is not a Keras model, or their shapes do not meet.

    Example:

    >>> autoencoder = keras_regzoo.models.Autoencoder(
    ...     *keras_regzoo.models.dense_autoencoder((8,), hidden=(6,), latent=2)
    ... )
    >>> autoencoder.compile("adam", "mse")
    >>> history = autoencoder.fit(np.ones((16, 8), "float32"), verbose=0)
    >>> autoencoder.encode(np.ones((3, 8), "float32")).shape
    (3, 2)

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 14.1, eq. 14.1; Aggarwal
    (2018), Neural Networks and Deep Learning, sec. 2.5.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        objectives: list[Objective] | tuple = (),
        name: str | None = None,
    ) -> None:
        super().__init__(encoder, decoder, objectives, name)

    def stages(self, encoder: keras.Model, decoder: keras.Model) -> Models:
        return [encoder, decoder]
