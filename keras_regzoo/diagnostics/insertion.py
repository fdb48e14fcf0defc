"""A copy of a built network with something put into its hidden layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)
ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)

Copy = tuple[keras.Model, list[keras.Variable]]


def insert_after_activations(
    model: keras.Model, make_layer: Callable[[], keras.layers.Layer], technique: str
) -> Copy:
    """Returns a copy of `model` in which a new layer follows each hidden activation.

    Hidden activations are those of dense and convolutional layers and activation layers, except
    where no weight matrix lies between them and the output.

    Args:
        model: A built functional or Sequential model.
        make_layer: Makes a layer to insert.
        technique: Name for the error.

    Returns:
        The copy, and its variables in the order of `model.weights`. Their values are not copied.

    Raises:
        ValueError: If `model` has no graph of layers, or no hidden activation.
    """
    graph = _graph(model, technique)
    head = _head(graph)
    targets = {id(layer) for layer in graph.layers if id(layer) not in head and _activates(layer)}
    if not targets:
        raise ValueError(
            f"The technique {technique!r} needs a hidden dense or convolutional layer with an "
            f"activation; the model {model.name!r} has none."
        )
    names = {layer.name for layer in graph.layers if id(layer) in targets}

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        return make_layer()(outputs) if layer.name in names else outputs

    return _copy(model, graph, lambda layer, fresh: fresh, call)


def wrap_hidden_dense(
    model: keras.Model, wrap: Callable[[keras.layers.Layer], keras.layers.Layer], technique: str
) -> Copy:
    """Returns a copy of `model` in which each hidden dense layer is wrapped.

    Args:
        model: A built functional or Sequential model.
        wrap: Makes a wrapper of a dense layer.
        technique: Name for the error.

    Returns:
        The copy, and its variables in the order of `model.weights`. Their values are not copied.

    Raises:
        ValueError: If `model` has no graph of layers, or no hidden dense layer.
    """
    graph = _graph(model, technique)
    head = _head(graph)
    targets = {
        id(layer)
        for layer in graph.layers
        if id(layer) not in head and isinstance(layer, keras.layers.Dense)
    }
    if not targets:
        raise ValueError(
            f"The technique {technique!r} needs a hidden dense layer; the model {model.name!r} "
            "has none."
        )
    return _copy(model, graph, lambda layer, fresh: wrap(fresh) if id(layer) in targets else fresh)


def _copy(
    model: keras.Model,
    graph: keras.Model,
    replace: Callable[[keras.layers.Layer, keras.layers.Layer], keras.layers.Layer],
    call: Callable[..., Any] | None = None,
) -> Copy:
    pairs = []

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        fresh = layer.__class__.from_config(layer.get_config())
        pairs.append((layer, fresh))
        return replace(layer, fresh)

    copy = keras.models.clone_model(graph, clone_function=clone, call_function=call)
    counterpart = {
        id(old): new
        for layer, fresh in pairs
        for old, new in zip(layer.weights, fresh.weights, strict=True)
    }
    return copy, [counterpart[id(old)] for old in model.weights]


def _graph(model: keras.Model, technique: str) -> keras.Model:
    """Returns `model` as a functional model of the same layers."""
    try:
        ends = [end[0] if len(end) == 1 else end for end in (model.inputs, model.outputs)]
        return keras.Model(*ends, name=model.name)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"The technique {technique!r} needs a functional or Sequential model, to put layers "
            f"into it; received the subclassed {type(model).__name__}."
        ) from error


def _head(graph: keras.Model) -> set[int]:
    """Returns the ids of the layers from the outputs back to the last weight matrices."""
    head: set[int] = set()
    tensors = list(graph.outputs)
    while tensors:
        layer, node, _ = tensors.pop()._keras_history
        head.add(id(layer))
        if not any(v.name.endswith("kernel") for v in getattr(layer, "weights", [])):
            tensors.extend(layer._inbound_nodes[node].input_tensors)
    return head


def _activates(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, (keras.layers.Dense, keras.layers.Activation, *CONVOLUTIONS)):
        return layer.activation is not keras.activations.linear
    return isinstance(layer, ACTIVATIONS)
