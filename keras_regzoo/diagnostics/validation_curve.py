"""Scores by the value of one hyperparameter."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.diagnostics.score_curve import ScoreCurve, score_curve
from keras_regzoo.training.cross_validate import cross_validate
from keras_regzoo.training.examples import count, finite_arrays, finite_if_given


def validation_curve(
    build: Callable[[Any], keras.Model],
    values: Sequence[Any],
    x: Any,
    y: Any = None,
    splits: Any = 5,
    *,
    name: str = "value",
    groups: Any = None,
    jobs: int | None = 1,
    seed: int = 0,
    **fit: Any,
) -> ScoreCurve:
    """Cross-validates models with one value after the other of a hyperparameter.

        score_v = mean_k score(f_k,v; fold k),   f_k,v = build(v) trained without fold k

    All values see the same folds, and begin each with the same seed. Small penalties leave the two
    curves apart, variance; large ones bring both down, bias.

    Args:
        build: Returns a new compiled model for a value, such as a penalty's strength.
        values: The values, at least one, in the order to try and draw them.
        x: Array of inputs, batch first, or a list or dict of such.
        y: Array of targets, or a list or dict of such; `None` where the model takes none.
        splits: Number of folds, or a scikit-learn splitter, as in `cross_validate`.
        name: What the values are, for the figure.
        groups: The group of each example, of shape (examples,).
        jobs: Number of processes, as in `cross_validate`.
        seed: Seed of the folds and of training.
        **fit: Passed to `fit`; `callbacks` is a function that returns a list of new ones.

    Returns:
        A `ScoreCurve`.

    Raises:
        ValueError: If an argument is outside its range, or data are not finite.
        ImportError: If scikit-learn is not installed.

    Example:

    >>> def build(strength):
    ...     l2 = keras.regularizers.L2(strength)
    ...     model = keras.Sequential(
    ...         [keras.Input((1,)), keras.layers.Dense(1, kernel_regularizer=l2)]
    ...     )
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.linspace(0, 1, 6)[:, None]
    >>> curve = keras_regzoo.diagnostics.validation_curve(build, [0.0, 1.0], x, x, 2)
    >>> curve.values, curve.held_out["loss"].shape
    ((0.0, 1.0), (2, 2))

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 5.3 and 11.4.1.
    """
    validation.function("build", build)
    values = validation.items("values", values, "values")
    x = finite_arrays("x", x)
    y = finite_if_given("y", y, count(x))

    def validate(value: Any) -> Any:
        made = functools.partial(build, value)
        return cross_validate(made, x, y, splits, groups=groups, jobs=jobs, seed=seed, **fit)

    scored = fit.get("sample_weight"), fit.get("batch_size")
    return score_curve(name, values, validate, x, y, *scored)
