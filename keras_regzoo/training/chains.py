"""A network as a chain of levels that can be trained one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

from keras_regzoo import validation
from keras_regzoo.objectives.encoder import leaves

Layers = list[keras.layers.Layer]
Shape = tuple[Any, ...]

_BESIDE = (  # layers whose weights do not make them a level of their own
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.PReLU,
    keras.layers.RMSNormalization,
)
_RESHAPING = (keras.layers.Flatten, keras.layers.Permute, keras.layers.Reshape)
_ACTIVATIONS = (
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
    keras.layers.Softmax,
)


class Level(NamedTuple):
    """What leads from one representation to the next and back.

    Attributes:
        encode: Layers from the representation below.
        decode: Layers back to it; `None` where the model has none.
        given: Shape of what `decode` is given, batch first; empty where there is none.
    """

    encode: Layers
    decode: Layers | None = None
    given: Shape = ()


def levels_of(model: Any, input_shape: Shape) -> list[Level]:
    """Returns the levels of a model, from its inputs on.

    Those of an autoencoder are its encoder's layers with weights, each with the layer of its
    decoder that mirrors it, counted from the outside, and the layers without kernels around them.
    Where one side has more, all that have no partner belong to the level of the code. A stacked
    autoencoder has its stages as levels.

    Args:
        model: A built model, not wrapped.
        input_shape: Shape of a batch of inputs.

    Raises:
        ValueError: If the model, encoder or decoder is no chain, or has no weights.
    """
    if not is_autoencoder(model):
        return [Level(part) for part in _split(_chain("model", model))]
    if getattr(model, "chained", False):
        raise ValueError(
            "`model` must be a stacked autoencoder in the deep form: in the chained form no layer "
            "is trained on the code of another; received chained=True."
        )
    if hasattr(model, "stage_models"):
        return [Level([e], [d], tuple(d.input_shape)) for e, d in model.stage_models]
    encoder, decoder = _chain("encoder", model.encoder), _chain("decoder", model.decoder)
    return _mirrored(encoder, decoder, input_shape, model.decoder.input_shape)


def is_autoencoder(model: Any) -> bool:
    """Returns whether a model has an encoder and a decoder."""
    parts = getattr(model, "encoder", None), getattr(model, "decoder", None)
    return all(isinstance(part, keras.Model) for part in parts)


def grouped(levels: Sequence[Level], groups: Any) -> list[list[Level]]:
    """Returns the levels in groups of consecutive ones.

    Args:
        levels: All of them.
        groups: How many levels a group has, or a list with the number for each group; levels
            beyond their sum are left out.

    Raises:
        ValueError: If it is neither, or the sum is larger than the number of levels.
    """
    if not isinstance(groups, list | tuple):
        size = validation.integer("groups", groups, "[1, inf)")
        return [list(levels[i : i + size]) for i in range(0, len(levels), size)]
    sizes = [validation.integer("groups", size, "[1, inf)") for size in groups]
    if not sizes or sum(sizes) > len(levels):
        raise ValueError(
            "`groups` must be a list of at least one number, whose sum is at most the "
            f"{len(levels)} levels of the model; received groups={groups!r}."
        )
    return [list(levels[sum(sizes[:i]) : sum(sizes[: i + 1])]) for i in range(len(sizes))]


def through(layers: Layers, shape: Shape) -> Shape:
    """Returns the shape of what `layers` make, one after the other, of a batch of this shape."""
    for layer in layers:
        shape = tuple(layer.compute_output_spec(keras.KerasTensor(shape)).shape)
    return shape


def nonlinearities(layers: Layers) -> list[tuple[Any, keras.layers.Layer]]:
    """Returns what is applied after the last weights: what tells each, and a new layer for it."""
    flat = [each for layer in layers for each in leaves(layer) or []]
    found: list[tuple[Any, keras.layers.Layer]] = []
    for layer in flat:
        function = getattr(layer, "activation", None)
        if has_kernel(layer):
            found = []
        if type(layer) in _ACTIVATIONS:
            config = layer.get_config()
            told = {name: value for name, value in config.items() if name not in ("name", "dtype")}
            found.append(((type(layer), repr(told)), type(layer).from_config(told)))
        elif function is not None and function is not keras.activations.linear:
            found.append((function, keras.layers.Activation(function)))
    return found


def has_kernel(layer: keras.layers.Layer) -> bool:
    """Returns whether a layer has weights that map its inputs to other units."""
    return not isinstance(layer, _BESIDE) and any(len(each.shape) > 1 for each in layer.weights)


def _chain(name: str, model: keras.Model) -> Layers:
    chain = leaves(model)
    if chain is None:
        raise ValueError(
            f"`model` must be a chain of layers, each with one input, which is the output of the "
            f"one before; its {name} {model.name!r} is not."
        )
    chain = [layer for layer in chain if not isinstance(layer, keras.layers.InputLayer)]
    if not any(has_kernel(layer) for layer in chain):
        raise ValueError(f"`model` must have layers with weights; its {name} has none.")
    return chain


def _split(chain: Layers) -> list[Layers]:
    """Cuts before each kernel but the first, and before what reshapes its inputs."""
    starts = []
    for index, layer in enumerate(chain):
        if has_kernel(layer):
            while index and isinstance(chain[index - 1], _RESHAPING):
                index -= 1
            starts.append(index)
    ends = [*starts[1:], len(chain)]
    return [chain[start:end] for start, end in zip([0, *starts[1:]], ends, strict=True)]


def _mirrored(encoder: Layers, decoder: Layers, shape: Shape, code_shape: Shape) -> list[Level]:
    """Pairs the layers from the outside, cut where both sides have the same shape if they do."""
    down, up = _kernels(encoder), _kernels(decoder)[::-1]
    cuts: list[tuple[int, int]] = [(0, len(decoder))]
    for level in range(min(len(down), len(up)) - 1):
        below = range(down[level + 1], down[level], -1)
        above = range(up[level], up[level + 1], -1)
        pairs = [(i, j) for i in below for j in above]
        fits = [
            (i, j)
            for i, j in pairs
            if through(encoder[:i], shape)[1:] == through(decoder[:j], code_shape)[1:]
        ]
        cuts.append((fits or pairs)[0])
    ends = [*cuts[1:], (len(encoder), 0)]
    return [
        Level(encoder[i:m], decoder[n:j], through(decoder[:n], code_shape))
        for (i, j), (m, n) in zip(cuts, ends, strict=True)
    ]


def _kernels(layers: Layers) -> list[int]:
    return [index for index, layer in enumerate(layers) if has_kernel(layer)]
