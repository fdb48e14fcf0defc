"""retrain_on_all_data: from fresh weights, for as many steps as early stopping found best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.training.exact_steps import check_options, examples_of, fit_steps, steps_of_epoch
from keras_regzoo.training.fresh import Build, check_build, fresh


@dataclass(frozen=True)
class Retrained:
    """What `retrain_on_all_data` returns.

    Attributes:
        model: The trained model.
        steps: The steps it took; fewer than asked for where a callback has stopped training.
        history: The logs of each epoch, of which the last may be a part of one.
    """

    model: keras.Model
    steps: int
    history: dict[str, list[float]]


def retrain_on_all_data(
    build: Build,
    x: Any,
    y: Any,
    steps: int,
    batch_size: int = 32,
    sample_weight: Any = None,
    steps_found_on: int | None = None,
    **fit_options: Any,
) -> Retrained:
    """Trains a new model on all data, validation data too, for exactly so many steps.

        θ ← fresh weights; i* steps on (X, y),   i* = steps
        or, for as many passes,   i* = steps · len(x) / steps_found_on, rounded

    The steps are those after which early stopping found the validation error least, such as
    `best_steps` of a `Stopping` callback. Nothing says whether as many steps or as many passes
    are better on the larger set. It is *not* continued training: see `continue_to_objective`.

    Args:
        build: Returns a new compiled model.
        x: Array of all inputs, batch first, or a list or dict of arrays.
        y: Targets of the same length; `None` where the model takes none.
        steps: Steps to take, at least 1.
        batch_size: Examples of a batch, at least 1; that with which the steps were found.
        sample_weight: Weights of the examples, or `None`.
        steps_found_on: Length of the training set with which the steps were found, if as many
            passes are to be made.
        **fit_options: Other arguments of `fit`. It is silent unless `verbose` is given.
            `callbacks` is a function that returns new callbacks; of the last epoch they may see
            only the first steps.

    Raises:
        ValueError: If an argument is not as it must be.

    Example:

    >>> def build():
    ...     model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x, y = np.ones((20, 4)), np.ones((20, 1))
    >>> stop = keras_regzoo.callbacks.GeneralizationLossStopping(5.0)
    >>> history = build().fit(
    ...     *(x[:16], y[:16]), validation_data=(x[16:], y[16:]), batch_size=4, epochs=3, verbose=0,
    ...     callbacks=[stop],
    ... )
    >>> training = keras_regzoo.training
    >>> result = training.retrain_on_all_data(build, x, y, stop.best_steps, batch_size=4)
    >>> result.steps == stop.best_steps == int(result.model.optimizer.iterations)
    True

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, algorithm 7.2.
    """
    check_build(build)
    check_options(fit_options)
    examples = examples_of(x, y, sample_weight)
    steps = validation.integer("steps", steps, "[1, inf)")
    steps_of_epoch(examples, batch_size)
    if steps_found_on is not None:
        found_on = validation.integer("steps_found_on", steps_found_on, "[1, inf)")
        steps = max(1, round(steps * len(keras.tree.flatten(examples[0])[0]) / found_on))
    model = fresh(build)
    history, taken = fit_steps(model, examples, steps, batch_size, fit_options)
    return Retrained(model, taken, history)
