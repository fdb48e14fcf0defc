"""What a probe batch shows of a network's layers: gradients, dead units and saturation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_regzoo.backend import PureView, graph_of, replicas, value_and_grad

SATURATED = 0.05  # of an activation's range, from either limit

_LIMITS = {
    keras.activations.sigmoid: (0.0, 1.0),
    keras.activations.hard_sigmoid: (0.0, 1.0),
    keras.activations.tanh: (-1.0, 1.0),
    keras.activations.hard_tanh: (-1.0, 1.0),
}
_RECTIFIERS = (keras.activations.relu, keras.activations.relu6)


class Layer(NamedTuple):
    """One layer of a network, in the order in which it computes.

    Attributes:
        name: Its name, after those of the models within the network in which it is.
        variables: Its trainable variables.
        output: Where it is in the network's graph, its symbolic output; else `None`.
        limits: The limits of its activation, if that saturates.
        rectifies: Whether its outputs are 0 wherever its activation's inputs are negative.
    """

    name: str
    variables: list[keras.Variable]
    output: Any
    limits: tuple[float, float] | None
    rectifies: bool


def layers_of(model: keras.Model) -> list[Layer]:
    """Returns the layers of a model, and of the models in it, that can be told something about.

    Outputs are known where the model has a graph, of the layers of that graph itself, but of those
    that give the model's own outputs, where a limit or a 0 may be right.
    """
    graph = graph_of(model)
    last = {id(tensor) for tensor in keras.tree.flatten(graph._outputs_struct)} if graph else set()
    own = {id(layer) for layer in graph.layers} if graph else set()
    found = []
    for name, layer in _flat(model).items():
        output = _output(layer) if id(layer) in own else None
        if id(output) in last:
            output = None
        activation = getattr(layer, "activation", None)
        rectifies = activation in _RECTIFIERS or (
            isinstance(layer, keras.layers.ReLU) and layer.negative_slope == 0
        )
        limits = _LIMITS.get(activation)
        watched = output is not None and (rectifies or limits is not None)
        variables = layer.trainable_variables
        if variables or watched:
            output = output if watched else None
            found.append(Layer(name, variables, output, limits, rectifies))
    return found


def data_loss(model: keras.Model, targets: Any, outputs: Any) -> Any:
    """Returns the compiled loss of outputs, a mean over the batch, and changes no metric."""
    metrics = [(variable, variable.value) for variable in model.metrics_variables]
    with keras.StatelessScope(state_mapping=metrics):
        return model._compile_loss(targets, outputs) * replicas()  # it takes them for a share


def probe(
    model: keras.Model, network: keras.Model, layers: Sequence[Layer], x: Any, y: Any
) -> tuple[float, dict[str, dict[str, float]]]:
    """Returns the data loss on a batch, and for each layer's name what the batch shows.

    The pass is one of training, with batch statistics and dropout, that changes nothing.

    Args:
        model: The compiled model.
        network: The model that makes its predictions: itself, or what it wraps.
        layers: What `layers_of(network)` returned.
        x: Inputs.
        y: Targets.
    """
    tapped = [layer for layer in layers if layer.output is not None]
    view = PureView(network, [layer.output for layer in tapped])
    state = view.state()
    targets = model.targets(x, y) if hasattr(model, "targets") else y  # pyright: ignore

    def loss(weights: Any) -> Any:
        made = view(weights, state, x, training=True)
        value = data_loss(model, targets, made.outputs)
        return value, [made.taps[id(layer.output)] for layer in tapped]

    (value, outputs), gradients = value_and_grad(loss, has_aux=True)(view.weights())
    known = {id(v): g for v, g in zip(network.trainable_variables, gradients, strict=True)}
    shown: dict[str, dict[str, float]] = {layer.name: {} for layer in layers}
    for layer in layers:
        if layer.variables:
            shown[layer.name]["gradient_norm"] = norm(known[id(v)] for v in layer.variables)
    for layer, output in zip(tapped, outputs, strict=True):
        values = np.asarray(ops.convert_to_numpy(ops.cast(output, "float32")))
        if layer.rectifies:
            shown[layer.name]["dead"] = dead(values)
        if layer.limits is not None:
            shown[layer.name]["saturated"] = saturated(values, *layer.limits)
    return float(ops.convert_to_numpy(value)), shown


def dead(outputs: np.ndarray) -> float:
    """Returns the share of units, or channels, that are 0 for all examples and positions."""
    units = outputs.reshape(-1, outputs.shape[-1])
    return float(np.mean(np.all(units == 0, axis=0)))


def saturated(outputs: np.ndarray, low: float, high: float) -> float:
    """Returns the share of outputs within 5 % of the activation's range of one of its limits."""
    margin = SATURATED * (high - low)
    return float(np.mean((outputs < low + margin) | (outputs > high - margin)))


def norm(tensors: Any) -> float:
    """Returns the Euclidean norm of several tensors together."""
    arrays = [np.asarray(ops.convert_to_numpy(ops.cast(t, "float32")), "float64") for t in tensors]
    return float(np.sqrt(sum(np.sum(np.square(array)) for array in arrays)))


def _flat(model: keras.Model, prefix: str = "") -> dict[str, keras.layers.Layer]:
    found: dict[str, keras.layers.Layer] = {}
    for layer in model.layers:
        name = f"{prefix}{layer.name}"
        found |= _flat(layer, f"{name}/") if isinstance(layer, keras.Model) else {name: layer}
    return found


def _output(layer: keras.layers.Layer) -> Any:
    """Returns the symbolic output of a layer that is called once and gives one tensor."""
    nodes = layer._inbound_nodes
    outputs = nodes[0].output_tensors if len(nodes) == 1 else ()
    return outputs[0] if len(outputs) == 1 else None
