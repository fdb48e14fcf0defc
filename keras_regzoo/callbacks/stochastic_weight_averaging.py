"""StochasticWeightAveraging: the mean of the weights that the end of training passes through."""

from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import assign_between_steps, write_back
from keras_regzoo.callbacks.batch_norm import batch_norms, check_batches, reestimate, try_first
from keras_regzoo.callbacks.fit_loop import callbacks_after, restores
from keras_regzoo.callbacks.learning_rate import rate_variable
from keras_regzoo.callbacks.pruned_weights import keep_zeros
from keras_regzoo.callbacks.stepwise import Stepwise

Rate = float | tuple[float, float] | None

LOGGER = logging.getLogger("keras_regzoo")


class StochasticWeightAveraging(Stepwise):
    """Averages the weights at the end of each epoch or cycle, and ends training with the average.

        w̄ ← (n w̄ + w) / (n + 1)   at i = c, 2c, …
        α(i) = (1 − t(i)) α₁ + t(i) α₂,   t(i) = (mod(i − 1, c) + 1) / c

    i counts the steps from the epoch in which averaging starts, from 1. Until then, and beside
    it, training and validation are as ever: the model gets the average when training ends, also
    by `model.stop_training`. If nothing was averaged by then, it keeps its weights, as a warning
    says; where no epoch is left for averaging, another says so when training begins. What
    `MagnitudePruning` has removed by then is 0 in the average, too. A callback that restores the
    best weights must come before it in the list, or replaces the average, as a warning says. Only
    weights that are trainable when training begins are averaged, in float64, also while
    `GradualUnfreezing` has frozen them; the statistics of batch normalization, which belong
    to other weights, are taken anew from a full pass over `batch_norm_data` in training mode: the
    means over all its examples of the batches' means and variances. All other state is the last
    step's.

    The weights that averaging starts from are left out: n is 0 at i = c, where algorithm 1 of the
    paper counts them as one model.

    With `steps_per_execution` above 1 the rate is set, and weights are averaged, once an execution.

    It is *not* the exponential average that optimizers keep (`use_ema`), which forgets, and needs
    no rate of its own.

    Args:
        start: When averaging starts: the number of epochs before it, an integer of at least 0, or
            their share of all epochs, a float in (0, 1), rounded down.
        learning_rate: From the start on: a positive number, the constant rate; a pair (α₁, α₂),
            α₁ > α₂ > 0, from the first of which it falls linearly to the second in each
            cycle; `None` leaves it to the optimizer, its schedule, or another callback.
        cycle: c, the steps from one averaging to the next, at least 1; `None` averages at the end
            of each epoch, which a pair of rates does not allow.
        batch_norm_data: Inputs as `fit` takes them in arrays, or a finite data set of batches (a
            `PyDataset`, `tf.data.Dataset`, ...), whose targets are ignored; needed where the model
            has batch normalization that is trained.
        batch_size: Examples a batch of that pass where the data are arrays, at least 1; batches as
            large as in training give the same statistics as there.

    Raises:
        ValueError: If an argument is outside its range; before training, if the model has batch
            normalization but there are no data, or it does not take their first batch, or a rate
            is given but the optimizer's is a schedule.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> average = keras_regzoo.callbacks.StochasticWeightAveraging(start=0.5, learning_rate=0.05)
    >>> x = np.ones((8, 2))
    >>> history = model.fit(x, x[:, :1], epochs=4, verbose=0, callbacks=[average])
    >>> average.models
    2

    Reference: Izmailov, Podoprikhin, Garipov, Vetrov & Wilson (2018), Averaging Weights Leads to
    Wider Optima and Better Generalization, sec. 3 and algorithm 1.
    """

    STATE = ("step", "started", "cycles", "models")
    ARRAYS = ("average",)

    def __init__(
        self,
        start: int | float = 0.75,
        learning_rate: Rate = None,
        cycle: int | None = None,
        batch_norm_data: Any = None,
        batch_size: int = 32,
    ) -> None:
        super().__init__()
        whole = isinstance(start, int | np.integer)
        check = validation.integer if whole else validation.number
        self.start = check("start", start, "[0, inf)" if whole else "(0, 1)")
        if isinstance(learning_rate, list | tuple):
            if len(learning_rate) != 2:
                raise ValueError(
                    "`learning_rate` must be a number or a pair (first, last); received "
                    f"learning_rate={learning_rate!r}."
                )
            first = validation.number("learning_rate", learning_rate[0], "(0, inf)")
            validation.number("learning_rate", learning_rate[1], f"(0, {first})")
            if cycle is None:
                raise ValueError(
                    "`cycle` must be a number of steps beside a pair of rates; received cycle=None."
                )
        elif learning_rate is not None:
            validation.number("learning_rate", learning_rate, "(0, inf)")
        self.learning_rate = learning_rate
        self.cycle = None if cycle is None else validation.integer("cycle", cycle, "[1, inf)")
        if batch_norm_data is not None:
            check_batches(batch_norm_data)
        self.batch_norm_data = batch_norm_data
        self.batch_size = validation.integer("batch_size", batch_size, "[1, inf)")
        self.started: int | None = None
        self.cycles = self.models = 0
        self.average: list[np.ndarray] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self.started, self.cycles, self.models, self.average = None, 0, 0, None
        self._variables = list(self.model.trainable_variables)
        later = [type(each).__name__ for each in callbacks_after(self) if restores(each)]
        if later:
            LOGGER.warning(
                "The average of the weights will be replaced by the best weights of %s: put it "
                "before StochasticWeightAveraging in the list, or have it restore none.",
                later[0],
            )
        planned = (self.params or {}).get("epochs")
        if planned is not None and self._first_epoch() >= planned:
            LOGGER.warning(
                "No weights will be averaged in this training: its %d epochs end before the start, "
                "which is %d epochs from the first.",
                planned,
                self._first_epoch(),
            )
        if self.batch_norm_data is None and batch_norms(self.model):
            raise ValueError(
                "`batch_norm_data` must be given for a model with batch normalization, whose "
                "statistics the averaged weights need; received batch_norm_data=None."
            )
        if self.batch_norm_data is not None:
            try_first(self.model, self.batch_norm_data)
        if self.learning_rate is not None:
            rate_variable(self.model.optimizer)

    def begin_epoch(self, epoch: int) -> None:
        if self.started is None and epoch >= self._first_epoch():
            self.started = self.step

    def before_execution(self) -> None:
        if self.started is None or self.learning_rate is None:
            return
        taken = self.step - self.started
        if isinstance(self.learning_rate, list | tuple):
            rate = cyclic_rate(taken + 1, self.cycle or 1, *self.learning_rate)
        elif taken == 0:
            rate = self.learning_rate
        else:
            return
        assign_between_steps(self.model, rate_variable(self.model.optimizer), rate)

    def after_execution(self) -> None:
        if self.started is not None and self.cycle is not None:
            ended = (self.step - self.started) // self.cycle
            if ended > self.cycles:
                self.cycles = ended
                write_back(self.model)
                self._add()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.started is not None and self.cycle is None:
            self._add()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.average is None:
            LOGGER.warning(
                "No weights were averaged: training ended after %d steps, %s.",
                self.step,
                "before an average begins" if self.started is None else "within the first cycle",
            )
            return
        for variable, value in zip(self._variables, self.average, strict=True):
            variable.assign(value)
        keep_zeros(self.model)
        if self.batch_norm_data is not None:
            reestimate(self.model, self.batch_norm_data, self.batch_size)

    def _first_epoch(self) -> int:
        if isinstance(self.start, int):
            return self.start
        return epochs_before(self.start, (self.params or {})["epochs"])

    def _add(self) -> None:
        weights = [_array(variable) for variable in self._variables]
        self.models += 1
        if self.average is None:
            self.average = weights
        else:
            pairs = zip(self.average, weights, strict=True)
            self.average = [mean + (w - mean) / self.models for mean, w in pairs]


def epochs_before(share: float, epochs: int) -> int:
    """Returns ⌊share · epochs⌋, where a product that is whole but for rounding counts as whole."""
    return math.floor(share * epochs + 1e-9)


def cyclic_rate(i: int, cycle: int, first: float, last: float) -> float:
    """Returns α(i), for i counted from 1."""
    share = ((i - 1) % cycle + 1) / cycle
    return (1 - share) * first + share * last


def _array(variable: Any) -> np.ndarray:
    value = variable if variable.dtype == "float64" else ops.cast(variable, "float32")
    return ops.convert_to_numpy(value).astype("float64")
