"""CurriculumScheduler: moves a `CurriculumDataset` while training on it."""

from __future__ import annotations

import logging
from typing import Any, Protocol, runtime_checkable

from keras_regzoo import validation
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.callbacks.pacing_reach import check_reach, planned_levels
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.stepwise import batches_seen

LOGGER = logging.getLogger("keras_regzoo")

SHARE = "curriculum/share"


@runtime_checkable
class Curriculum(Protocol):
    """What a `CurriculumScheduler` moves: a `keras_regzoo.data.CurriculumDataset`."""

    @property
    def started(self) -> bool: ...

    @property
    def in_order(self) -> bool: ...

    def share(self, count: int) -> float: ...

    def move_to(self, count: int, draw: int = 0, by_step: bool = False) -> None: ...

    def __len__(self) -> int: ...


class CurriculumScheduler(Resumable):
    """Lets a curriculum grow, by epochs, by steps or when the model stops improving.

        t = the epoch, the number of batches seen, or the level

    The dataset then serves the pool of its pacing function at t. Epochs are counted as `fit` counts
    them, steps from the optimizer's count when `fit` begins, so that a continued one goes on. By
    plateaus, t is a level that begins at 0 and rises by 1 after `patience` epochs without
    improvement on it, up to the first at which all examples are served; another level is another
    loss, so each begins anew. If training ends before it, the logger "keras_regzoo" says so at the
    level WARNING.

    The share goes to the logs of each epoch, and so to `History`, as `"curriculum/share"`: that of
    the epoch's last batch.

    By step, the dataset knows the pool of each batch of an epoch before it begins, since what
    reads ahead would miss a move in between. The batches must then come in order.

    Args:
        dataset: The `keras_regzoo.data.CurriculumDataset` that `fit` is given.
        by: `"epoch"`, `"step"` or `"plateau"`.
        monitor: By plateaus, the log that must improve, such as `"loss"`.
        mode: By plateaus, `"min"` where less is better, `"max"` where more is; `"auto"` knows
            losses and Keras's own metrics.
        patience: By plateaus, the epochs without improvement after which it moves, at least 1.
        min_delta: By plateaus, the least change that counts as an improvement, at least 0.

    Raises:
        ValueError: If an argument is not as it must be; before the first step, if the pacing
            function cannot reach 1 within the epochs planned, or `fit` takes other steps an epoch
            than the dataset has batches; when `fit` trains on something else or, by step, shuffles
            the batches; when the logs have no such monitor.

    Example:

    >>> x = np.arange(8.0)[:, None]
    >>> paced = keras_regzoo.data.pacing.linear(0.5, length=2)
    >>> curriculum = keras_regzoo.data.CurriculumDataset(x, 2 * x, x[:, 0], paced, batch_size=2)
    >>> scheduler = keras_regzoo.callbacks.CurriculumScheduler(curriculum)
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(curriculum, epochs=3, verbose=0, callbacks=[scheduler])
    >>> history.history["curriculum/share"]
    [0.5, 0.75, 1.0]

    Reference: Bengio, Louradour, Collobert & Weston (2009), Curriculum Learning, sec. 3; Hacohen &
    Weinshall (2019), On the Power of Curriculum Learning in Training Deep Networks, algorithm 1 (by
    step).
    """

    STATE = ("first_epoch", "position", "seen", "step", "level", "best", "waited")

    def __init__(
        self,
        dataset: Curriculum,
        by: str = "epoch",
        monitor: str = "loss",
        mode: str = "auto",
        patience: int = 3,
        min_delta: float = 0.0,
    ) -> None:
        super().__init__()
        if not isinstance(dataset, Curriculum):
            raise ValueError(
                f"`dataset` must be a `CurriculumDataset`; received {dataset!r} (of type "
                f"{type(dataset).__name__})."
            )
        self.dataset = dataset
        self.by = validation.one_of("by", by, ("epoch", "step", "plateau"))
        self.monitor = Monitor(monitor, mode, min_delta)
        self.patience = validation.integer("patience", patience, "[1, inf)")
        self._begin()

    @property
    def position(self) -> list[int]:
        """The count and the draw of the dataset at the epoch's first batch."""
        return self._position

    @position.setter
    def position(self, position: list[int]) -> None:
        self._position = [int(each) for each in position]
        self.dataset.move_to(*self._position, by_step=self.by == "step")
        self._read = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._check_steps()
        self._begin()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch
        if self.seen is None:
            self.seen = batches_seen(self.model.optimizer)
        counts = {"epoch": epoch, "step": self.seen, "plateau": self.level}
        self.position = [counts[self.by], self.seen]
        self.step = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.first_epoch is None:
            self.first_epoch = self._epoch
            self._check_reach(self._epoch)
        self._check_reading()
        self.step = batch
        self.seen = self.position[1] + self._executed()
        self._read = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._check_reading()
        if logs is not None:
            logs[SHARE] = self.dataset.share(self._last_count())
        if self.by == "plateau" and self.monitor.is_due(epoch):
            self._watch(self.monitor.read(logs))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        share = self.dataset.share(self.level)
        if self.by == "plateau" and share < 1:
            LOGGER.warning(
                "The curriculum has not come to all examples: training ended at level %d, with a "
                "share of %g.",
                self.level,
                share,
            )

    def _begin(self) -> None:
        self.first_epoch: int | None = None
        self.seen: int | None = None
        self.level = self.step = self.waited = 0
        self.best: float | None = None
        self.position = [0, 0]

    def _last_count(self) -> int:
        """Returns the count of the last batch trained on."""
        if self.by != "step":
            return self.position[0]
        return self.position[0] + self._executed() - 1

    def _executed(self) -> int:
        """Returns the steps of the epoch up to the end of this execution."""
        return min(self.step + self.model.steps_per_execution, len(self.dataset))

    def _watch(self, value: float) -> None:
        if self.monitor.improves(self.model, value, self.best):
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited >= self.patience and self.dataset.share(self.level) < 1:
            self.level, self.best, self.waited = self.level + 1, None, 0

    def _check_steps(self) -> None:
        steps = self.params.get("steps")
        if steps != len(self.dataset):
            raise ValueError(
                "`dataset` must be what `fit` is given, without `steps_per_epoch`; received one of "
                f"{len(self.dataset)} batches for epochs of {steps} steps."
            )

    def _check_reach(self, epoch: int) -> None:
        epochs = int(self.params["epochs"]) - epoch
        first, counts = epoch, epochs
        if self.by == "step":
            first = self.position[0]
            counts = epochs * len(self.dataset)
        elif self.by == "plateau":
            first = 0
            counts = planned_levels(epochs, self.patience)
        unit = "level" if self.by == "plateau" else self.by
        check_reach(self.dataset.share, range(first, first + counts), unit)

    def _check_reading(self) -> None:
        if not self._read:
            return
        if not self.dataset.started:
            raise ValueError(
                "`dataset` must be what `fit` is given; received one that nothing was read from."
            )
        if self.by == "step" and not self.dataset.in_order:
            raise ValueError(
                '`shuffle` must be False in `fit` beside by="step", where each batch belongs to '
                "its step; received batches out of order."
            )
