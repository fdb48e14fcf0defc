"""The networks that the cases are tried in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops
from keras.regularizers import L1, L2

from keras_regzoo import RegularizedModel, layers
from keras_regzoo.quiet import QUIET
from tests.backends import QUICKEST
from tests.cases.case import Arguments, Case


class AddsLoss(keras_layers.Layer):
    """Passes its input on, with an `add_loss` of 0.3 times its mean square."""

    def call(self, inputs: Any) -> Any:
        self.add_loss(0.3 * ops.mean(ops.square(inputs)))
        return inputs


def net(
    shape: tuple[int, ...] = (6,),
    outputs: int = 2,
    layer: Any = None,
    regularizer: Any = None,
    constraint: Any = None,
    losses: bool = False,
) -> keras.Model:
    """Returns a small network with batch normalization and dropout.

    With `losses` it has neither, but three losses of its own, which `own_losses` sums.
    """
    inputs = keras.Input(shape)
    hidden = inputs if layer is None else layer(inputs)
    if len(hidden.shape) > 2:
        hidden = keras_layers.Flatten()(hidden)
    hidden = keras_layers.Dense(
        5,
        "tanh",
        kernel_regularizer=regularizer,
        kernel_constraint=constraint,
        activity_regularizer=L1(0.02) if losses else None,
        name="hidden",
    )(hidden)
    if losses:
        hidden = AddsLoss()(hidden)
    else:
        hidden = keras_layers.BatchNormalization()(hidden)
        hidden = keras_layers.Dropout(0.2, seed=3)(hidden)
    decay = L2(0.01) if losses else None
    hidden = keras_layers.Dense(outputs, kernel_regularizer=decay, name="outputs")(hidden)
    return keras.Model(inputs, hidden)


def own_losses(network: keras.Model, x: np.ndarray) -> float:
    """Returns in NumPy what `net(losses=True)` adds to the data loss on the batch `x`."""
    activations = keras.Model(network.inputs[0], network.get_layer("hidden").output)
    hidden = ops.convert_to_numpy(activations(x))
    kernel = ops.convert_to_numpy(network.get_layer("outputs").kernel)
    activity = 0.02 * np.abs(hidden).sum() / len(x)
    return activity + 0.3 * np.square(hidden).mean() + 0.01 * np.square(kernel).sum()


def encoder_and_decoder(losses: bool = False) -> dict[str, Any]:
    decoder = keras.Sequential([keras.Input((2,)), keras_layers.Dense(6)], name="decoder")
    return {"encoder": net(outputs=2, losses=losses), "decoder": decoder}


@dataclass
class Placed:
    """A technique in a model that can be trained; `net` is the part that `cases.net` made."""

    model: keras.Model
    net: keras.Model
    callbacks: list[keras.callbacks.Callback]

    def fit(self, x: Any, y: Any, learning_rate: float = 0.1, **options: Any) -> dict[str, Any]:
        """Compiles and fits in the quickest way unless told otherwise; returns the logs."""
        compiled = {**QUICKEST, "steps_per_execution": 1}
        compiled |= {name: options.pop(name) for name in tuple(options) if name in compiled}
        optimizer = keras.optimizers.SGD(learning_rate)
        brings_loss = getattr(self.model, "criterion", None) is not None
        self.model.compile(optimizer, loss=None if brings_loss else "mse", **compiled)
        options = {"batch_size": len(x), "shuffle": False, "verbose": QUIET, **options}
        return self.model.fit(x, y, callbacks=self.callbacks, **options).history


def place(case: Case, arguments: Arguments, losses: bool = False) -> tuple[Any, Placed]:
    """Builds a technique and puts it where its kind plugs in."""
    technique = case.cls(**arguments())
    if case.kind == "model":
        return technique, Placed(technique, case.net(technique), [])
    parts: dict[str, Any] = {
        "regularizer": {"regularizer": technique},
        "constraint": {"constraint": technique},
        "layer": {"layer": technique},
        "objective": {},
        "callback": {"layer": layers.ScheduledDropout(0.0, name="drop")},
    }
    network = net(case.input_shape, losses=losses, **parts[case.kind])
    objectives = [technique] if case.kind == "objective" else case.objectives()
    model = RegularizedModel(network, objectives) if objectives else network
    return technique, Placed(model, network, [technique] if case.kind == "callback" else [])


def without(case: Case, technique: Any, placed: Placed) -> Placed:
    """Returns the same model, with the same weights, trained without the technique."""
    plain = case.plain(technique) if case.kind == "model" else placed.net
    return Placed(plain, placed.net, [])


def batch(case: Case, rows: int = 4) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, *case.input_shape)).astype("float32")
    x = 1 / (1 + np.exp(-x)) if case.in_unit_interval else x
    return x, x if case.reconstructs else random.normal(size=(rows, 2)).astype("float32")
