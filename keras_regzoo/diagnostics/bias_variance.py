"""What of a model's error is bias and what is variance, over training sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.data.labels import class_numbers
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.diagnostics.error_parts import BiasVariance, squared_parts, zero_one_parts
from keras_regzoo.diagnostics.training_sets import Draw, training_sets
from keras_regzoo.quiet import QUIET
from keras_regzoo.training.examples import as_arrays, count
from keras_regzoo.training.fit_options import check_callbacks, for_one_fit
from keras_regzoo.training.fresh import check_build, fresh
from keras_regzoo.training.processes import run_all

LOSSES = ("squared", "zero_one")


def bias_variance(
    build: Callable[[], keras.Model],
    x: Any,
    y: Any,
    x_test: Any,
    y_test: Any,
    *,
    loss: str = "squared",
    sets: int = 20,
    draw: str | Draw = "bootstrap",
    truth: Any = None,
    jobs: int | None = 1,
    seed: int = 0,
    progress: bool = False,
    **fit: Any,
) -> BiasVariance:
    """Trains a model on each of many training sets, and splits their mean error on test examples.

    With ŷ_s(x) of the model trained on set s, ȳ(x) their mean, and y = f(x) + ε:

        E[(y − ŷ)²] = E[(f − ȳ)²] + E_s[(ŷ_s − ȳ)²] + E[ε²]     bias², variance, noise

    and under the 0-1 loss, with m(x) the commonest prediction and B(x) = 1 where m ≠ y:

        P(y ≠ ŷ) = E[B] + E[(1 − B) P_s(ŷ_s ≠ m) − B P_s(ŷ_s = y)]     bias, net variance

    Set s is trained from new weights under the seed `seed + s`: the variance is that of training
    sets and weights. With few sets ȳ is uncertain, which counts as bias: by a share 1 / (sets − 1)
    of the variance under the squared loss. Bootstrap sets overlap, and show less variance than
    independent ones would.

    Args:
        build: Returns a new compiled model; called for every set.
        x: Array of training inputs, or a list or dict of such; `None` if `draw` makes the sets.
        y: Array of training targets; `None` if `draw` makes the sets.
        x_test: Test inputs.
        y_test: Test targets, of the model's output shape; under the 0-1 loss integers of shape
            (examples,) or one-hot rows.
        loss: `"squared"`, or `"zero_one"` for a model with a score for each class.
        sets: Number of training sets, at least 2.
        draw: `"bootstrap"` draws as many examples with replacement, `"disjoint"` deals the
            examples out; or a function of a seed that returns new `x` and `y`, independent sets.
        truth: f at the test inputs, of the shape of `y_test`; squared loss only.
        jobs: Number of processes, as in `cross_validate`.
        seed: Seed of the sets and of training.
        progress: Whether to show a progress bar.
        **fit: Passed to `fit`; `callbacks` is a function that returns a list of new ones.

    Returns:
        A `BiasVariance`.

    Raises:
        ValueError: If an argument is outside its range, or shapes do not meet.

    Example:

    >>> def build():
    ...     model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.linspace(0, 1, 8)[:, None]
    >>> found = keras_regzoo.diagnostics.bias_variance(build, x, x, x, x, sets=2)
    >>> bool(np.isclose(found.error, found.bias + found.variance))
    True

    Reference: Geman, Bienenstock & Doursat (1992), Neural Networks and the Bias/Variance Dilemma,
    eq. 3.5; Domingos (2000), A Unified Bias-Variance Decomposition, theorems 1 and 2.
    """
    check_build(build)
    validation.one_of("loss", loss, LOSSES)
    validation.integer("sets", sets, "[2, inf)")
    validation.integer("seed", seed, SEEDS)
    check_callbacks(fit.get("callbacks"))
    x_test = as_arrays("x_test", x_test)
    y_test = as_arrays("y_test", y_test, count(x_test))
    if truth is not None:
        if loss == "zero_one":
            raise ValueError("`truth` must be None under the 0-1 loss; received an array.")
        truth = as_arrays("truth", truth, count(x_test))
    drawn = training_sets(x, y, draw, sets, seed)
    tasks = [_Set(build, drawn, x_test, fit, s, (seed + s) % 2**32) for s in range(sets)]
    results = run_all(tasks, jobs, None, "training sets" if progress else "")
    outputs = np.stack([result.outputs for result in results])
    if loss == "squared":
        return squared_parts(outputs, y_test, truth)
    return zero_one_parts(outputs, class_numbers(y_test))


@dataclass(frozen=True)
class _Fitted:
    model: None
    outputs: np.ndarray


@dataclass(frozen=True)
class _Set:
    build: Callable[[], keras.Model]
    draw: Draw
    x_test: Any
    fit: dict[str, Any]
    number: int
    seed: int

    def run(self) -> _Fitted:
        x, y = self.draw(self.number)
        keras.utils.set_random_seed(self.seed)
        model = fresh(self.build)
        model.fit(x, y, **for_one_fit(self.fit))
        quiet = {"batch_size": self.fit.get("batch_size"), "verbose": QUIET}
        outputs = model.predict(self.x_test, **quiet)
        if not isinstance(outputs, np.ndarray):
            raise ValueError(f"`build` must return a model with one output; it has {len(outputs)}.")
        return _Fitted(None, outputs)
