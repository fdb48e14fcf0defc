"""GradientMonitor: watches gradients, updates and activations layer by layer."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import write_back
from keras_regzoo.callbacks.layer_health import layers_of, norm, probe
from keras_regzoo.callbacks.own_data import check_examples, check_taken
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.stepwise import Executions

ADVICE = {
    "not finite": "try a smaller learning rate, clipnorm in the optimizer, or a "
    "LossScaleOptimizer under mixed precision",
    "exploding": "try clipnorm or global_clipnorm in the optimizer, a smaller learning rate, "
    "BatchNormalization or LayerNormalization, he_normal or glorot_uniform initialization",
    "vanishing": "try relu with he_normal initialization, BatchNormalization, shortcuts (Highway, "
    "or keras.layers.Add), or loss_smoothing",
    "dead": "try a smaller learning rate, LeakyReLU, he_normal initialization, BatchNormalization "
    "before the activation",
    "saturated": "try BatchNormalization or LayerNormalization before the activation, a smaller "
    "learning rate, smaller initial weights or inputs, weight decay (L2)",
}


class GradientMonitor(Resumable):
    """Reports for each layer how well gradients reach it, and warns of what hinders training.

        gradient_norm = ‖∂L/∂w_l‖,   update_ratio = ‖Δw_l‖ / ‖w_l‖,
        dead = share of rectified units that are 0 for the whole probe,
        saturated = share of sigmoid or tanh outputs within 5 % of their range of a limit

    L is the compiled loss on the probe batch, without penalties and objectives, in a pass of
    training with batch statistics and dropout that changes nothing: weights, metrics and random
    numbers are those of a training without the monitor, bit for bit. Δw_l is what one step of
    training changed. Values go to the logs of each epoch as `gradient_monitor/LAYER/VALUE`, and to
    `report`; a layer of a model within the model is called `MODEL/LAYER`.

    A warning (`UserWarning`) comes once for each cause, with the layers and what to try: a loss or
    a gradient that is not finite; exploding, where ‖∂L/∂w_l‖ is above `exploding` times ‖w_l‖;
    vanishing, where it is below `vanishing` times that of the layer with the greatest, which is
    no sign that training has converged; dead and saturated, above those shares of a layer.

    It is *not* a remedy: it changes nothing. Dead units and saturation are seen where the model has
    a graph (Sequential, functional), in layers of that graph itself, not of a model within it, and
    never in the layers that give the outputs.

    Args:
        x: Inputs of the probe batch, some tens of examples.
        y: Their targets; `None` where the model needs none.
        every: Steps between two probes; with `None` one at the end of each epoch, and the update
            of its first step. If `steps_per_execution` is above 1, a probe comes with the first
            execution that begins at or after its step.
        vanishing: In [0, 1); 0 to have no such warning. Default 1e-4.
        exploding: Above 0; infinity to have no such warning. Default 100.
        dead: In [0, 1]; 1 to have no such warning. In deep layers about half of the units are 0 for
            all inputs from the start, since inputs grow alike there. Default 0.9.
        saturated: In [0, 1]; 1 to have no such warning. Default 0.5.

    Attributes:
        report: The latest values, by the layer's name, then the value's.

    Raises:
        ValueError: If an argument is out of its range; before training, if the model does
            not take `x`.

    Example:

    >>> layers = [keras.layers.Dense(8, "relu", name="hidden"), keras.layers.Dense(1, name="out")]
    >>> model = keras.Sequential([keras.Input((4,)), *layers])
    >>> model.compile("sgd", "mse")
    >>> x, y = np.ones((8, 4)), np.ones((8, 1))
    >>> monitor = keras_regzoo.callbacks.GradientMonitor(x, y, dead=1.0)
    >>> history = model.fit(x, y, verbose=0, callbacks=[monitor])
    >>> sorted(monitor.report["hidden"])
    ['dead', 'gradient_norm', 'update_ratio']

    Reference: Glorot & Bengio (2010), Understanding the Difficulty of Training Deep Feedforward
    Neural Networks, sec. 3 (saturation) and 4.2 (gradients by layer).
    """

    STATE = ("report", "warned", "steps", "probed")

    def __init__(
        self,
        x: Any,
        y: Any = None,
        every: int | None = None,
        vanishing: float = 1e-4,
        exploding: float = 100.0,
        dead: float = 0.9,
        saturated: float = 0.5,
    ) -> None:
        super().__init__()
        self.x, self.y = _checked("x", x), None if y is None else _checked("y", y)
        check_examples("`x` and `y`", self.x, self.y)
        self.every = None if every is None else validation.integer("every", every, "[1, inf)")
        self.vanishing = validation.number("vanishing", vanishing, "[0, 1)")
        self.exploding = validation.number("exploding", exploding, "(0, inf]")
        self.dead = validation.number("dead", dead, "[0, 1]")
        self.saturated = validation.number("saturated", saturated, "[0, 1]")
        self._executions = Executions(self)
        self._reset()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._reset()
        model: Any = self.model
        self._network = model.base if hasattr(model, "objectives") else model
        self._before: list[np.ndarray] | None = None
        check_taken("`x`", self._network, self.x)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._executions.begin(batch)
        if self._updates_here(batch):
            self.probed = self.steps
            write_back(self.model)
            self._layers = layers_of(self._network)
            self._before = self._weights()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        taken = self._executions.end(batch)
        self.steps += taken
        if self._before is None:
            return
        write_back(self.model)
        self._note_updates(taken)
        if self.every is not None:
            self._probe()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.every is None:
            self._probe()
        if logs is not None:
            for layer, values in self.report.items():
                for name, value in values.items():
                    logs[f"gradient_monitor/{layer}/{name}"] = value

    def _reset(self) -> None:
        self.report: dict[str, dict[str, float]] = {}
        self.warned: list[str] = []
        self.steps, self.probed = 0, -1

    def _updates_here(self, batch: int) -> bool:
        if self.every is None:
            return batch == 0
        return self.steps // self.every > self.probed // self.every

    def _weights(self) -> list[np.ndarray]:
        variables = [variable for layer in self._layers for variable in layer.variables]
        return [np.array(ops.convert_to_numpy(variable)) for variable in variables]

    def _note_updates(self, steps: int) -> None:
        """Several steps of one execution count as equal parts of what they changed together."""
        before, self._before = iter(self._before or ()), None
        after = iter(self._weights())
        for layer in self._layers:
            if layer.variables:
                pairs = [(next(before), next(after)) for _ in layer.variables]
                size = norm(old for old, _ in pairs)
                moved = norm(new.astype("float64") - old for old, new in pairs) / steps
                if size > 0:
                    self.report.setdefault(layer.name, {})["update_ratio"] = moved / size

    def _probe(self) -> None:
        self._layers = layers_of(self._network)
        value, shown = probe(self.model, self._network, self._layers, self.x, self.y)
        for name, values in shown.items():
            self.report.setdefault(name, {}).update(values)
        for cause, layers in self._found(value, shown).items():
            if layers and cause not in self.warned:
                self.warned.append(cause)
                warnings.warn(f"{_SAYS[cause]} {', '.join(layers)}: {ADVICE[cause]}.", stacklevel=2)

    def _found(self, loss: float, shown: dict[str, dict[str, float]]) -> dict[str, list[str]]:
        """Returns the layers that each cause concerns."""
        norms = {name: v["gradient_norm"] for name, v in shown.items() if "gradient_norm" in v}
        broken = [name for name, size in norms.items() if not math.isfinite(size)]
        if broken or not math.isfinite(loss):
            return {"not finite": broken or ["the loss"]}
        greatest = max(norms.values(), default=0.0)
        sizes = {layer.name: norm(layer.variables) for layer in self._layers}
        return {
            "exploding": [n for n, size in norms.items() if size > self.exploding * sizes[n] > 0],
            "vanishing": [n for n, size in norms.items() if size < self.vanishing * greatest],
            "dead": [n for n, v in shown.items() if v.get("dead", 0) > self.dead],
            "saturated": [n for n, v in shown.items() if v.get("saturated", 0) > self.saturated],
        }


_SAYS = {
    "not finite": "The gradients are not finite in",
    "exploding": "The gradients explode in",
    "vanishing": "The gradients vanish in",
    "dead": "Most units are 0 for every example of the probe in",
    "saturated": "Most outputs are at the limits of their activation in",
}


def _checked(name: str, data: Any) -> Any:
    arrays = tree.flatten(data)
    if not arrays or any(not hasattr(each, "shape") or not each.shape for each in arrays):
        raise ValueError(
            f"`{name}` must hold arrays, batch first; received {validation.shown(data)}."
        )
    return tree.map_structure(ops.convert_to_tensor, data)
