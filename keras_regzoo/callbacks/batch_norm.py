"""Statistics of batch normalization from a full pass over data."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import PureView, aside
from keras_regzoo.callbacks.own_data import (
    check_examples,
    check_finite,
    check_taken,
    never_ends,
)

FIRST = 2  # examples of arrays on which a model is tried


def batch_norms(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Returns the batch normalizations whose statistics training moves."""
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]


def reestimate(model: keras.Model, data: Any, batch_size: int) -> None:
    """Gives every batch normalization the statistics of a pass over `data` at these weights.

        μ = Σ_b n_b μ_b / Σ_b n_b,   σ² = Σ_b n_b σ²_b / Σ_b n_b

    μ_b and σ²_b are those of the layer's inputs in batch b of n_b examples, in training mode, with
    dropout and the like. Nothing else of the model changes.

    Args:
        model: A built model.
        data: Inputs as `fit` takes them in arrays, or a finite data set of batches.
        batch_size: Examples a batch where `data` are arrays.
    """
    layers = batch_norms(model)
    if not layers:
        return
    view = PureView(model)
    known = {id(variable): place for place, variable in enumerate(model.non_trainable_variables)}
    moved = [variable for each in layers for variable in (each.moving_mean, each.moving_variance)]
    places = [known[id(variable)] for variable in moved]
    means = [np.zeros(tuple(variable.shape)) for variable in moved]
    momenta = [layer.momentum for layer in layers]
    weights, state = view.weights(), view.state()
    seen = 0
    try:
        for layer in layers:
            layer.momentum = 0.0  # the update is then the batch's own statistic
        for number, x in enumerate(batches(data, batch_size)):
            examples = int(tree.flatten(x)[0].shape[0])
            seen += examples
            updates = view(weights, view.reseed(state, number), x, training=True).updates
            for mean, place in zip(means, places, strict=True):
                value = ops.convert_to_numpy(ops.cast(updates[place], "float32"))
                mean += (value - mean) * (examples / seen)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    if not seen:
        raise ValueError("`batch_norm_data` must have at least one batch; it had none.")
    for variable, mean in zip(moved, means, strict=True):
        variable.assign(mean)


def try_first(model: keras.Model, data: Any) -> None:
    """Raises a ValueError unless a model with batch normalization takes the first of `data`.

    Nothing of the model changes. Data that can be gone through once are left alone.
    """
    if hasattr(data, "__next__") or not batch_norms(model):
        return
    with aside(model):  # a shuffled data set draws random numbers
        found = list(itertools.islice(batches(data, FIRST), 1))
    for x in found:
        check_taken("`batch_norm_data`", model, x)


def check_batches(data: Any) -> None:
    """Raises a ValueError unless `data` are inputs in arrays, or batches that end."""
    if are_arrays(data):
        check_examples("`batch_norm_data`", data)
        check_finite("`batch_norm_data`", data)
        return
    foreign = isinstance(data, str | bytes | Mapping)
    known = not foreign and isinstance(data, Iterable | keras.utils.PyDataset)
    if not known or never_ends(data):
        raise ValueError(
            "`batch_norm_data` must be inputs in arrays, or a data set of batches; received "
            f"{validation.shown(data)}{', which never ends' if known else ''}."
        )


def batches(data: Any, batch_size: int) -> Iterator[Any]:
    """Yields the inputs of each batch."""
    if isinstance(data, keras.utils.PyDataset):
        for number in range(data.num_batches or 0):
            yield _inputs(data[number])
    elif are_arrays(data):
        examples = len(tree.flatten(data)[0])
        for start in range(0, examples, batch_size):
            rows = slice(start, start + batch_size)
            yield tree.map_structure(lambda each, rows=rows: np.asarray(each[rows]), data)
    else:
        for batch in data:
            yield _inputs(batch)


def are_arrays(data: Any) -> bool:
    """Returns whether `data` is an array, or a structure of arrays, of one length."""
    leaves = tree.flatten(data)
    return bool(leaves) and all(hasattr(leaf, "shape") and len(leaf.shape) for leaf in leaves)


def _inputs(batch: Any) -> Any:
    return tree.map_structure(np.asarray, keras.utils.unpack_x_y_sample_weight(batch)[0])
