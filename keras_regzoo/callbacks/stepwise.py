"""Stepwise: what callbacks here are that count training steps."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import keras
from keras import ops

from keras_regzoo.callbacks.resumable import Resumable


class Stepwise(Resumable):
    """A callback that counts the batches trained on. Abstract.

    A `fit` starts from the optimizer's own count, so that a continued one goes on with it, and
    counts on by itself: also steps that a loss scale leaves out, and past a reset optimizer.

    Attributes:
        step: How many there were.
    """

    STATE = ("step",)
    step = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.step = batches_seen(self.model.optimizer)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._first = batch
        self.before_execution()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.step += steps_taken(self, self._first, batch)
        self.after_execution()

    def begin_epoch(self, epoch: int) -> None:
        """Called at an epoch's begin; `step` is what the epoch starts from."""

    @abstractmethod
    def before_execution(self) -> None:
        """Called before each execution, which is one step or `steps_per_execution` of them."""

    def after_execution(self) -> None:
        """Called after each execution; `step` counts its steps already."""


def steps_taken(callback: keras.callbacks.Callback, first: int, last: int) -> int:
    """Returns the steps of an execution; the last of an epoch may be of fewer than Keras says."""
    steps = (callback.params or {}).get("steps")
    return (min(last, steps - 1) if steps else last) - first + 1


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
