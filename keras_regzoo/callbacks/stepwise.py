"""Stepwise: what callbacks here are that count training steps."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import keras
from keras import ops

from keras_regzoo.backend import write_back
from keras_regzoo.callbacks.resumable import Resumable


class Executions:
    """Counts the steps of executions, which are one step or `steps_per_execution` of them.

    The last of an epoch may be of fewer than Keras says. Where the data do not know their length,
    the optimizer has counted how many they were.

    Args:
        callback: One that is told of each execution.

    Attributes:
        first: The number within its epoch of the execution's first step.
    """

    def __init__(self, callback: keras.callbacks.Callback) -> None:
        self._callback = callback
        self.first = self._before = 0

    def begin(self, first: int) -> None:
        """Called before an execution, or before the first of several that are counted together."""
        self.first = first
        if self._is_unknown():
            self._before = self._updates()

    def end(self, last: int) -> int:
        """Returns the steps since `begin`, of which Keras says that `last` was the last."""
        steps = (self._callback.params or {}).get("steps")
        said = (min(last, steps - 1) if steps else last) - self.first + 1
        if not self._is_unknown():
            return said
        updates = self._updates() - self._before
        return updates if 0 < updates < said else said

    def _is_unknown(self) -> bool:
        callback: Any = self._callback
        known = (callback.params or {}).get("steps")
        return not known and callback.model.steps_per_execution > 1

    def _updates(self) -> int:
        write_back(self._callback.model)
        return batches_seen(self._callback.model.optimizer)


class Stepwise(Resumable):
    """A callback that counts the batches trained on. Abstract.

    A `fit` starts from the optimizer's own count, so that a continued one goes on with it, and
    counts on by itself: also steps that a loss scale leaves out, and past a reset optimizer.

    Attributes:
        step: How many there were.
        taken: How many of them the last execution took.
    """

    STATE = ("step",)
    step = taken = 0

    def __init__(self) -> None:
        super().__init__()
        self._executions = Executions(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.step = batches_seen(self.model.optimizer)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._executions.begin(batch)
        self.before_execution()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.taken = self._executions.end(batch)
        self.step += self.taken
        self.after_execution()

    def begin_epoch(self, epoch: int) -> None:
        """Called at an epoch's begin; `step` is what the epoch starts from."""

    @abstractmethod
    def before_execution(self) -> None:
        """Called before each execution, which is one step or `steps_per_execution` of them."""

    def after_execution(self) -> None:
        """Called after each execution; `step` counts its steps already."""


def batches_seen(optimizer: keras.Optimizer | None) -> int:
    """Counts each batch, where `optimizer.iterations` counts each update of the weights.

    Batches whose gradients a loss scale has left out are not among them.

    Raises:
        ValueError: If there is no optimizer.
    """
    if optimizer is None:
        raise ValueError(
            "`optimizer` must be given to `compile` for its steps to be counted; received None."
        )
    counting: Any = getattr(optimizer, "inner_optimizer", optimizer)
    return int(ops.convert_to_numpy(counting._iterations))
