"""The layers that a stage of pretraining adds and that are dropped after it."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

from keras_regzoo import validation
from keras_regzoo.training.chains import Layers, Shape, has_kernel, nonlinearities, through


def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Returns a new layer of the same configuration."""
    return type(layer).from_config(layer.get_config())


def check_shape_kept(name: str, layer: keras.layers.Layer | None, shape: Shape) -> None:
    """Raises a ValueError if the layer given as `name` cannot be copied, or changes shapes."""
    if layer is None:
        return
    try:
        made = copied(layer)(keras.KerasTensor(shape)).shape
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be a layer that `from_config` makes anew and that takes shape "
            f"{tuple(shape[1:])}; received {layer.name!r}, a {type(layer).__name__} that does not."
        ) from error
    validation.same_shape(name, layer, shape, made)


def bridge(encode: Layers, above: Layers | None, input_shape: Shape, given: Shape) -> Layers:
    """Returns what leads from a stage's codes to what its decoder will be given in the model.

    That is nothing where shapes and activations are the same, and otherwise an extra set of
    weights, with the activation of the layer that will come before.

    Args:
        encode: The stage's layers of the encoder.
        above: The layers of the decoder that come before the stage's; `None` if there are none.
        input_shape: Shape of what `encode` is given.
        given: Shape of what the stage's decoder is given in the model.
    """
    made = through(encode, input_shape)
    theirs = nonlinearities(above or [])
    told, wanted = ([key for key, _ in found] for found in (nonlinearities(encode), theirs))
    if made[1:] == given[1:] and (above is None or told == wanted):
        return []
    return [*_affine(made, given), *(layer for _, layer in theirs)]


def mirror(encode: Layers, input_shape: Shape, output_activation: str | None) -> Layers:
    """Returns a new decoder for `encode`: a layer for each of its kernels, in reverse.

    Args:
        encode: Layers of one or several levels.
        input_shape: Shape of what they are given.
        output_activation: Activation of the last layer; inside, each layer has that of the one
            whose outputs it rebuilds.
    """
    starts = [index for index, layer in enumerate(encode) if has_kernel(layer)]
    ends = [*starts[1:], len(encode)]
    made: Layers = []
    shape = input_shape
    for number, (start, end) in enumerate(zip([0, *starts[1:]], ends, strict=True)):
        part = encode[start:end]
        after = through(part, shape)
        if number:
            activation = [layer for _, layer in nonlinearities(encode[:start])]
        else:
            activation = [layers.Activation(output_activation)] if output_activation else []
        back = _deconvolution(part, after, shape) or _affine(after, shape)
        made = [*back, *activation, *made]
        shape = after
    return made


def _affine(shape: Shape, wanted: Shape) -> Layers:
    """Returns layers that map one shape to another, by a kernel for each position if they can."""
    if shape[1:-1] == tuple(wanted)[1:-1]:
        return [layers.Dense(wanted[-1])]
    return [
        *([layers.Flatten()] if len(shape) > 2 else []),
        layers.Dense(math.prod(wanted[1:])),
        *([layers.Reshape(wanted[1:])] if len(wanted) > 2 else []),
    ]


_TRANSPOSED = {
    layers.Conv1D: (layers.Conv1DTranspose, layers.Cropping1D),
    layers.Conv2D: (layers.Conv2DTranspose, layers.Cropping2D),
    layers.Conv3D: (layers.Conv3DTranspose, layers.Cropping3D),
}


def _deconvolution(part: Layers, shape: Shape, wanted: Shape) -> Layers | None:
    """Returns the transposed convolution for a part with a convolution, however it shrinks."""
    kinds: list[tuple[Any, Any]] = [(layer, type(layer)) for layer in part]
    found = [(layer, kind) for layer, kind in kinds if kind in _TRANSPOSED]
    if not found or len(shape) != len(wanted) or found[0][0].data_format == "channels_first":
        return None
    layer, kind = found[0]
    small, large = shape[1:-1], wanted[1:-1]
    if any(a > b for a, b in zip(small, large, strict=True)):
        return None
    strides = tuple(math.ceil(b / a) for a, b in zip(small, large, strict=True))
    size = tuple(max(k, s) for k, s in zip(layer.kernel_size, strides, strict=True))
    excess = [a * s - b for a, s, b in zip(small, strides, large, strict=True)]
    transpose, cropping = _TRANSPOSED[kind]
    crops: Any = [(0, each) for each in excess]
    return [
        transpose(wanted[-1], size, strides, padding="same"),
        *([cropping(crops[0] if len(crops) == 1 else crops)] if any(excess) else []),
    ]
