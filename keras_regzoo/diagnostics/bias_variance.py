"""What of a model's error is bias and what is variance, over training sets."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.data.labels import class_numbers
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.diagnostics.training_sets import Draw, Drawn, training_sets
from keras_regzoo.quiet import QUIET
from keras_regzoo.training.examples import count, finite_arrays, take
from keras_regzoo.training.fit_options import check_callbacks, for_one_fit
from keras_regzoo.training.fresh import check_build, fresh
from keras_regzoo.training.processes import run_all

LOSSES = ("squared", "zero_one")


@dataclass(frozen=True)
class BiasVariance:
    """The parts of an expected error.

    Attributes:
        error: The mean loss over test examples and training sets. It is `bias + variance + noise +
            cross` to the last digit.
        bias: The loss of the main prediction: of the mean over training sets under the squared
            loss, in squared units, where the targets' noise is part of it if it is not known; of
            the commonest class under the 0-1 loss.
        variance: What the training sets add: the mean squared distance from the main prediction;
            under the 0-1 loss how much oftener the single models are wrong than it, which is
            negative where they are right by chance.
        noise: The mean squared distance of the test targets from the truth; 0 if it is not known.
        cross: Twice the mean product of noise and bias, which tends to 0 with more test examples.
        main: The main prediction of each test example.
    """

    error: float
    bias: float
    variance: float
    noise: float
    cross: float
    main: np.ndarray


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
        build: Returns a new compiled model; called for every set, and once before to see whether
            its outputs fit.
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
        **fit: Passed to `fit`; `callbacks` is a function that returns a list of new ones, and
            `sample_weight` has a row for each of the examples, which are drawn with their weights.

    Returns:
        A `BiasVariance`.

    Raises:
        ValueError: Before training, if an argument is outside its range, data are empty or not
            finite, or shapes do not meet.

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
    seed = validation.integer("seed", seed, SEEDS)
    check_callbacks(fit.get("callbacks"))
    x_test = finite_arrays("x_test", x_test)
    y_test = finite_arrays("y_test", y_test, count(x_test))
    if truth is not None:
        if loss == "zero_one":
            raise ValueError("`truth` must be None under the 0-1 loss; received an array.")
        truth = finite_arrays("truth", truth, count(x_test))
    drawn = training_sets(x, y, fit.pop("sample_weight", None), draw, sets, seed)
    parts = functools.partial(squared_parts, y=y_test, truth=truth)
    if loss == "zero_one":
        parts = functools.partial(zero_one_parts, labels=class_numbers(y_test))
    parts(np.stack([_untrained_outputs(build, drawn(0)[0], x_test)]))
    tasks = [_Set(build, drawn, x_test, fit, s, (seed + s) % 2**32) for s in range(sets)]
    results = run_all(tasks, jobs, None, "training sets" if progress else "")
    return parts(np.stack([result.outputs for result in results]))


def squared_parts(outputs: np.ndarray, y: np.ndarray, truth: np.ndarray | None) -> BiasVariance:
    """Returns the parts of the squared error.

    Args:
        outputs: Predictions, of shape (sets, examples, ...).
        y: Targets, of shape (examples, ...).
        truth: Their expected values, of the same shape; `None` where they are not known.

    Raises:
        ValueError: If the shapes differ.
    """
    outputs = outputs.astype("float64")
    expected = y if truth is None else truth
    for name, values in (("y_test", y), ("truth", expected)):
        if values.shape != outputs.shape[1:]:
            raise ValueError(
                f"`{name}` must have the shape of the model's outputs, {outputs.shape[1:]}; "
                f"received {values.shape}."
            )
    main = outputs.mean(axis=0)
    missed, noise = expected - main, y - expected
    return BiasVariance(
        error=float(np.square(y - outputs).mean()),
        bias=float(np.square(missed).mean()),
        variance=float(np.square(outputs - main).mean()),
        noise=float(np.square(noise).mean()),
        cross=float(2 * (missed * noise).mean()),
        main=main,
    )


def zero_one_parts(outputs: np.ndarray, labels: np.ndarray) -> BiasVariance:
    """Returns the parts of the 0-1 loss; of two classes as common the smaller is the main one.

    Args:
        outputs: Scores, of shape (sets, examples, classes), at least two classes.
        labels: The classes, of shape (examples,).

    Raises:
        ValueError: If there is no score for each class.
    """
    if outputs.ndim != 3 or outputs.shape[-1] <= max(1, labels.max()):
        raise ValueError(
            "`build` must return a model with a score for each class under the 0-1 loss, outputs "
            f"of shape (examples, classes); they have the shape {outputs.shape[1:]}, and labels go "
            f"up to {labels.max()}."
        )
    predicted = outputs.argmax(axis=-1)
    votes = np.stack([(predicted == each).sum(axis=0) for each in range(outputs.shape[-1])])
    main = votes.argmax(axis=0)
    wrong = main != labels
    unlike, right = (predicted != main).mean(axis=0), (predicted == labels).mean(axis=0)
    return BiasVariance(
        error=float((predicted != labels).mean()),
        bias=float(wrong.mean()),
        variance=float(np.where(wrong, -right, unlike).mean()),
        noise=0.0,
        cross=0.0,
        main=main,
    )


@dataclass(frozen=True)
class _Fitted:
    """Outputs alone come back from a process: the model is not needed."""

    model: None
    outputs: np.ndarray


@dataclass(frozen=True)
class _Set:
    build: Callable[[], keras.Model]
    drawn: Drawn
    x_test: Any
    fit: dict[str, Any]
    number: int
    seed: int

    def run(self) -> _Fitted:
        x, y, weights = self.drawn(self.number)
        keras.utils.set_random_seed(self.seed)
        model = fresh(self.build)
        model.fit(x, y, sample_weight=weights, **for_one_fit(self.fit))
        quiet = {"batch_size": self.fit.get("batch_size"), "verbose": QUIET}
        return _Fitted(None, model.predict(self.x_test, **quiet))


def _untrained_outputs(build: Callable[[], keras.Model], x: Any, x_test: Any) -> np.ndarray:
    """Returns what a new model makes of one test example, as often as there are test examples.

    Raises:
        ValueError: If it does not take training or test inputs, or has several outputs.
    """
    model = fresh(build)
    outputs: Any = None
    for name, inputs in (("x", x), ("x_test", x_test)):
        try:
            outputs = model.predict(take(inputs, np.arange(1)), verbose=QUIET)
        except Exception as error:  # whatever Keras and its backends know to raise
            shapes = keras.tree.map_structure(lambda array: array.shape, inputs)
            raise ValueError(
                f"`{name}` must be what the model of `build` takes; received shapes {shapes}."
            ) from error
    if not isinstance(outputs, np.ndarray):
        raise ValueError(f"`build` must return a model with one output; it has {len(outputs)}.")
    return np.repeat(outputs, count(x_test), axis=0)
