"""GradualUnfreezing: trains the last layer first, then one group of layers more at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.backend import HeldOptimizer, reset_optimizer
from keras_regzoo.callbacks.frozen_layers import freeze, thaw
from keras_regzoo.callbacks.resumable import Resumable

Groups = int | Sequence[str | Sequence[str]]


class GradualUnfreezing(Resumable):
    """Freezes all layers but the last ones, and unfreezes them from the top, a group at a time.

        trainable in epoch t = groups 1 … min(⌊t / epochs⌋ + 1, number of groups)

    t counts from 0. A frozen group is frozen as by Keras's `trainable = False`: no gradient
    reaches its weights, no weight decay, no constraint, no moving average, bit for bit; its batch
    normalization works with the statistics it has and keeps them; its penalties are left out; and
    the backward pass ends above it, which saves its time. The step is therefore compiled once for
    each group, where there is something to compile.

    The layers are frozen while an epoch runs and only then: with this callback's end of the epoch
    the model is again as it was built, and so is its optimizer, which always has the slots of all
    weights. So the model, saved at the end of an epoch and loaded, goes on. Checkpoints of this
    package save it as it was built at any time; Keras's `ModelCheckpoint` must come after this
    callback and save at the ends of epochs, or it saves the layers as frozen. Where training ends
    early the last groups have stayed as they were. A `fit` that an error or a KeyboardInterrupt
    ends within an epoch leaves the layers frozen, until the next one with such a callback begins.

    It is *not* a discriminative learning rate, by which the paper lets lower layers move less.

    Args:
        groups: How many layers with weights make a group, counted from the last; or a list of
            groups, the one that trains first, first, each the name of a layer or nested model or a
            list of names. Layers in no group are left as they are. Default 1.
        epochs: Epochs between two groups, at least 1. Default 1.
        reset_optimizer: Whether the optimizer starts as new with each group, as compiling again
            makes it; learning rate schedules then begin again too. Without it the weights in
            training keep their slots and the new ones start from empty slots, but in the midst of
            the count of steps: Adam's bias correction is then off, and its first steps with them up
            to 6.6 times too long. Default `True`.

    Raises:
        ValueError: If an argument is out of its range, or a layer is in two groups; before
            training, if the model is not built, or has no layer of a name with something to train
            (the sentence lists those it has).

    Example:

    >>> layers = [keras.layers.Dense(2, name=name) for name in ("low", "middle", "top")]
    >>> model = keras.Sequential([keras.Input((4,)), *layers])
    >>> model.compile("adam", "mse")
    >>> before = model.get_layer("low").get_weights()
    >>> thaw = keras_regzoo.callbacks.GradualUnfreezing()
    >>> history = model.fit(np.ones((8, 4)), np.ones((8, 2)), epochs=2, verbose=0, callbacks=[thaw])
    >>> bool(np.all(before[0] == model.get_layer("low").get_weights()[0]))
    True

    Reference: Howard & Ruder (2018), Universal Language Model Fine-tuning for Text Classification,
    sec. 3.3.
    """

    STATE = ("stage",)

    def __init__(self, groups: Groups = 1, epochs: int = 1, reset_optimizer: bool = True) -> None:
        super().__init__()
        self.groups = _checked(groups)
        self.epochs = validation.integer("epochs", epochs, "[1, inf)")
        self.reset_optimizer = validation.one_of("reset_optimizer", reset_optimizer, (False, True))
        self.stage: int | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        thaw(self.model)  # what an interrupted fit has left
        if not all(layer.built for layer in self.model._flatten_layers()):
            raise ValueError(
                "`model` must be built before its layers are frozen, by an Input or one call; "
                f"received {self.model.name!r}, which is not."
            )
        self._stages = _layers_of(self.model, self.groups)
        self._optimizer = HeldOptimizer(self.model)
        self.stage = self._compiled_for = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        stage = min(epoch // self.epochs, len(self._stages) - 1)
        others = [layer for group in self._stages[stage + 1 :] for layer in group]
        if stage != self.stage:
            self._begin(stage, others)
        freeze(self.model, self._optimizer, others)
        if stage != self._compiled_for:
            self._compiled_for = stage
            self.model.make_train_function(force=True)
            self.model.test_function = self.model.predict_function = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        thaw(self.model)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self._compiled_for is not None and self._compiled_for + 1 < len(self._stages):
            self.model.train_function = None

    def _begin(self, stage: int, others: list[keras.layers.Layer]) -> None:
        if self.stage is not None and self.reset_optimizer:
            reset_optimizer(self.model)
        variables = [variable for layer in others for variable in layer.trainable_variables]
        self._optimizer.start_averages(variables)
        self.stage = stage


def _layers_of(model: keras.Model, groups: Any) -> list[list[keras.layers.Layer]]:
    """Returns the layers of each group, that which is trained first, first."""
    if isinstance(groups, int):
        network = getattr(model, "base", model) if hasattr(model, "objectives") else model
        layers = list(reversed(_with_weights(network)))
        return [layers[start : start + groups] for start in range(0, len(layers), groups)]
    known = {
        layer.name: layer
        for layer in reversed(model._flatten_layers(include_self=False))
        if layer.trainable_variables
    }
    for name in (name for group in groups for name in group):
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise ValueError(
                f"`groups` must name layers with trainable weights ({listed}); received {name!r}."
            )
    return [[known[name] for name in group] for group in groups]


def _with_weights(model: keras.Model) -> list[keras.layers.Layer]:
    """Returns the layers of a model and of the models in it that have something to train."""
    found: list[keras.layers.Layer] = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += _with_weights(layer)
        elif layer.trainable_variables:
            found.append(layer)
    return list(dict.fromkeys(found))


def _checked(groups: Any) -> Any:
    if isinstance(groups, int | float) or not isinstance(groups, list | tuple) or not groups:
        return validation.integer("groups", groups, "[1, inf)")
    named = [(group,) if isinstance(group, str) else group for group in groups]
    names: list[Any] = []
    for group in named:
        if not isinstance(group, list | tuple) or not group:
            raise ValueError(f"`groups` must hold names or lists of them; received {group!r}.")
        names += group
    for name in names:
        validation.instance("groups", name, str)
        if names.count(name) > 1:
            raise ValueError(f"`groups` must name each layer once; received {name!r} twice.")
    return [list(group) for group in named]
