"""Builders of encoders and decoders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
from keras import layers

from keras_regzoo import validation
from keras_regzoo.layers import TiedConv2DTranspose, TiedDense

_LAST = "channels_last"


def dense_autoencoder(
    input_shape: Sequence[int],
    hidden: Sequence[int] = (500, 300, 150),
    latent: int = 64,
    activation: str = "relu",
    code_activation: str | None = None,
    output_activation: str | None = None,
    *,
    tied: bool = False,
    variational: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Returns a dense encoder and the decoder that mirrors it.

    Args:
        input_shape: Shape of one example; it is flattened, and the output shaped back.
        hidden: Units of the encoder's hidden layers, from the input on; may be empty.
        latent: Units of the code.
        activation: Activation of the hidden layers.
        code_activation: Activation of the code; `None` is linear.
        output_activation: Activation of the reconstruction; `"sigmoid"` for data in [0, 1].
        tied: Whether the decoder's layers are `layers.TiedDense` of the encoder's, with the
            same kernels and biases of their own, which halves the weights.
        variational: Whether the encoder ends in 2 · `latent` linear units, a mean and then a
            log-variance for each latent, while the decoder takes `latent`.

    Returns:
        `(encoder, decoder)`, to be given to any autoencoder.

    Raises:
        ValueError: If a width is not a positive integer, or `variational` comes with `tied` or a
            `code_activation`.

    Example:

    >>> encoder, decoder = keras_regzoo.models.dense_autoencoder((9, 9, 1), hidden=(64,), latent=8)
    >>> encoder.output_shape, decoder.output_shape
    ((None, 8), (None, 9, 9, 1))
    """
    shape = checked_shape(input_shape)
    widths = checked_widths("hidden", hidden)
    latent, units = _checked_code(latent, code_activation, tied, variational)
    encoder = keras.Sequential(
        [
            keras.Input(shape),
            *([layers.Flatten()] if len(shape) > 1 else []),
            *(layers.Dense(width, activation) for width in widths),
            layers.Dense(units, code_activation, name="code"),
        ],
        name="encoder",
    )
    mirrored = [layer for layer in encoder.layers if isinstance(layer, layers.Dense)][::-1]
    decoder = keras.Sequential([keras.Input((latent,))], name="decoder")
    for layer, width in zip(mirrored, [*reversed(widths), math.prod(shape)], strict=True):
        last = layer is mirrored[-1]
        chosen = output_activation if last else activation
        name = "reconstruction" if last else None
        if tied:
            decoder.add(TiedDense(layer, chosen, name=name))
        else:
            decoder.add(layers.Dense(width, chosen, name=name))
    if len(shape) > 1:
        decoder.add(layers.Reshape(shape))
    return encoder, decoder


