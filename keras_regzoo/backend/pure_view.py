"""A Keras layer or model as a pure function of its weights, its state and its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_regzoo.backend.autodiff import _engine

Tensors = list[Any]

_SEED_STRIDE = 0x9E3779B9  # 2³² over the golden ratio: the seeds of different passes lie far apart


class State(NamedTuple):
    """What a pass depends on beside weights and inputs, and may change.

    Attributes:
        variables: The values of the non-trainable variables, seeds among them.
        generator: Where the backend's own random generator stands, from which an unseeded
            `keras.layers.Dropout` draws on PyTorch; `None` lets a pass draw on from it.
    """

    variables: Tensors
    generator: Any


class Pass(NamedTuple):
    """What one forward pass gives.

    Attributes:
        outputs: What the layer returned.
        losses: What `add_loss` and activity regularizers collected.
        penalties: What the weight regularizers give at the weights of the pass.
        updates: The values of its non-trainable variables after the pass.
        taps: The values of the view's taps, by their ids.
    """

    outputs: Any
    losses: Tensors
    penalties: Tensors
    updates: Tensors
    taps: Mapping[int, Any] = MappingProxyType({})


class PureView:
    """Calls a built layer as a function that reads and writes no variable.

    Batch statistics, dropout masks, seeds, `add_loss`, regularizers, masks and nested models are
    those of an ordinary call; the updates come back in `Pass.updates` instead of being assigned.

    Args:
        layer: A built `keras.layers.Layer` or `keras.Model`.
        taps: Symbolic tensors of the model's graph, whose values each pass gives as well. A model
            whose `call` is its own has no graph, and gives none.

    Raises:
        ValueError: If `layer` is not built.

    Example:

    >>> layer = keras.layers.Dense(1)
    >>> layer.build((None, 2))
    >>> view = keras_regzoo.backend.PureView(layer)
    >>> doubled = [2 * w for w in view.weights()]
    >>> view(doubled, view.state(), keras.ops.ones((4, 2))).outputs.shape[0]
    4
    """

    def __init__(self, layer: keras.layers.Layer, taps: Sequence[Any] = ()) -> None:
        if not layer.built:
            raise ValueError(f"`layer` must be built; received {layer.name!r}, which is not.")
        self.layer = layer
        graph = graph_of(layer) if taps else None
        self._taps: Sequence[Any] = ()
        if graph is not None:
            self._taps = taps
            ends = (graph._outputs_struct, list(taps))
            self._tapped = keras.Model(graph._inputs_struct, ends, name=f"tapped_{layer.name}")

    def weights(self, variables: list[keras.Variable] | None = None) -> Tensors:
        """Returns the values of the trainable variables, through which gradients flow.

        Args:
            variables: The layer's trainable variables, where they have been looked up.
        """
        trained = self.layer.trainable_variables if variables is None else variables
        return [_engine.read(v.value) for v in trained]

    def state(self) -> State:
        """Returns the state as it is now: two passes made with it share their dropout masks."""
        values = [_engine.snapshot(v.value) for v in self.layer.non_trainable_variables]
        return State(values, _engine.generator_state())

    def reseed(self, state: State, draw: int) -> State:
        """Returns `state` with other seeds: independent dropout masks for each `draw` above 0."""
        if draw == 0:
            return state
        stride = (draw * _SEED_STRIDE) % 2**31
        variables = [
            value + ops.convert_to_tensor([stride, 0], dtype=value.dtype) if _is_seed(v) else value
            for v, value in zip(self.layer.non_trainable_variables, state.variables, strict=True)
        ]
        return State(variables, _engine.reseeded(state.generator, stride))

    def assign(self, updates: Tensors, state: State) -> None:
        """Assigns the values of `updates` that are not still those of `state`."""
        variables = self.layer.non_trainable_variables
        for variable, value, old in zip(variables, updates, state.variables, strict=True):
            if value is not old:
                variable.assign(value)

    def call_layer(self, *args: Any, **kwargs: Any) -> tuple[Any, dict[int, Any]]:
        """Calls the layer as it is, state and all; returns its outputs, and the taps' values."""
        if not self._taps:
            return self.layer(*args, **kwargs), {}
        outputs, values = self._tapped(*args, **kwargs)
        return outputs, {id(tap): value for tap, value in zip(self._taps, values, strict=True)}

    def __call__(self, weights: Tensors, state: State, *args: Any, **kwargs: Any) -> Pass:
        """Calls the layer on `args` and `kwargs` with these weights and this state.

        Every variable is mapped: a scope that maps only some would hide the values which the
        others have in an enclosing compiled step.
        """
        layer = self.layer
        variables = [*layer.trainable_variables, *layer.non_trainable_variables]
        mapping = zip(variables, [*weights, *state.variables], strict=True)
        scope = keras.StatelessScope(state_mapping=mapping, collect_losses=True)
        with scope, _engine.generator_at(state.generator):
            outputs, taps = self.call_layer(*args, **kwargs)
            losses = list(scope.losses)
            collected = {id(loss) for loss in losses}
            penalties = [loss for loss in layer.losses if id(loss) not in collected]
        updates = [scope.get_current_value(v) for v in layer.non_trainable_variables]
        return Pass(outputs, losses, penalties, updates, taps)


def graph_of(layer: keras.layers.Layer) -> Any:
    """Returns the functional graph by which a model computes its outputs, or `None`."""
    own_call = type(layer).call.__module__.split(".")[0] != "keras"
    graph = getattr(layer, "_functional", None) or layer
    return graph if hasattr(graph, "_outputs_struct") and not own_call else None


def _is_seed(variable: keras.Variable) -> bool:
    return variable.name == "seed_generator_state"
