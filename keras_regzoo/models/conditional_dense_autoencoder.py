"""A builder of encoders and decoders that see a condition."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers

from keras_regzoo import validation
from keras_regzoo.models.builders import checked_shape, checked_widths


def conditional_dense_autoencoder(
    input_shape: Sequence[int],
    condition: int,
    hidden: Sequence[int] = (500, 300, 150),
    latent: int = 64,
    activation: str = "relu",
    output_activation: str | None = None,
) -> tuple[keras.Model, keras.Model]:
    """Returns a dense encoder and decoder of a `ConditionalVAE`, both of which see the condition.

    Args:
        input_shape: Shape of one example; it is flattened, and the output shaped back.
        condition: Length of a condition, such as the number of classes; it is put beside the input
            of both models.
        hidden: Units of the encoder's hidden layers, from the input on; may be empty.
        latent: Units of the code.
        activation: Activation of the hidden layers.
        output_activation: Activation of the decoder's outputs; `None` is linear, as logits are.

    Returns:
        `(encoder, decoder)`: a model from `[x, c]` to 2 · `latent` numbers, a mean and then a
        log-variance for each latent, and one from `[z, c]` to the shape of x.

    Raises:
        ValueError: If a width is not a positive integer.

    Example:

    >>> encoder, decoder = keras_regzoo.models.conditional_dense_autoencoder((9, 9, 1), 10)
    >>> encoder.output_shape, decoder.output_shape
    ((None, 128), (None, 9, 9, 1))
    """
    shape = checked_shape(input_shape)
    widths = checked_widths("hidden", hidden)
    condition = validation.integer("condition", condition, "[1, inf)")
    latent = validation.integer("latent", latent, "[1, inf)")

    x, given = keras.Input(shape), keras.Input((condition,))
    rows = layers.Concatenate()([layers.Flatten()(x), given])
    for width in widths:
        rows = layers.Dense(width, activation)(rows)
    encoder = keras.Model([x, given], layers.Dense(2 * latent, name="code")(rows), name="encoder")

    code, given = keras.Input((latent,)), keras.Input((condition,))
    rows = layers.Concatenate()([code, given])
    for width in reversed(widths):
        rows = layers.Dense(width, activation)(rows)
    rows = layers.Dense(math.prod(shape), output_activation, name="reconstruction")(rows)
    decoder = keras.Model([code, given], layers.Reshape(shape)(rows), name="decoder")
    return encoder, decoder
