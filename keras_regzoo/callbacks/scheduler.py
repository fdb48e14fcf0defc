"""Scheduler: moves a strength while training."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.backend import assign_between_steps
from keras_regzoo.callbacks.find_strength import check_wanted, find_strength
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.stepwise import Executions, batches_seen

Schedule = Callable[[int], Any]


class Scheduler(Resumable):
    """Sets a strength from a schedule, before each epoch or each step, without recompiling.

    A strength is any argument marked "may be scheduled": of an objective, such as
    `"sharpness_aware/radius"`, or of a layer, such as `"scheduled_dropout/rate"`, anywhere in the
    model. After training it keeps its last value, and is saved with it.

    The value in force goes to the logs, and so to `History` and every logger, under the
    strength's path. A step schedule starts a `fit` from the number of batches the optimizer has
    seen, so that a continued one goes on with it, and counts on by itself, past a reset optimizer
    too; with `steps_per_execution` above 1 it moves once an execution.

    Args:
        strength: The strength's path, `"NAME/ARGUMENT"` with the name of the layer or objective;
            or the variable itself, such as `objective.radius`.
        schedule: Callable from the epoch's or step's number, counted from 0, to the value; a
            `keras.optimizers.schedules.LearningRateSchedule` is one.
        per: `"epoch"` or `"step"`.

    Raises:
        ValueError: If `schedule` is not callable or `per` is neither; before the first step, if
            the model has no such strength (the sentence lists those it has) or several of that
            path; when a value is not a number or leaves the strength's range.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((4,)), keras_regzoo.layers.ScheduledDropout(0.0, name="drop")]
    ...     + [keras.layers.Dense(1)]
    ... )
    >>> model.compile("sgd", "mse")
    >>> rise = keras_regzoo.callbacks.Scheduler("drop/rate", lambda epoch: 0.1 * epoch)
    >>> history = model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=3, verbose=0, callbacks=[rise])
    >>> [round(rate, 2) for rate in history.history["drop/rate"]]
    [0.0, 0.1, 0.2]
    """

    STATE = ("seen", "value")

    def __init__(
        self, strength: str | keras.Variable, schedule: Schedule, per: str = "epoch"
    ) -> None:
        super().__init__()
        check_wanted(strength)
        self.strength = strength
        self.schedule = validation.function("schedule", schedule)
        self.per = validation.one_of("per", per, ("epoch", "step"))
        self.seen: int | None = None
        self.value: float | None = None
        self._executions = Executions(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._path, self._found = find_strength(self.strength, self.model)
        self.seen = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.per == "epoch":
            self._set(epoch)
        elif self.seen is None:
            self.seen = batches_seen(self.model.optimizer)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.seen is not None:
            self._executions.begin(batch)
            self._set(self.seen)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.seen is not None:
            self.seen += self._executions.end(batch)
            if logs is not None:
                logs[self._path] = self.value

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs[self._path] = self.value

    def _set(self, count: int) -> None:
        value = self.schedule(count)
        with suppress(TypeError, ValueError):
            value = float(value)
        self.value = validation.number(self._path, value, self._found.within)
        assign_between_steps(self.model, self._found.variable, self.value)
