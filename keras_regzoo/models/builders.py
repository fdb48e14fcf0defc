"""Builders of encoders and decoders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers

from keras_regzoo import validation


def dense_autoencoder(
    input_shape: Sequence[int],
    hidden: Sequence[int] = (500, 300, 150),
    latent: int = 64,
    activation: str = "relu",
    code_activation: str | None = None,
    output_activation: str | None = None,
) -> tuple[keras.Model, keras.Model]:
    """Returns a dense encoder and the decoder that mirrors it.

    Args:
        input_shape: Shape of one example; it is flattened, and the output shaped back.
        hidden: Units of the encoder's hidden layers, from the input on; may be empty.
        latent: Units of the code.
        activation: Activation of the hidden layers.
        code_activation: Activation of the code; `None` is linear.
        output_activation: Activation of the reconstruction; `"sigmoid"` for data in [0, 1].

    Returns:
        `(encoder, decoder)`, to be given to any autoencoder.

    Raises:
        ValueError: If a width is not a positive integer.

    Example:

    >>> encoder, decoder = keras_regzoo.models.dense_autoencoder((9, 9, 1), hidden=(64,), latent=8)
    >>> encoder.output_shape, decoder.output_shape
    ((None, 8), (None, 9, 9, 1))
    """
    shape = _checked_shape(input_shape)
    widths = _checked_widths("hidden", hidden)
    validation.integer("latent", latent, "[1, inf)")
    encoder = keras.Sequential(
        [
            keras.Input(shape),
            *([layers.Flatten()] if len(shape) > 1 else []),
            *(layers.Dense(width, activation) for width in widths),
            layers.Dense(latent, code_activation, name="code"),
        ],
        name="encoder",
    )
    decoder = keras.Sequential(
        [
            keras.Input((latent,)),
            *(layers.Dense(width, activation) for width in reversed(widths)),
            layers.Dense(math.prod(shape), output_activation, name="reconstruction"),
            *([layers.Reshape(shape)] if len(shape) > 1 else []),
        ],
        name="decoder",
    )
    return encoder, decoder


def conv_autoencoder(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 64),
    latent: int = 64,
    kernel_size: int = 3,
    activation: str = "relu",
    code_activation: str | None = None,
    output_activation: str | None = None,
) -> tuple[keras.Model, keras.Model]:
    """Returns a convolutional encoder that halves an image per layer, and the decoder back.

    Args:
        input_shape: Shape of one image, (height, width, channels).
        filters: Filters of the encoder's layers, each of stride 2; at least one.
        latent: Units of the dense code.
        kernel_size: Side of the kernels.
        activation: Activation of the convolutions.
        code_activation: Activation of the code; `None` is linear.
        output_activation: Activation of the reconstruction; `"sigmoid"` for images in [0, 1].

    Returns:
        `(encoder, decoder)`, to be given to any autoencoder. Sides need not be even: what a
        decoder layer makes too much is cropped.

    Raises:
        ValueError: If the shape is not that of an image, or a number is not a positive integer.

    Example:

    >>> encoder, decoder = keras_regzoo.models.conv_autoencoder((9, 9, 1), filters=(4, 8), latent=3)
    >>> encoder.output_shape, decoder.output_shape
    ((None, 3), (None, 9, 9, 1))
    """
    shape = _checked_shape(input_shape)
    if len(shape) != 3:
        raise ValueError(
            f"`input_shape` must be (height, width, channels); received input_shape={input_shape}."
        )
    widths = _checked_widths("filters", filters)
    if not widths:
        raise ValueError("`filters` must hold at least one number of filters; received none.")
    validation.integer("latent", latent, "[1, inf)")
    validation.integer("kernel_size", kernel_size, "[1, inf)")
    sides: list[tuple[int, ...]] = [shape[:2]]
    for _ in widths:
        sides.append(tuple(math.ceil(side / 2) for side in sides[-1]))
    encoder = keras.Sequential(
        [
            keras.Input(shape),
            *(layers.Conv2D(w, kernel_size, 2, "same", activation=activation) for w in widths),
            layers.Flatten(),
            layers.Dense(latent, code_activation, name="code"),
        ],
        name="encoder",
    )
    deepest = (*sides[-1], widths[-1])
    decoder = keras.Sequential(
        [
            keras.Input((latent,)),
            layers.Dense(math.prod(deepest), activation),
            layers.Reshape(deepest),
        ],
        name="decoder",
    )
    depths = [shape[2], *widths[:-1]]
    for depth, small, large in reversed(list(zip(depths, sides[1:], sides[:-1], strict=True))):
        last = large is sides[0]
        decoder.add(
            layers.Conv2DTranspose(
                depth,
                kernel_size,
                2,
                "same",
                activation=output_activation if last else activation,
                name="reconstruction" if last else None,
            )
        )
        excess = [2 * s - length for s, length in zip(small, large, strict=True)]
        if any(excess):
            decoder.add(layers.Cropping2D([(0, each) for each in excess]))
    return encoder, decoder


def _checked_widths(name: str, widths: Sequence[int]) -> list[int]:
    if not isinstance(widths, list | tuple):
        raise ValueError(f"`{name}` must be a list of integers; received {name}={widths!r}.")
    return [validation.integer(name, width, "[1, inf)") for width in widths]


def _checked_shape(input_shape: Sequence[int]) -> tuple[int, ...]:
    if not isinstance(input_shape, list | tuple) or not input_shape:
        raise ValueError(
            f"`input_shape` must be the shape of one example; received {input_shape!r}."
        )
    return tuple(validation.integer("input_shape", each, "[1, inf)") for each in input_shape)
