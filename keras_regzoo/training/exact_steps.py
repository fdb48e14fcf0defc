"""A fit of exactly so many steps."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.stepwise import Executions
from keras_regzoo.training.examples import arrays_if_given, as_arrays, count
from keras_regzoo.training.fit_options import check_callbacks, for_one_fit

Examples = tuple[Any, Any, Any]
History = dict[str, list[float]]

_OURS = ("epochs", "initial_epoch", "steps_per_epoch", "validation_split")


def examples_of(x: Any, y: Any, sample_weight: Any) -> Examples:
    """Returns arrays that one row of each belongs to one example."""
    x = as_arrays("x", x)
    if not count(x):
        raise ValueError("`x` must have at least one example; received none.")
    weights = arrays_if_given("sample_weight", sample_weight, count(x))
    return x, arrays_if_given("y", y, count(x)), weights


def check_options(options: dict[str, Any]) -> None:
    """Raises a ValueError for options of `fit` that exact steps leave no room for."""
    check_callbacks(options.get("callbacks"))
    for name in _OURS:
        if name in options:
            raise ValueError(
                f"`{name}` must be left out, as the steps are counted; received "
                f"{name}={options[name]!r}."
            )


def steps_of_epoch(examples: Examples, batch_size: int) -> int:
    """Returns the steps of an epoch, of which the last may be on fewer examples."""
    return -(-count(examples[0]) // validation.integer("batch_size", batch_size, "[1, inf)"))


def fit_steps(
    model: keras.Model, examples: Examples, steps: int, batch_size: int, options: dict[str, Any]
) -> tuple[History, int]:
    """Fits `model` for exactly `steps` steps, whatever its `steps_per_execution`.

    They are whole epochs and then the full batches with which another one begins, in one fit. For
    it `steps_per_execution` is lowered to a divisor of itself, if the last ones would not be whole
    executions.

    Args:
        model: A compiled model.
        examples: What `examples_of` returned.
        steps: How many, at least 1.
        batch_size: Examples of a batch.
        options: Those of `fit`; `callbacks` is a function that returns new ones.

    Returns:
        The logs of each epoch, of which the last may be a part of one, and the steps taken, fewer
        where a callback has stopped training.
    """
    x, y, weights = examples
    epochs, rest = divmod(steps, steps_of_epoch(examples, batch_size))
    counter = _ExactSteps(steps if rest else None)
    made = for_one_fit(options)
    made["callbacks"] = [*(made.get("callbacks") or []), counter]
    made["epochs"] = epochs + bool(rest)
    several = model.steps_per_execution
    _execute(model, math.gcd(several, rest))
    try:
        fitted = model.fit(x, y, sample_weight=weights, batch_size=batch_size, **made)
    finally:
        _execute(model, several)
    return fitted.history, counter.steps


class _ExactSteps(Resumable):
    """Counts the steps of a fit, and ends it within an epoch after `limit`, unless that is None."""

    STATE = ("steps",)

    def __init__(self, limit: int | None) -> None:
        super().__init__()
        self.limit, self.steps = limit, 0
        self._executions = Executions(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.steps = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._executions.begin(batch)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.steps += self._executions.end(batch)
        if self.limit is not None and self.steps >= self.limit:
            self.model.stop_training = True


def _execute(model: keras.Model, several: int) -> None:
    """Lets an execution of `model` be of so many steps, which are compiled into its functions."""
    if model.steps_per_execution != several:
        model.steps_per_execution = several
        model.train_function = model.test_function = model.predict_function = None
