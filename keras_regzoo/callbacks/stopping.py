"""Stopping: what all callbacks here are that end training and leave the best weights."""

from __future__ import annotations

import logging
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from keras_regzoo import validation
from keras_regzoo.backend import write_back
from keras_regzoo.callbacks.fit_loop import may_be_given_logs
from keras_regzoo.callbacks.held_out import HeldOut
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.callbacks.pruned_weights import keep_zeros
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.stepwise import Executions

LOGGER = logging.getLogger("keras_regzoo")


class Stopping(Resumable, ABC):
    """Ends training when a criterion says so, and leaves the best weights. Abstract.

    A final class fills in `judge`, a function of what has been seen. The callback looks at the
    logs at the end of each epoch, or every few steps, which asks for validation data of its own;
    such a look changes nothing in how training goes on.

    The best weights are those of the look at which the monitor was best. They are put into the
    model once, when training ends, whatever ended it; what `MagnitudePruning` has removed by then
    stays 0. NaN is never best.

    After training `model.history.stopped` is the sentence that says why it was stopped, or `None`
    if no callback of this kind stopped it. The sentence is logged too, at the level INFO of the
    logger "keras_regzoo"; so is what a criterion found that did not stop training.

    Args:
        monitor: Name of the log by which weights are best.
        mode: `"min"` where less is better, `"max"` where more is; `"auto"` knows losses and Keras's
            own metrics.
        restore_best_weights: Whether the best weights are put back at the end; if not, those of
            the last step stay.
        every: Steps between two looks, at least 1; with `None` they are at the ends of epochs, of
            those with validation where it is monitored and `fit` has a `validation_freq`. If
            `steps_per_execution` is above 1, a look comes with the execution that reaches it.
        validation_data: What to look at: a tuple `(x, y)` or `(x, y, sample_weight)`, or a dataset
            that can be gone through again and again, of which one batch is tried when training
            begins. With `None` it is what `fit` logs.
        validation_batch_size: Examples evaluated at a time, at least 1; a dataset has its own.

    Attributes:
        curves: What was monitored: a list of one value for each look, under each name.
        epochs: Epochs that have ended.
        steps: Steps taken in this `fit`, whatever took them; without `every` they are counted at
            the ends of epochs.
        looked: Steps taken at the last look.
        best_look: Number of the look, from 0, at which the weights were best, or `None`.
        best_steps: Steps taken then, or `None`.
        best_weights: The weights of that look, or `None`.
        stopped: Whether this callback stopped training.
        reason: What the criterion said last, or `None`.
        noted: The sentence of this callback that the history has, or `None`.

    Raises:
        ValueError: If an argument is not as it must be, or a validation log is to be looked at
            every few steps without validation data; when training begins, if the model cannot be
            evaluated on the validation data; as soon as the logs are known, and at the first look
            at the latest, if they do not have the monitor (the sentence lists those they have);
            at the first look, if which way is better is not known.
        UserWarning: If training ends before the first look, and no log of that name was seen.

    Example:

    >>> class Enough(keras_regzoo.callbacks.Stopping):
    ...     def judge(self):
    ...         return self.epochs == 2, "two epochs are enough"
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(
    ...     *(np.ones((8, 4)), np.ones((8, 1))), epochs=5, verbose=0, callbacks=[Enough("loss")]
    ... )
    >>> history.stopped
    'Training was stopped after 2 steps: two epochs are enough.'
    """

    STATE = (
        "curves",
        "epochs",
        "steps",
        "looked",
        "best_look",
        "best_steps",
        "stopped",
        "reason",
        "noted",
    )
    ARRAYS = ("best_weights",)
    ERRORS: ClassVar[bool] = False  # whether monitors must be errors: at least 0, less is better
    BETWEEN_LOOKS: ClassVar[bool] = False  # whether to judge after each step too

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        restore_best_weights: bool = True,
        every: int | None = None,
        validation_data: Any = None,
        validation_batch_size: int | None = None,
    ) -> None:
        super().__init__()
        self.monitors = {monitor: Monitor(monitor, mode)}
        self.monitor = monitor
        self.mode = mode
        self.restore_best_weights = validation.instance(
            "restore_best_weights", restore_best_weights, bool
        )
        self.every = None if every is None else validation.integer("every", every, "[1, inf)")
        if self.ERRORS and mode == "max":
            raise ValueError(
                f"`mode` must be 'auto' or 'min', of an error; received mode={mode!r}."
            )
        self.held_out = None
        if validation_data is not None:
            self.held_out = HeldOut(validation_data, validation_batch_size)
        elif validation_batch_size is not None:
            raise ValueError(
                "`validation_batch_size` must be left out without validation_data; received "
                f"validation_batch_size={validation_batch_size!r}."
            )
        elif every is not None and monitor.startswith("val_"):
            raise ValueError(
                f"`every` must be None for monitor={monitor!r} without validation_data, as `fit` "
                f"validates at the ends of epochs; received every={every!r}."
            )
        # Keras then need not wait for each step's logs.
        self.async_safe = self.every is None and not self.BETWEEN_LOOKS
        self._executions = Executions(self)
        self._begin()

    @abstractmethod
    def judge(self) -> tuple[bool, str]:
        """Returns whether to stop, and a sentence, without its stop, that says why or why not.

        It is called after each look, until it says so, and may read all attributes.
        """

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        if self.noted is not None:
            self._note(self.noted)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._begin()
        self._note(None)
        if self.held_out is not None and self.model.built:
            self._check_names(self._held_out_names(), "val_")

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if not self.async_safe:
            self._executions.begin(batch)
        elif not self._in_epoch:
            self._in_epoch = True
            self._executions.begin(batch)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.async_safe:  # Keras may tell it of several at once, in any order
            self._last = max(self._last, batch)
            return
        self.steps += self._executions.end(batch)
        first, self._stepped = not self._stepped, True
        if self._due():
            write_back(self.model)
            self._look(logs)
            return
        if first and self.every is not None:
            self._check_names({*(logs or ()), *self._held_out_names()})
        if self.BETWEEN_LOOKS:
            self._judge()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.epochs += 1
        self._unseen -= {name for each in logs or () for name in (each, f"val_{each}")}
        if self._in_epoch:
            self.steps += self._executions.first + self._executions.end(self._last)
            self._in_epoch, self._last = False, -1
        if self.every is None and (self.held_out is not None or self._is_validated(epoch)):
            self._look(logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if not self.stopped:
            LOGGER.info(
                "%s did not stop training, of %d steps: %s.",
                type(self).__name__,
                self.steps,
                self.reason or "it had nothing to look at",
            )
        if self.steps and self._unseen and not any(self.curves.values()):
            warnings.warn(
                f"{type(self).__name__} looked at nothing in this training, of {self.steps} steps, "
                f"and it is not known whether there is a log of {sorted(self._unseen)}.",
                stacklevel=2,
            )
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
            keep_zeros(self.model)

    def _begin(self) -> None:
        self.curves: dict[str, list[float]] = {name: [] for name in self.monitors}
        self.epochs = self.steps = self.looked = 0
        self._in_epoch, self._last = False, -1
        self._unseen = set(self.monitors)  # of which no log is known yet
        self._stepped = False
        self._names: set[str] | None = None
        self.best_look: int | None = None
        self.best_steps: int | None = None
        self.best_weights: list[np.ndarray] | None = None
        self.stopped = False
        self.reason: str | None = None
        self.noted: str | None = None

    def _due(self) -> bool:
        return self.every is not None and self.steps // self.every > self.looked // self.every

    def _held_out_names(self) -> set[str]:
        if self.held_out is not None and self._names is None:
            self._names = self.held_out.names(self.model)
        return self._names or set()

    def _check_names(self, names: set[str], prefix: str = "") -> None:
        """Refuses other monitors before the first look, unless a callback may log them by then."""
        self._unseen -= names
        unknown = [each for each in self._unseen if each.startswith(prefix)]
        if unknown and not may_be_given_logs(self):
            self.monitors[min(unknown)].check(names)

    def _is_validated(self, epoch: int) -> bool:
        return all(monitor.is_due(epoch) for monitor in self.monitors.values())

    def _look(self, logs: Mapping[str, Any] | None) -> None:
        self.looked = self.steps
        if self.held_out is not None:
            logs = {**(logs or {}), **self.held_out.evaluate(self.model)}
        for name, monitor in self.monitors.items():
            value = monitor.read(logs)
            rising = monitor.rising(self.model)
            if self.ERRORS:
                _check_error(monitor.name, rising, value)
            self.curves[name].append(value)
        self._keep_if_best()
        self._judge()

    def _keep_if_best(self) -> None:
        if self.monitor not in self.monitors:
            return
        curve = self.curves[self.monitor]
        best = None if self.best_look is None else curve[self.best_look]
        if not self.monitors[self.monitor].improves(self.model, curve[-1], best):
            return
        self.best_look, self.best_steps = len(curve) - 1, self.steps
        if self.restore_best_weights:
            self.best_weights = [np.array(weight) for weight in self.model.get_weights()]

    def _judge(self) -> None:
        if self.stopped:
            return
        self.stopped, self.reason = self.judge()
        if self.stopped:
            self.model.stop_training = True
            sentence = f"Training was stopped after {self.steps} steps: {self.reason}."
            self._note(sentence)
            LOGGER.info(sentence)

    def _note(self, sentence: str | None) -> None:
        """The first of several callbacks that stop has its sentence in the history."""
        history = getattr(self.model, "history", None)
        if history is not None and (sentence is None or not history.stopped):
            history.stopped = self.noted = sentence


def _check_error(monitor: str, rising: bool, value: float) -> None:
    if rising:
        raise ValueError(
            f"`monitor` must be an error, of which less is better; received monitor={monitor!r}."
        )
    if value < 0:
        raise ValueError(
            f"`monitor` must be an error of at least 0; received monitor={monitor!r}, which is "
            f"{value:g}."
        )
