"""Stages of pretraining, each trained on the codes of the one before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from keras_regzoo import validation
from keras_regzoo.layers import MaskingNoise
from keras_regzoo.quiet import QUIET
from keras_regzoo.training.chains import Layers, Shape, through
from keras_regzoo.training.fit_options import check_callbacks, check_metrics, for_one_fit
from keras_regzoo.training.pretraining import Pretraining
from keras_regzoo.training.stage_codes import Batches, Store
from keras_regzoo.training.stage_layers import copied


class Network(keras.Model):
    """Layers applied one after the other, which leaves them and their graphs as they are."""

    def __init__(self, parts: Layers, input_shape: Shape) -> None:
        super().__init__()
        self.parts = list(parts)
        for part in self.parts:
            if not part.built:
                part.build(input_shape)
            input_shape = through([part], input_shape)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        for part in self.parts:
            inputs = part(inputs, training=training)
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return through(self.parts, input_shape)


@dataclass(frozen=True)
class Stage:
    """What one stage trains.

    Attributes:
        encode: The model's layers from the stage's inputs to its codes.
        bridge: Layers between codes and decoder that are dropped afterwards.
        decode: Layers from there to the targets, the model's own or temporary.
        own: Which of all these are the model's.
        loss: What its outputs are compared with the targets by.
        epochs: How many at most.
        corruption: A layer that acts on its inputs in training, or `None`.
        sparsity: A layer that acts on its codes, or `None`.
    """

    encode: Layers
    bridge: Layers
    decode: Layers
    own: Layers
    loss: Any
    epochs: int
    corruption: keras.layers.Layer | None
    sparsity: keras.layers.Layer | None

    def network(self, input_shape: Shape) -> Network:
        """Returns the network to train, with new layers for corruption and sparsity."""
        corrupt = [] if self.corruption is None else [copied(self.corruption)]
        sparse = [] if self.sparsity is None else [copied(self.sparsity)]
        parts = [*corrupt, *self.encode, *sparse, *self.bridge, *self.decode]
        return Network(parts, input_shape)


@dataclass(frozen=True)
class Options:
    """What the fits of all stages share."""

    optimizer: Any
    metrics: Any
    batch_size: int
    patience: int | None
    callbacks: Callable[[], list[keras.callbacks.Callback]] | None
    store: str | os.PathLike[str] | None
    verbose: Any

    def check(self, validated: bool) -> None:
        """Raises a ValueError for an option that is not as it must be."""
        validation.integer("batch_size", self.batch_size, "[1, inf)")
        check_callbacks(self.callbacks)
        check_metrics(self.metrics)
        Store(self.store)
        new_optimizer(self.optimizer)
        if self.patience is not None:
            validation.integer("patience", self.patience, "[0, inf)")
            if not validated:
                raise ValueError(
                    "`patience` must come with a `validation_split` or `validation_data`, whose "
                    f"loss it waits for; received patience={self.patience} without."
                )


def new_optimizer(optimizer: Any) -> keras.optimizers.Optimizer:
    """Returns an optimizer that has seen nothing, as `optimizer` describes it.

    Raises:
        ValueError: If Keras knows no such optimizer.
    """
    try:
        made = keras.optimizers.get(optimizer)
        return type(made).from_config(made.get_config())
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise ValueError(
            f"`optimizer` must be an optimizer or the name of one; received {optimizer!r}."
        ) from error


def for_stages(name: str, value: Any, count: int) -> list[Any]:
    """Returns a value for each stage: the items of a list, or the same for all.

    Raises:
        ValueError: If a list has another number of items.
    """
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"`{name}` must be one value, or a list of one for each of {count} stages; received "
            f"{len(value)}."
        )
    return list(value)


def corruption_layers(corruption: Any, count: int) -> list[keras.layers.Layer | None]:
    """Returns each stage's corruption, a layer or `None`.

    Raises:
        ValueError: If one is neither a rate in [0, 1) nor a layer nor `None`.
    """
    found = []
    for each in for_stages("corruption", corruption, count):
        if each is not None and not isinstance(each, keras.layers.Layer):
            each = MaskingNoise(validation.number("corruption", each, "[0, 1)"))
        found.append(each)
    return found


def stage_epochs(epochs: Any, count: int) -> list[int]:
    """Returns each stage's number of epochs.

    Raises:
        ValueError: If one is not an integer of at least 1.
    """
    given = for_stages("epochs", epochs, count)
    return [validation.integer("epochs", each, "[1, inf)") for each in given]


def sparsity_layers(sparsity: Any, count: int) -> list[keras.layers.Layer | None]:
    """Returns each stage's sparsity, a layer or `None`.

    Raises:
        ValueError: If one is neither.
    """
    found = for_stages("sparsity", sparsity, count)
    for each in found:
        if each is not None:
            validation.instance("sparsity", each, keras.layers.Layer)
    return found


def train_stages(
    stages: Sequence[Stage], data: list[tuple[Any, Any]], options: Options
) -> Pretraining:
    """Trains each stage in turn, with the inputs that the stages before make of the first ones.

    Args:
        stages: They share no weights that train.
        data: Inputs and targets to train on, and those to validate on if there are any. Targets
            hold in all stages; where they are `None`, a stage's inputs, as the bridge of the one
            before shows them, are its targets.
        options: What their fits share.
    """
    histories = []
    own_targets = data[0][1] is None
    with Store(options.store) as store, _shown(options.verbose) as bar:
        if own_targets:
            data = [(inputs, inputs) for inputs, _ in data]
        for number, stage in enumerate(stages):
            names = ", ".join(_names(stage))
            line = f"stage {number + 1} of {len(stages)}: {names}"
            task = bar.add_task(line, total=stage.epochs, logged="")
            histories.append(_fit(stage, data, options, _Shown(bar, task)))
            bar.update(task, total=len(histories[-1]["loss"]))
            if number + 1 == len(stages):
                break
            shape, before = data[0][0].shape, data
            encode, shown = (
                Network(layers, shape) for layers in (stage.encode, [*stage.encode, *stage.bridge])
            )
            data = []
            for inputs, targets in before:
                codes = store.outputs(encode, inputs, options.batch_size)
                if own_targets:
                    targets = codes
                    if stage.bridge:
                        targets = store.outputs(shown, inputs, options.batch_size)
                data.append((codes, targets))
            store.drop(*(array for pair in before for array in pair))
    return Pretraining(
        tuple(tuple(_names(stage)) for stage in stages),
        tuple(histories),
        tuple(bool(stage.bridge) for stage in stages),
    )


def _fit(
    stage: Stage, data: list[tuple[Any, Any]], options: Options, shown: keras.callbacks.Callback
) -> dict[str, list[float]]:
    network = stage.network(data[0][0].shape)
    network.compile(new_optimizer(options.optimizer), stage.loss, metrics=options.metrics)
    network.optimizer.build(network.trainable_variables)  # or TensorFlow traces a step twice
    random = np.random.default_rng(np.random.randint(2**31))  # from what Keras has seeded
    train = Batches(*data[0], options.batch_size, random)
    fit: dict[str, Any] = for_one_fit({"callbacks": options.callbacks, "epochs": stage.epochs})
    fit["callbacks"] = [*(fit["callbacks"] or []), shown]
    if len(data) > 1:
        fit["validation_data"] = Batches(*data[1], options.batch_size)
        if options.patience is not None:
            stopping = keras.callbacks.EarlyStopping(
                "val_loss", patience=options.patience, mode="min", restore_best_weights=True
            )
            fit["callbacks"].append(stopping)
    return network.fit(train, shuffle=False, **{**fit, "verbose": QUIET}).history


def _names(stage: Stage) -> list[str]:
    return [layer.name for layer in stage.own]


def _shown(verbose: Any) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    logged = TextColumn("{task.fields[logged]}")
    return Progress(*columns, logged, console=Console(stderr=True), disable=not verbose)


class _Shown(keras.callbacks.Callback):
    """Moves a progress bar on, epoch by epoch."""

    def __init__(self, bar: Progress, task: Any) -> None:
        super().__init__()
        self.bar, self.task = bar, task

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        found = {name: value for name, value in (logs or {}).items() if name.endswith("loss")}
        logged = ", ".join(f"{name} {float(value):.4g}" for name, value in found.items())
        self.bar.update(self.task, completed=epoch + 1, logged=logged)
