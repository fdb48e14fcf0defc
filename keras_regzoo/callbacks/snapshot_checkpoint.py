"""SnapshotCheckpoint: several models of one training, by a rate that starts anew."""

from __future__ import annotations

import logging
import math
import os
from typing import Any

from keras_regzoo import validation
from keras_regzoo.backend import assign_between_steps, write_back
from keras_regzoo.callbacks.checkpoint_path import CheckpointPath
from keras_regzoo.callbacks.learning_rate import rate_variable
from keras_regzoo.callbacks.stepwise import Stepwise

LOGGER = logging.getLogger("keras_regzoo")


class SnapshotCheckpoint(Stepwise):
    """Anneals the learning rate in cycles, and saves the model at the end of each.

        α(t) = α₀ / 2 · (cos(π · mod(t − 1, ⌈T/M⌉) / ⌈T/M⌉) + 1),   t = 1 … T

    Each cycle ends in a minimum, from which the high rate of the next drives the weights away; the
    M models then disagree enough to be worth averaging, for the cost of one training. The last
    cycle is shorter where M does not divide T. With `steps_per_execution` above 1 the rate is set
    once an execution, and a model is saved at the end of the one in which a cycle ends. Where
    training ends before the last model is saved, the logger "keras_regzoo" says so at the level
    WARNING.

    It is *not* `StochasticWeightAveraging`, which averages weights; those of snapshots lie too far
    apart for that: use `keras_regzoo.ensembles.average_predictions(snapshots.paths, x)`.

    Args:
        path: Pattern of the paths, such as `"snapshots/{cycle}.keras"`: `{cycle}`, counted from 1,
            must be in the file's name. It ends in `.keras` for whole models, or in `.weights.h5`
            for weights alone. Its folder must exist. A file that is there already is replaced,
            whole or not at all.
        cycles: M, at least 1.
        learning_rate: α₀, positive.
        steps: T, the steps of the whole training; by default the epochs of this `fit` times their
            batches, of which the data must know the number.

    Raises:
        ValueError: If an argument is not as it must be; before training, if nothing can be written
            to the folder, T is unknown or makes fewer than M cycles of ⌈T/M⌉ steps, or the
            optimizer's rate follows a schedule of its own.

    Attributes:
        paths: The files written so far, first to last.

    Example:

    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x = np.ones((8, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     snapshots = keras_regzoo.callbacks.SnapshotCheckpoint(
    ...         folder + "/{cycle}.keras", cycles=2, learning_rate=0.1
    ...     )
    ...     history = model.fit(x, x[:, :1], epochs=4, verbose=0, callbacks=[snapshots])
    ...     mean = keras_regzoo.ensembles.average_predictions(snapshots.paths, x)
    >>> len(snapshots.paths), mean.shape
    (2, (8, 1))

    Reference: Huang, Li, Pleiss, Liu, Hopcroft & Weinberger (2017), Snapshot Ensembles: Train 1,
    Get M for Free, eq. 2.
    """

    STATE = ("step", "start", "total", "paths")

    def __init__(
        self,
        path: str | os.PathLike[str],
        cycles: int,
        learning_rate: float,
        steps: int | None = None,
    ) -> None:
        super().__init__()
        self._files = CheckpointPath(path, "cycle")
        self.cycles = validation.integer("cycles", cycles, "[1, inf)")
        self.learning_rate = validation.number("learning_rate", learning_rate, "(0, inf)")
        self.steps = None if steps is None else validation.integer("steps", steps, "[1, inf)")
        self.start = self.total = 0
        self.paths: list[str] = []

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.start, self.total, self.paths = self.step, 0, []
        rate_variable(self.model.optimizer)
        self._files.check_folder()
        params: Any = self.params or {}
        if self.steps is None and not params.get("steps"):
            raise ValueError(
                "`steps` must be given where the data do not know their number of batches; "
                "received steps=None."
            )

    def begin_epoch(self, epoch: int) -> None:
        if self.total:
            return
        params: Any = self.params
        self.total = self.steps or params["steps"] * (params["epochs"] - epoch)
        made = math.ceil(self.total / self._cycle)
        if made < self.cycles:
            raise ValueError(
                f"`cycles` must go into the {self.total} steps; received cycles={self.cycles}, of "
                f"which {made}, of {self._cycle} steps each, take all of them."
            )

    def before_execution(self) -> None:
        rate = annealed_rate(self.step - self.start + 1, self._cycle, self.learning_rate)
        assign_between_steps(self.model, rate_variable(self.model.optimizer), rate)

    def after_execution(self) -> None:
        taken = self.step - self.start
        ended = self.cycles if taken >= self.total else taken // self._cycle
        if len(self.paths) < min(ended, self.cycles):
            write_back(self.model)
            self.paths.append(self._files.write(self.model, cycle=len(self.paths) + 1))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if len(self.paths) < self.cycles:
            LOGGER.warning(
                "%d of %d models were saved: training ended after %d of %d steps.",
                len(self.paths),
                self.cycles,
                self.step - self.start,
                self.total,
            )

    @property
    def _cycle(self) -> int:
        """The steps of a cycle."""
        return math.ceil(self.total / self.cycles)


def annealed_rate(t: int, cycle: int, first: float) -> float:
    """Returns α(t), for t counted from 1."""
    return first / 2 * (math.cos(math.pi * ((t - 1) % cycle) / cycle) + 1)
