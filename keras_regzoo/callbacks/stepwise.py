"""Stepwise: what callbacks here are that count training steps."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import keras
from keras import ops

from keras_regzoo.callbacks.resumable import Resumable


class Stepwise(Resumable):
    """A callback that counts the batches the optimizer has seen. Abstract.

    Each epoch starts from the optimizer's own count, so that a continued `fit` goes on with it.

    Attributes:
        step: How many there were.
    """

    STATE = ("step",)
    step = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.step = batches_seen(self.model.optimizer)
        self.begin_epoch(epoch)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._first = batch
        self.before_execution()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.step += batch - self._first + 1
        self.after_execution()

    def begin_epoch(self, epoch: int) -> None:
        """Called at an epoch's begin; `step` is what the epoch starts from."""

    @abstractmethod
    def before_execution(self) -> None:
        """Called before each execution, which is one step or `steps_per_execution` of them."""

    def after_execution(self) -> None:
        """Called after each execution; `step` counts its steps already."""


def batches_seen(optimizer: keras.Optimizer) -> int:
    """Counts each batch, where `optimizer.iterations` counts each update of the weights."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    return int(ops.convert_to_numpy(optimizer._iterations))
