"""SelfPacedScheduler: raises the threshold of SelfPaced as training goes on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import aside, assign_between_steps
from keras_regzoo.callbacks.find_strength import find_strength
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.callbacks.own_data import check_examples
from keras_regzoo.callbacks.pacing_reach import check_reach, planned_levels
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.stepwise import Executions
from keras_regzoo.example_losses import UnreducedLoss, example_losses, unreduced
from keras_regzoo.quiet import QUIET

_GREATEST, _LEAST = (float(end) for end in (np.finfo("float32").max, np.finfo("float32").tiny))


class SelfPacedScheduler(Resumable):
    """Raises the threshold of `SelfPaced`, by a factor or such that a share of examples is in.

        λ_t = λ_0 μ^⌊t / every⌋                                     (growth, the paper's)
        λ_t : |{i : l_i < λ_t}| = pacing(t) · n,   l_i on `data`    (pacing)

    t counts the epochs, the steps or the plateaus since training began, and λ_0 is the threshold
    that the objective has then: the paper's K is 1/λ, divided by μ. With `growth` nothing is
    evaluated. With `pacing` the losses of all of `data` are evaluated, without dropout, when
    training begins and whenever λ moves: one forward pass over `data`, after which training goes
    on as if there had been none. Where it serves all examples λ is infinite.

    The threshold in force goes to the logs under its path; the share of each batch that was taken
    in is logged by the objective itself, under its name.

    It is *not* a curriculum that knows beforehand which examples are easy.

    Args:
        growth: μ, above 1; or `None`, with `pacing`.
        pacing: Callable from t to a share in (0, 1], such as a pacing of
            `keras_regzoo.data.pacing`; or `None`, with `growth`. It must be 1 at one of the moves
            that are planned, unless a finite `limit` leaves examples out.
        data: With `pacing`, a pair `(x, y)` of arrays: the examples whose losses are compared,
            usually all that are trained on.
        limit: The greatest λ, above 0; with wrong labels, one that leaves them out.
        per: What t counts: `"epoch"`, `"step"` or `"plateau"`.
        every: Epochs, steps or plateaus between two moves, at least 1.
        monitor: With `"plateau"`, the log that tells it, such as `"loss"` or `"val_loss"`.
        mode: `"min"` or `"max"`: which way it improves; `"auto"` knows losses and Keras's metrics.
        patience: Epochs without improvement since the last move that are a plateau, at least 1.
        min_delta: The least change that counts as an improvement, at least 0.
        threshold: The path of the threshold, `"NAME/threshold"` with the objective's name, or its
            variable.
        batch_size: Examples of `data` at a time; by default Keras's.

    Raises:
        ValueError: If an argument is out of its range, or not one of `growth` and `pacing` is
            given, or `data` without `pacing`; before training, if the model has no such threshold,
            or with `pacing` not a single loss, or a share that cannot reach 1 in the epochs
            planned; if a share is out of its range, or a loss NaN.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> wrapped = keras_regzoo.RegularizedModel(model, [keras_regzoo.objectives.SelfPaced(1.0)])
    >>> wrapped.compile("sgd", "mse")
    >>> raised = keras_regzoo.callbacks.SelfPacedScheduler(growth=2.0)
    >>> x, y = np.ones((8, 4)), np.ones((8, 1))
    >>> logs = wrapped.fit(x, y, epochs=3, verbose=0, callbacks=[raised]).history
    >>> logs["self_paced/threshold"]
    [1.0, 2.0, 4.0]

    Reference: Kumar, Packer & Koller (2010), Self-Paced Learning for Latent Variable Models, eq. 4
    and sec. 5.
    """

    STATE = ("first_epoch", "start", "count", "value", "waited", "best")

    def __init__(
        self,
        growth: float | None = None,
        pacing: Callable[[int], float] | None = None,
        data: tuple[Any, Any] | None = None,
        limit: float = math.inf,
        per: str = "epoch",
        every: int = 1,
        monitor: str = "loss",
        mode: str = "auto",
        patience: int = 3,
        min_delta: float = 0.0,
        threshold: str | keras.Variable = "self_paced/threshold",
        batch_size: int | None = None,
    ) -> None:
        super().__init__()
        if (growth is None) == (pacing is None):
            raise ValueError(
                "Either `growth` or `pacing` must be given; received "
                f"growth={growth!r} and pacing={pacing!r}."
            )
        if pacing is not None:
            validation.function("pacing", pacing)
        if (pacing is None) != (data is None):
            raise ValueError(
                "`data` must be given with `pacing`, and only then; received "
                f"data={'None' if data is None else '(x, y)'} and pacing={pacing!r}."
            )
        self.growth = None if growth is None else validation.number("growth", growth, "(1, inf)")
        self._pacing: Any = pacing
        self.data: Any = None if data is None else _checked(data)
        self.limit = validation.number("limit", limit, "(0, inf]")
        self.per = validation.one_of("per", per, ("epoch", "step", "plateau"))
        self.every = validation.integer("every", every, "[1, inf)")
        self.monitor = Monitor(monitor, mode, min_delta)
        self.patience = validation.integer("patience", patience, "[1, inf)")
        self.threshold = validation.instance("threshold", threshold, (str, keras.Variable))
        if batch_size is not None:
            validation.integer("batch_size", batch_size, "[1, inf)")
        self.batch_size = batch_size
        self._executions = Executions(self)
        self._begin(0.0)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._path, self._found = find_strength(self.threshold, self.model)
        self._loss: Any = None if self.growth is not None else _single_loss(self.model)
        self._begin(float(ops.convert_to_numpy(self._found.variable)))
        self._move()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.first_epoch is None:
            self.first_epoch = self._epoch
            if self._pacing is not None and self.limit == math.inf:
                self._check_reach()
        if self.per == "step":
            self._executions.begin(batch)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.per == "step":
            self._add(self._executions.end(batch))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        in_force = self.value
        watched = self.per == "plateau" and self.monitor.is_due(epoch)
        if self.per == "epoch" or (watched and self._is_plateau(logs)):
            self._add(1)
        if logs is not None:
            logs[self._path] = in_force

    def _begin(self, start: float) -> None:
        self.first_epoch: int | None = None
        self.start = start
        self.value = start
        self.count = 0
        self.waited = 0
        self.best: float | None = None

    def _is_plateau(self, logs: dict[str, Any] | None) -> bool:
        value = self.monitor.read(logs)
        if self.monitor.improves(self.model, value, self.best):
            self.best, self.waited = value, 0
            return False
        self.waited += 1
        if self.waited < self.patience:
            return False
        self.best, self.waited = None, 0
        return True

    def _add(self, counted: int) -> None:
        before, self.count = self.count, self.count + counted
        if self.count // self.every > before // self.every:
            self._move()

    def _move(self) -> None:
        if self.growth is not None:
            value = grown(self.start, self.growth, self.count // self.every)
        else:
            share = self._share(self.count)
            value = admitting(share, self._losses()) if share < 1 else math.inf
        value = validation.number(self._path, value, self._found.within)
        self.value = min(value, self.limit)
        assign_between_steps(self.model, self._found.variable, self.value)

    def _share(self, count: int) -> float:
        return validation.number("pacing", self._pacing(count), "(0, 1]")

    def _check_reach(self) -> None:
        """Raises a ValueError if no move that is planned is to all examples."""
        params: Any = self.params
        counts = int(params["epochs"]) - self._epoch
        if self.per == "step":
            counts *= params.get("steps") or 0  # data of unknown length leave it open
        elif self.per == "plateau":
            counts = planned_levels(counts, self.patience)
        several = self.per == "step" and self.model.steps_per_execution > 1
        unit = "level" if self.per == "plateau" else self.per
        check_reach(self._share, range(0, counts, 1 if several else self.every), unit)

    def _losses(self) -> np.ndarray:
        x, y = self.data
        with aside(self.model):
            outputs = self.model.predict(x, batch_size=self.batch_size, verbose=QUIET)
        return example_losses(self._loss, y, outputs)


def grown(start: float, growth: float, times: int) -> float:
    """Returns `start · growth^times`, infinite where no float32 is as great."""
    try:
        value = start * growth**times
    except OverflowError:
        return math.inf
    return value if value <= _GREATEST else math.inf


def admitting(share: float, losses: np.ndarray) -> float:
    """Returns a threshold below which lie that share of the losses, rounded, and at least one.

    Args:
        share: In (0, 1].
        losses: One number for each example. Of equal ones at the threshold none is below it.
    """
    taken = max(1, round(share * len(losses)))
    if taken == len(losses) and not np.isnan(losses).any():
        return math.inf
    ordered = np.sort(losses)
    below, above = ordered[taken - 1], ordered[min(taken, len(losses) - 1)]
    middle = np.nan if np.isnan(losses).any() else below + (above - below) / 2
    return float(np.maximum(middle, _LEAST))


def _single_loss(model: keras.Model) -> UnreducedLoss:
    given = getattr(model, "loss", None)
    loss = unreduced(given)
    if loss is None:
        raise ValueError(
            "`pacing` must have a single loss to compare examples by; received "
            f"{tree.flatten(given)}."
        )
    return loss


def _checked(data: Any) -> tuple[Any, Any]:
    pair = isinstance(data, tuple | list) and len(data) == 2
    if not pair or any(not hasattr(each, "__len__") for each in tree.flatten(data)):
        raise ValueError(
            f"`data` must be a pair (x, y) of arrays; received {validation.shown(data)}."
        )
    x, y = data[0], np.asarray(data[1])
    check_examples("`data`", x, y)
    if y.dtype.kind == "f" and np.isnan(y).any():
        raise ValueError("`data` must hold targets that are numbers; received NaN among them.")
    return x, y
