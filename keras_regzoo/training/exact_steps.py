"""A fit of exactly so many steps."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.training.examples import arrays_if_given, as_arrays, count, take
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
) -> History:
    """Fits `model` for exactly `steps` steps, whatever its `steps_per_execution`.

    They are whole epochs and then a part of one: as many full batches as steps are left, drawn
    without replacement, or the first ones if `shuffle` is False. The part is a fit of its own, and
    is left out where a callback has stopped training before.

    Args:
        model: A compiled model.
        examples: What `examples_of` returned.
        steps: How many, at least 0.
        batch_size: Examples of a batch.
        options: Those of `fit`; `callbacks` is a function that returns new ones for each fit.

    Returns:
        The logs of each epoch; those of the part are the last.

    Raises:
        ValueError: If the optimizer averages the weights, which two fits would do twice.
    """
    of_epoch = steps_of_epoch(examples, batch_size)
    epochs, rest = divmod(steps, of_epoch)
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if epochs and rest and getattr(optimizer, "use_ema", False):
        raise ValueError(
            "`optimizer` must not average the weights (`use_ema`) unless the steps are whole "
            "epochs, as the end of each `fit` puts the average in their place; received "
            f"{steps} steps, {of_epoch} of which are an epoch."
        )
    history: History = {}
    stopped = False
    if epochs:
        history = _fit(model, examples, batch_size, {**options, "epochs": epochs})
        stopped = model.stop_training
    if rest and not stopped:
        part = _part(examples, rest * batch_size, options.get("shuffle", True))
        numbers = {"initial_epoch": epochs, "epochs": epochs + 1}
        last = _fit(model, part, batch_size, {**options, **numbers})
        history = {name: [*history.get(name, []), *values] for name, values in last.items()}
    return history


def _fit(
    model: keras.Model, examples: Examples, batch_size: int, options: dict[str, Any]
) -> History:
    x, y, weights = examples
    made = for_one_fit(options)
    return model.fit(x, y, sample_weight=weights, batch_size=batch_size, **made).history


def _part(examples: Examples, size: int, shuffle: Any) -> Examples:
    order = np.arange(count(examples[0]))
    if shuffle:
        order = np.asarray(keras.ops.convert_to_numpy(keras.random.shuffle(order)))
    x, y, weights = (take(data, order[:size]) for data in examples)
    return x, y, weights