def conv_autoencoder(
    input_shape: Sequence[int],
    filters: Sequence[int] = (32, 64),
    latent: int = 64,
    kernel_size: int = 3,
    activation: str = "relu",
    code_activation: str | None = None,
    output_activation: str | None = None,
    *,
    tied: bool = False,
    variational: bool = False,
) -> tuple[keras.Model, keras.Model]:
    """Returns a convolutional encoder that halves an image per layer, and the decoder back.

    Args:
        input_shape: Shape of one image, (height, width, channels), whatever
            `keras.config.image_data_format()` is.
        filters: Filters of the encoder's layers, each of stride 2; at least one.
        latent: Units of the dense code.
        kernel_size: Side of the kernels.
        activation: Activation of the convolutions.
        code_activation: Activation of the code; `None` is linear.
        output_activation: Activation of the reconstruction; `"sigmoid"` for images in [0, 1].
        tied: Whether the decoder's layers are `layers.TiedConv2DTranspose` (and `TiedDense`) of
            the encoder's, with the same kernels and biases of their own, which halves the weights.
        variational: Whether the encoder ends in 2 · `latent` linear units, a mean and then a
            log-variance for each latent, while the decoder takes `latent`.

    Returns:
        `(encoder, decoder)`, to be given to any autoencoder. Sides need not be even: what a
        decoder layer makes too much is cropped, and a tied one is the exact transpose.

    Raises:
        ValueError: If the shape is not that of an image, a number is not a positive integer, or
            `variational` comes with `tied` or a `code_activation`.

    Example:

    >>> encoder, decoder = keras_regzoo.models.conv_autoencoder((9, 9, 1), filters=(4, 8), latent=3)
    >>> encoder.output_shape, decoder.output_shape
    ((None, 3), (None, 9, 9, 1))
    """
    shape = checked_shape(input_shape)
    if len(shape) != 3:
        raise ValueError(
            f"`input_shape` must be (height, width, channels); received input_shape={input_shape}."
        )
    widths = checked_widths("filters", filters)
    if not widths:
        raise ValueError("`filters` must hold at least one number of filters; received none.")
    latent, units = _checked_code(latent, code_activation, tied, variational)
    kernel_size = validation.integer("kernel_size", kernel_size, "[1, inf)")
    sides: list[tuple[int, ...]] = [shape[:2]]
    for _ in widths:
        sides.append(tuple(math.ceil(side / 2) for side in sides[-1]))
    encoder = keras.Sequential(
        [
            keras.Input(shape),
            *(
                layers.Conv2D(w, kernel_size, 2, "same", _LAST, activation=activation)
                for w in widths
            ),
            layers.Flatten(_LAST),
            layers.Dense(units, code_activation, name="code"),
        ],
        name="encoder",
    )
    deepest = (*sides[-1], widths[-1])
    code = encoder.layers[-1]
    if tied:
        first = TiedDense(code, activation)
    else:
        first = layers.Dense(math.prod(deepest), activation)
    decoder = keras.Sequential(
        [keras.Input((latent,)), first, layers.Reshape(deepest)], name="decoder"
    )
    depths = [shape[2], *widths[:-1]]
    places = zip(encoder.layers, depths, sides[1:], sides[:-1], strict=False)
    for layer, depth, small, large in reversed(list(places)):
        last = large is sides[0]
        chosen = output_activation if last else activation
        name = "reconstruction" if last else None
        excess = [2 * s - length for s, length in zip(small, large, strict=True)]
        if tied:
            rows, columns = (2 - kernel_size % 2 - each for each in excess)
            decoder.add(
                TiedConv2DTranspose(layer, chosen, output_padding=(rows, columns), name=name)
            )
            continue
        decoder.add(
            layers.Conv2DTranspose(
                depth, kernel_size, 2, "same", data_format=_LAST, activation=chosen, name=name
            )
        )
        if any(excess):
            decoder.add(layers.Cropping2D([(0, each) for each in excess], _LAST))
    return encoder, decoder


def _checked_code(
    latent: int, code_activation: str | None, tied: bool, variational: bool
) -> tuple[int, int]:
    """Returns the length of the code, and the units of the encoder's last layer."""
    latent = validation.integer("latent", latent, "[1, inf)")
    validation.one_of("tied", tied, (False, True))
    validation.one_of("variational", variational, (False, True))
    if variational and (tied or code_activation is not None):
        raise ValueError(
            "`variational` must be False with tied weights or a code_activation, as the code is "
            f"then linear and twice as wide as the decoder's input; received tied={tied!r} and "
            f"code_activation={code_activation!r}."
        )
    return latent, 2 * latent if variational else latent


def checked_widths(name: str, widths: Sequence[int]) -> list[int]:
    """Returns the widths of layers, or raises a ValueError."""
    if not isinstance(widths, list | tuple):
        raise ValueError(f"`{name}` must be a list of integers; received {name}={widths!r}.")
    return [validation.integer(name, width, "[1, inf)") for width in widths]


def checked_shape(input_shape: Sequence[int]) -> tuple[int, ...]:
    """Returns the shape of one example, or raises a ValueError."""
    if not isinstance(input_shape, list | tuple) or not input_shape:
        raise ValueError(
            f"`input_shape` must be the shape of one example; received {input_shape!r}."
        )
    return tuple(validation.integer("input_shape", each, "[1, inf)") for each in input_shape)
