"""Figures of what an autoencoder makes, and of what it looks for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics import figure_inputs
from keras_regzoo.diagnostics.pictures import draw, picture_shape, value_limits


def reconstructions(
    model: Any | Mapping[str, Any],
    x: Any,
    n: int = 8,
    corrupted: Any = None,
    image_shape: Sequence[int] | None = None,
) -> Any:
    """Returns a figure of inputs above their reconstructions, with each one's error.

        error = mean (x − x̂)²,   of the input, not of what was done to it

    Rows: the inputs, the corrupted inputs if there are any, and for each model its reconstructions
    of the last row before them.

    Args:
        model: An autoencoder, another Keras model that returns what it is given, or a dictionary
            of them, each of which gets a row under its name.
        x: Array of inputs, batch first, or a list `[x, c]` for conditional models; the first `n`
            are shown.
        n: How many, at least 1.
        corrupted: Array shaped as `x` that is reconstructed instead of it; by default, of a single
            model with a `corruption`, `x` as that changes it.
        image_shape: (h, w), (h, w, 1) or (h, w, 3), where rows of numbers are images; without it
            they are drawn as lines.

    Returns:
        A `matplotlib.figure.Figure`, an axes for each picture, row by row. Images are drawn as they
        are, black for 0 and white for 1; if an input lies outside, from the least to the greatest.

    Raises:
        ValueError: If an argument is not as it must be, or examples are neither images nor rows.
        ImportError: If matplotlib is not installed.

    Example:

    >>> same = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Identity()])
    >>> images = np.random.default_rng(0).uniform(size=(3, 4, 4, 1))
    >>> figure = keras_regzoo.diagnostics.plots.reconstructions(same, images, n=2)
    >>> len(figure.axes)
    4
    """
    models = figure_inputs.by_name(model)
    validation.integer("n", n, "[1, inf)")
    conditional = next(filter(figure_inputs.is_conditional, models.values()), None)
    x, conditions = figure_inputs.with_conditions("x", x, conditional)
    shape = picture_shape(x.shape[1:], image_shape)
    given = corrupted
    if given is not None:
        given = figure_inputs.examples("corrupted", given)
        if given.shape != x.shape:
            raise ValueError(
                f"`corrupted` must have the shape of `x`, {x.shape}; received {given.shape}."
            )
        given = given[:n]
    x, conditions = x[:n], [each[:n] for each in conditions]
    if given is None:  # a dictionary corrupts nothing
        given = figure_inputs.corrupt(model, x)
    rows = {"input": x, **({} if given is None else {"corrupted": given})}
    start = x if given is None else given
    made = {
        name: figure_inputs.reconstruct(each, start, conditions) for name, each in models.items()
    }
    labels, shown = [*rows, *made], [*rows.values(), *made.values()]
    captions = [[f"{error:#.3g}" for error in _errors(row, x)] for row in shown]
    captions[0] = []
    note = "numbers: mean squared error against the input"
    return draw(shown, shape, value_limits(x), labels, captions, note)


def samples(
    model: Any, n: int = 25, image_shape: Sequence[int] | None = None, **options: Any
) -> Any:
    """Returns a figure of what a generative model makes: a grid of `model.sample(n)`.

    Args:
        model: A model with a method `sample`, such as a variational autoencoder.
        n: How many, at least 1.
        image_shape: As for `reconstructions`.
        **options: Given to `model.sample`, such as `seed=0`.

    Returns:
        A `matplotlib.figure.Figure` with an axes for each sample, row by row.

    Raises:
        ValueError: If the model has no `sample`, or another argument is not as it must be.
        ImportError: If matplotlib is not installed.
    """
    figure_inputs.require(model, "sample")
    validation.integer("n", n, "[1, inf)")
    made = figure_inputs.as_array(model.sample(n, **options))
    shape = picture_shape(made.shape[1:], image_shape, "model.sample(n)")
    columns = math.ceil(math.sqrt(n))
    rows = [made[start : start + columns] for start in range(0, n, columns)]
    return draw(rows, shape, value_limits(made))


def filters(
    layer: keras.layers.Layer, n: int = 25, image_shape: Sequence[int] | None = None
) -> Any:
    """Returns a figure of the kernels of a layer: what each of its units looks for.

    A unit of a dense layer is drawn in the shape of the inputs, a filter of a convolution as it is
    (of a transposed one: what a unit below it paints). All share one scale, symmetric around 0.

    Args:
        layer: A built dense or two-dimensional convolutional layer, or a model: then the first
            such layer of it, or of its encoder if it is an autoencoder.
        n: How many, at least 1: the first.
        image_shape: Shape of the inputs of a dense layer, (h, w), (h, w, 1) or (h, w, 3). By
            default that of the model's input; where that is flat too, kernels are lines.

    Returns:
        A `matplotlib.figure.Figure` with an axes for each kernel, row by row, and one for the scale
        unless they are lines or have three channels; those are mid-grey where they are 0.

    Raises:
        ValueError: If there is no such layer, it is not built, or its kernels have neither one
            nor three channels.
        ImportError: If matplotlib is not installed.

    Example:

    >>> encoder, _ = keras_regzoo.models.dense_autoencoder((8, 8, 1), hidden=(), latent=9)
    >>> figure = keras_regzoo.diagnostics.plots.filters(encoder)
    >>> len(figure.axes), figure.axes[0].images[0].get_array().shape
    (10, (8, 8))
    """
    validation.instance("layer", layer, keras.layers.Layer)
    validation.integer("n", n, "[1, inf)")
    kernel = _kernel(_first_with_kernel(layer))
    units = np.moveaxis(kernel, -1, 0)[:n]
    example = _input_shape(layer) if kernel.ndim == 2 else units.shape[1:]
    if math.prod(example) != math.prod(units.shape[1:]):
        example = units.shape[1:]
    if kernel.ndim == 4 and kernel.shape[2] not in (1, 3):
        raise ValueError(
            f"`layer` must have kernels of 1 or 3 channels; received {kernel.shape[2]}."
        )
    shape = picture_shape(example, image_shape, "layer")
    reach = float(np.abs(units).max(initial=0.0)) or 1.0
    columns = math.ceil(math.sqrt(len(units)))
    rows = [units[start : start + columns] for start in range(0, len(units), columns)]
    return draw(rows, shape, (-reach, reach), colours="RdBu_r", scale=len(shape) == 2)


def _errors(row: np.ndarray, x: np.ndarray) -> np.ndarray:
    difference = np.asarray(row, "float64") - x
    return np.mean(np.square(difference), axis=tuple(range(1, x.ndim)))


def _first_with_kernel(layer: Any) -> Any:
    """Returns the layer to show: itself, or the first within it with a kernel of 2 or 4 axes."""
    for each in _inside(getattr(layer, "encoder", layer)):
        if len(getattr(getattr(each, "kernel", None), "shape", ())) in (2, 4):
            return each
    raise ValueError(
        "`layer` must be a built dense or two-dimensional convolutional layer, or a model with "
        f"one; received {layer.name!r}."
    )


def _inside(layer: Any) -> Iterator[Any]:
    if isinstance(layer, keras.Model):
        for each in layer.layers:
            yield from _inside(each)
    else:
        yield layer


def _kernel(layer: Any) -> np.ndarray:
    return figure_inputs.as_array(keras.ops.convert_to_numpy(layer.kernel)).astype("float32")


def _input_shape(layer: Any) -> tuple[int, ...]:
    """Returns the shape of one input of a model, or of nothing."""
    shape = getattr(getattr(layer, "encoder", layer), "input_shape", None)
    return tuple(side or 0 for side in shape[1:]) if isinstance(shape, tuple) else ()
