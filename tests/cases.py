"""One entry for every exported class: how to build it, what it is tried in, what it must refuse.

A new technique adds a `Case` here, and every check of `tests/checks.py` that fits its kind runs on
it. Everything that holds Keras objects is a function, so that each check gets new ones and
importing this file makes none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops
from keras.regularizers import L1, L2

from keras_regzoo import RegularizedModel, callbacks, constraints, layers, models, objectives
from keras_regzoo import regularizers as regzoo_regularizers

QUIET: Any = 0  # Keras types `verbose` as a string
KINDS = ("regularizer", "constraint", "layer", "objective", "callback", "model")

Arguments = Callable[[], dict[str, Any]]


class Trained(NamedTuple):
    """One training step on one batch, with learning rate 0.

    Attributes:
        technique: The object of the case's class.
        net: The network that has losses of its own.
        x: The batch.
        plain: The data loss plus the network's own losses, summed in NumPy.
    """

    technique: Any
    net: keras.Model
    x: np.ndarray
    plain: float


@dataclass(frozen=True)
class Case:
    """How one exported class is checked.

    Attributes:
        cls: The class.
        kind: One of `KINDS`: where it plugs into a model.
        arguments: Returns its constructor's arguments, at a strength that acts.
        variations: The same for other valid choices, together every argument.
        bad: Returns pairs (argument, a value it must refuse).
        zero: Returns arguments with which it changes nothing; `None` where there are none.
        counted: Returns arguments with which the loss is known exactly; by default `zero`.
        loss: That loss, by default the one of plain training.
        plain: What the object does when it does nothing, and at inference.
        net: Of a model, the part that `net` made.
        input_shape: Shape of one example.
        reconstructs: Whether the targets are the inputs.
        label: Tells several cases of one class apart.
        exceptions: Under a check's name, or "NAME/BACKEND", why it does not apply.
    """

    cls: type
    kind: str
    arguments: Arguments
    variations: tuple[Arguments, ...] = ()
    bad: Callable[[], list[tuple[str, Any]]] = list
    zero: Arguments | None = None
    counted: Arguments | None = None
    loss: Callable[[Trained], float] = lambda trained: trained.plain
    plain: Callable[[Any], Any] = lambda technique: lambda x: x
    net: Callable[[Any], keras.Model] = lambda technique: technique.base
    input_shape: tuple[int, ...] = (6,)
    reconstructs: bool = False
    label: str = ""
    exceptions: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return "-".join(filter(None, (self.cls.__name__, self.label)))


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
        """Compiles and fits, eagerly unless told otherwise; returns the logs."""
        compiled = {"run_eagerly": True, "jit_compile": False, "steps_per_execution": 1}
        compiled |= {name: options.pop(name) for name in tuple(options) if name in compiled}
        optimizer = keras.optimizers.SGD(learning_rate)
        self.model.compile(optimizer, loss="mse", **compiled)
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
    model = RegularizedModel(network, [technique]) if case.kind == "objective" else network
    return technique, Placed(model, network, [technique] if case.kind == "callback" else [])


def without(case: Case, technique: Any, placed: Placed) -> Placed:
    """Returns the same model, with the same weights, trained without the technique."""
    plain = case.plain(technique) if case.kind == "model" else placed.net
    return Placed(plain, placed.net, [])


def batch(case: Case, rows: int = 8) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, *case.input_shape)).astype("float32")
    return x, x if case.reconstructs else random.normal(size=(rows, 2)).astype("float32")


def _group_lasso_loss(trained: Trained) -> float:
    kernel = ops.convert_to_numpy(trained.net.get_layer("hidden").kernel)
    norms = np.sqrt(np.square(kernel).sum(axis=1))
    return trained.plain + 0.5 * math.sqrt(kernel.shape[1]) * norms.sum()


def _weight_penalty_loss(trained: Trained) -> float:
    kernel = ops.convert_to_numpy(trained.net.get_layer("hidden").kernel)
    return trained.plain + 3.0 * 0.1 * np.square(kernel).sum()


def _drop_connect_loss(trained: Trained) -> float:
    kernel = ops.convert_to_numpy(trained.technique.layer.kernel)
    outputs = ops.convert_to_numpy(trained.technique.layer(trained.x))
    activity = 0.05 * np.abs(outputs).sum() / len(trained.x)
    return trained.plain + 0.1 * np.square(kernel).sum() + activity


def _unregularized_dense() -> keras.layers.Layer:
    return keras_layers.Dense(4, "tanh")


def _regularized_dense() -> keras.layers.Layer:
    return keras_layers.Dense(4, "tanh", kernel_regularizer=L2(0.1), activity_regularizer=L1(0.05))


_TWO_DTYPES = (
    "Keras stacks the float32 data loss and the bfloat16 penalty; keras.regularizers.L2 fails too."
)
_BAD_FRACTIONS = (-0.1, 1.0, math.nan, "0.5", True, None)
_BAD_AMOUNTS = (-1.0, math.nan, "1", True, None)
_BAD_SEEDS = ("zero", 1.5)
_SPOILED_MODELS = ("net", None)
_SPOILED_OBJECTIVES = ("sam", [3], [keras.regularizers.L2])


def _each(**values: Any) -> Callable[[], list[tuple[str, Any]]]:
    return lambda: [(argument, value) for argument, bad in values.items() for value in bad]


CASES = (
    Case(
        regzoo_regularizers.GroupLasso,
        "regularizer",
        arguments=lambda: {"strength": 0.5, "axis": 0},
        variations=(lambda: {"axis": -1}, lambda: {"axis": (0, 1)}, lambda: {}),
        bad=_each(strength=_BAD_AMOUNTS, axis=(0.5, "0", True, None, (0, 1.5))),
        zero=lambda: {"strength": 0.0},
        counted=lambda: {"strength": 0.5, "axis": 0},
        loss=_group_lasso_loss,
        exceptions={"bfloat16/tensorflow": _TWO_DTYPES},
    ),
    Case(
        constraints.L1Ball,
        "constraint",
        arguments=lambda: {"radius": 0.5},
        variations=(lambda: {"axis": 0}, lambda: {"axis": (0, 1)}, lambda: {"radius": 0.0}),
        bad=_each(radius=_BAD_AMOUNTS, axis=(0.5, "0", True, (0, 1.5))),
        zero=lambda: {"radius": 1e9},
    ),
    Case(
        layers.DropConnect,
        "layer",
        arguments=lambda: {"layer": _unregularized_dense(), "rate": 0.5},
        variations=(
            lambda: {"layer": _regularized_dense(), "rate": 0.2, "per_example": True},
            lambda: {"layer": _unregularized_dense(), "inference": "moments", "samples": 3},
            lambda: {"layer": _regularized_dense(), "seed": 1},
        ),
        bad=lambda: [
            ("layer", keras_layers.Flatten()),
            ("layer", "dense"),
            *_each(
                rate=_BAD_FRACTIONS,
                per_example=("yes", None),
                inference=("median", None),
                samples=(0, 2.5),
                seed=_BAD_SEEDS,
            )(),
        ],
        zero=lambda: {"layer": _regularized_dense(), "rate": 0.0},
        loss=_drop_connect_loss,
        plain=lambda technique: technique.layer,
    ),
    Case(
        layers.DropConnect,
        "layer",
        label="convolution",
        arguments=lambda: {"layer": keras_layers.Conv2D(2, 2), "rate": 0.5},
        zero=lambda: {"layer": keras_layers.Conv2D(2, 2), "rate": 0.0},
        plain=lambda technique: technique.layer,
        input_shape=(4, 4, 1),
    ),
    Case(
        layers.MaskingNoise,
        "layer",
        arguments=lambda: {"rate": 0.5},
        variations=(lambda: {"rate": 0.1, "seed": 1},),
        bad=_each(rate=_BAD_FRACTIONS, seed=_BAD_SEEDS),
        zero=lambda: {"rate": 0.0},
    ),
    Case(
        layers.ScheduledDropout,
        "layer",
        arguments=lambda: {"rate": 0.5},
        variations=(lambda: {"rate": 0.1, "noise_shape": (None, 1), "seed": 1},),
        bad=_each(rate=_BAD_FRACTIONS, noise_shape=("all", 3, (None, 0.5)), seed=_BAD_SEEDS),
        zero=lambda: {"rate": 0.0},
    ),
    Case(
        objectives.AdversarialTraining,
        "objective",
        arguments=lambda: {"radius": 0.1},
        variations=(
            lambda: {"norm": "l2", "steps": 2, "random_start": True, "clean_weight": 0.0},
            lambda: {"steps": 2, "step_size": 0.05, "random_start": True},
            lambda: {"valid_range": (-1.0, 1.0), "seed": 1, "name": "attack"},
        ),
        bad=_each(
            radius=_BAD_AMOUNTS,
            norm=("l1", None),
            steps=(0, 1.5),
            step_size=(0.0, "1"),
            random_start=("yes", None),
            clean_weight=(-0.1, 1.1, None),
            valid_range=((1.0, 0.0), 1.0, (0.0, 0.5, 1.0)),
            seed=_BAD_SEEDS,
        ),
        zero=lambda: {"radius": 0.0},
    ),
    Case(
        objectives.Mixup,
        "objective",
        arguments=lambda: {"alpha": 0.4},
        variations=(lambda: {"alpha": 1.0, "seed": 1},),
        bad=_each(alpha=_BAD_AMOUNTS, seed=_BAD_SEEDS),
        zero=lambda: {"alpha": 0.0},
    ),
    Case(
        objectives.SharpnessAware,
        "objective",
        arguments=lambda: {"radius": 0.05},
        bad=_each(radius=_BAD_AMOUNTS),
        zero=lambda: {"radius": 0.0},
    ),
    Case(
        objectives.WeightNoise,
        "objective",
        arguments=lambda: {"stddev": 0.1},
        variations=(lambda: {"seed": 1},),
        bad=_each(stddev=_BAD_AMOUNTS, seed=_BAD_SEEDS),
        zero=lambda: {"stddev": 0.0},
    ),
    Case(
        objectives.WeightPenalty,
        "objective",
        arguments=lambda: {"patterns": {"kernel": L2(0.1), "hidden/bias": L1(0.1)}},
        variations=(lambda: {"patterns": L2(0.1), "strength": 0.5},),
        bad=_each(
            patterns=({"(": L2(0.1)}, {3: L2(0.1)}, {"kernel": 0.1}, "no such regularizer", 0.1),
            strength=_BAD_AMOUNTS,
        ),
        zero=lambda: {"patterns": L2(0.1), "strength": 0.0},
        counted=lambda: {"patterns": {"hidden/kernel": L2(0.1)}, "strength": 3.0},
        loss=_weight_penalty_loss,
    ),
    Case(
        RegularizedModel,
        "model",
        arguments=lambda: {"model": net(), "objectives": [objectives.SharpnessAware(0.05)]},
        variations=(
            lambda: {
                "model": net(),
                "objectives": [objectives.Mixup(0.2), objectives.WeightNoise(0.01)],
            },
        ),
        bad=_each(model=_SPOILED_MODELS, objectives=_SPOILED_OBJECTIVES),
        zero=lambda: {"model": net()},
        counted=lambda: {
            "model": net(losses=True),
            "objectives": [objectives.WeightPenalty({"hidden/kernel": L2(0.1)}, 3.0)],
        },
        loss=_weight_penalty_loss,
        plain=lambda technique: technique.base,
    ),
    Case(
        callbacks.Scheduler,
        "callback",
        arguments=lambda: {"strength": "drop/rate", "schedule": lambda count: 0.1 * (count % 5)},
        variations=(
            lambda: {"strength": "drop/rate", "schedule": lambda step: 0.01, "per": "step"},
        ),
        bad=_each(strength=(3, None), schedule=(0.5, None), per=("batch", None)),
        zero=lambda: {"strength": "drop/rate", "schedule": lambda count: 0.0},
        exceptions={
            "docstring_equation": "It moves the strengths of others.",
            "docstring_reference": "It is no technique.",
        },
    ),
    Case(
        models.Autoencoder,
        "model",
        arguments=encoder_and_decoder,
        variations=(
            lambda: {
                **encoder_and_decoder(),
                "objectives": [objectives.WeightPenalty({"decoder/.*kernel": L2(0.1)})],
            },
        ),
        bad=_each(encoder=_SPOILED_MODELS, decoder=_SPOILED_MODELS, objectives=_SPOILED_OBJECTIVES),
        zero=encoder_and_decoder,
        counted=lambda: encoder_and_decoder(losses=True),
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
    Case(
        models.DenoisingAutoencoder,
        "model",
        arguments=lambda: {**encoder_and_decoder(), "corruption": 0.3},
        variations=(
            lambda: {**encoder_and_decoder(), "corruption": keras_layers.GaussianNoise(0.3)},
            lambda: {**encoder_and_decoder(), "objectives": [objectives.WeightNoise(0.01)]},
        ),
        bad=_each(
            encoder=_SPOILED_MODELS,
            decoder=_SPOILED_MODELS,
            corruption=_BAD_FRACTIONS,
            objectives=_SPOILED_OBJECTIVES,
        ),
        zero=lambda: {**encoder_and_decoder(), "corruption": 0.0},
        counted=lambda: {**encoder_and_decoder(losses=True), "corruption": 0.0},
        plain=lambda technique: keras.Sequential([technique.encoder, technique.decoder]),
        net=lambda technique: technique.encoder,
        reconstructs=True,
    ),
)

_ABSTRACT = "abstract: its final subclasses have cases"
_BUILDER = "a function that returns plain Keras models; tests/models tests it"

NOT_CASES = {
    "BaseAutoencoder": _ABSTRACT,
    "BatchTransform": _ABSTRACT,
    "Objective": _ABSTRACT,
    "Penalty": _ABSTRACT,
    "WeightTransform": _ABSTRACT,
    "Loss": "no Keras object: what an objective receives and returns within one step",
    "Point": "no Keras object: where a `Loss` is evaluated",
    "conv_autoencoder": _BUILDER,
    "dense_autoencoder": _BUILDER,
}

PACKAGES = (regzoo_regularizers, constraints, layers, objectives, callbacks, models)


def by_id(wanted: str) -> Case:
    """Returns the case of that id."""
    (found,) = (case for case in CASES if case.id == wanted)
    return found
