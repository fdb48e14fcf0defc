"""A layer's outputs as a function of the weights and inputs of the model that holds it."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

from keras_regzoo.backend import PureView, State, graph_of
from keras_regzoo.objectives.loss import Loss, Point, Step, Tensor

_AUTOENCODER_BASE = "reconstruction"
_ONE_OUTPUT = (
    "`encoder` must be a layer with one output, on the way from the model's inputs to its outputs; "
    "received {!r}."
)


class Encoder:
    """Computes a layer's outputs in a training step, at any weights of the model.

    In a functional or Sequential model they are computed from the model's inputs, through all
    layers before it; in a subclassed model the layer is called on those inputs itself. The pass
    has the step's dropout masks and updates no state. At the point of the loss it is the loss's
    own pass, if the objective has `taps` among its own and the model has a graph.

    Args:
        model: A built model.
        name: Name of the model or of one of its layers; by default the encoder it has, or the
            whole model.

    Raises:
        ValueError: If there is no such layer, or it has several outputs.

    Attributes:
        layers: The layers it is a chain of, or `None`.
        taps: The symbolic tensor it gives the values of, in a list; empty without a graph.
    """

    def __init__(self, model: keras.Model, name: str | None = None) -> None:
        layer = _named(model, name) if name else _default(model)
        graph, self.taps = graph_of(model), []
        if graph is not None:
            if layer is not model:
                output, inputs = _output(graph, layer), graph.inputs
                inputs = inputs[0] if len(inputs) == 1 else inputs
                layer = keras.Model(inputs, output, name=f"{layer.name}_of_{model.name}")
            self.taps = tree.flatten(layer.outputs)
        if len(tree.flatten(getattr(layer, "outputs", None))) > 1:
            raise ValueError(_ONE_OUTPUT.format(layer.name))
        self.layers = leaves(layer)
        self._whole = layer is model
        self._view = PureView(layer)
        self._shapes: dict[tuple, tuple] = {}

    def __call__(self, step: Step, weights: list[Tensor], x: Tensor) -> Tensor:
        """Returns the outputs for `x`, the one tensor that the model is fed."""
        values = self.values(step, weights)
        layer = self._view.layer
        own = [values[id(variable)] for variable in layer.trainable_variables]
        state = [values[id(variable)] for variable in layer.non_trainable_variables]
        inputs = tree.pack_sequence_as(step.x, [x]) if self._whole else x
        made = self._view(own, State(state, step.drawn.generator), inputs, training=True)
        return made.outputs

    def at(self, loss: Loss, point: Point) -> Tensor:
        """Returns the outputs at `point`, of the pass that `loss` is made of where it can."""
        made = loss.step.made(point.weights, point.x)
        tapped = [made.taps[id(tap)] for tap in self.taps] if made and made.taps else []
        return tapped[0] if tapped else self(loss.step, point.weights, *tree.flatten(point.x))

    def values(self, step: Step, weights: list[Tensor]) -> dict[int, Tensor]:
        """Returns the values of the model's variables in the step, by their ids."""
        model = step.view.layer
        variables = [*model.trainable_variables, *model.non_trainable_variables]
        values = [*weights, *step.drawn.variables]
        return {id(variable): value for variable, value in zip(variables, values, strict=True)}

    def output_shape(self, x: Any) -> tuple:
        """Returns the shape of the outputs for the model's inputs `x`."""
        (leaf,) = tree.flatten(x)
        if tuple(leaf.shape) not in self._shapes:
            inputs = x if self._whole else leaf
            shape = tree.map_structure(lambda each: tuple(each.shape), inputs)
            self._shapes[tuple(leaf.shape)] = self._view.layer.compute_output_shape(shape)
        return (ops.shape(leaf)[0], *self._shapes[tuple(leaf.shape)][1:])


def leaves(layer: keras.layers.Layer) -> list[keras.layers.Layer] | None:
    """Returns the layers that are applied one after the other; `None` if they form no chain."""
    if isinstance(layer, keras.Sequential):
        chains = [leaves(each) for each in layer.layers]
    elif isinstance(layer, keras.Model):
        chain = _chain(layer)
        chains = [None] if chain is None else [leaves(each) for each in chain]
    else:
        return [layer]
    if None in chains:
        return None
    return [each for chain in chains for each in chain or []]


def _chain(model: keras.Model) -> list[Any] | None:
    """Walks a functional model's graph back from its output to its input."""
    inputs, outputs = (tree.flatten(getattr(model, end, None)) for end in ("inputs", "outputs"))
    if len(inputs) != 1 or len(outputs) != 1 or None in (*inputs, *outputs):
        return None
    tensor, chain = outputs[0], []
    while tensor is not inputs[0]:
        operation, node_index, _ = tensor._keras_history
        node = operation._inbound_nodes[node_index]
        before = node.input_tensors
        if len(before) != 1 or len(node.output_tensors) != 1:
            return None
        if not isinstance(operation, keras.layers.Layer):
            return None
        chain.append(operation)
        tensor = before[0]
    return chain[::-1]


def _output(graph: Any, layer: keras.layers.Layer) -> Any:
    """Returns the symbolic output of a layer, found on the way back from the graph's outputs."""
    waiting, seen = tree.flatten(graph.outputs), set()
    while waiting:
        operation, node_index, _ = waiting.pop()._keras_history
        if (id(operation), node_index) in seen:
            continue
        seen.add((id(operation), node_index))
        node = operation._inbound_nodes[node_index]
        if operation is layer:
            if len(node.output_tensors) == 1:
                return node.output_tensors[0]
            break
        waiting.extend(node.input_tensors)
    raise ValueError(_ONE_OUTPUT.format(layer.name))


def _default(model: keras.Model) -> keras.layers.Layer:
    if isinstance(getattr(model, "encoder", None), keras.layers.Layer):
        return model.encoder
    named = [layer for layer in model.layers if layer.name == "encoder"]
    if not named and model.name == _AUTOENCODER_BASE:
        named = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return named[0] if named else model


def _named(model: keras.Model, name: str) -> keras.layers.Layer:
    for layer in (model, *model.layers):
        if layer.name == name:
            return layer
    names = ", ".join(layer.name for layer in (model, *model.layers))
    raise ValueError(
        f"`encoder` must name a layer of the model, one of {names}; received {name!r}."
    )
