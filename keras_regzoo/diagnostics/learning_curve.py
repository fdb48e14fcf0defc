"""Scores by the number of training examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.data.folds import Fold, fold_indices
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.diagnostics.score_curve import ScoreCurve, score_curve
from keras_regzoo.training.cross_validate import cross_validate
from keras_regzoo.training.examples import arrays_if_given, count, finite_arrays, finite_if_given

SHARES = (0.1, 0.325, 0.55, 0.775, 1.0)


def learning_curve(
    build: Callable[[], keras.Model],
    x: Any,
    y: Any = None,
    sizes: Sequence[float] = SHARES,
    splits: Any = 5,
    *,
    groups: Any = None,
    jobs: int | None = 1,
    seed: int = 0,
    **fit: Any,
) -> ScoreCurve:
    """Cross-validates with more and more of the training examples.

        score_m = mean_k score(f_k,m; fold k),   f_k,m trained on m examples not in fold k

    Where the two curves have met at a bad score, more examples will not help: bias. Where they are
    far apart, more examples or regularization will: variance. A smaller set is part of every larger
    one; the examples held out are the same for all.

    Args:
        build: Returns a new compiled model.
        x: Array of inputs, batch first, or a list or dict of such.
        y: Array of targets, or a list or dict of such; `None` where the model takes none.
        sizes: Shares of the training examples of a fold in (0, 1], or their numbers, at least 1.
        splits: Number of folds, or a scikit-learn splitter, as in `cross_validate`.
        groups: The group of each example, of shape (examples,).
        jobs: Number of processes, as in `cross_validate`.
        seed: Seed of the folds, of the examples left out, and of training.
        **fit: Passed to `fit`; `callbacks` is a function that returns a list of new ones.

    Returns:
        A `ScoreCurve` whose values are numbers of examples.

    Raises:
        ValueError: If an argument is outside its range, data are not finite, or a size is greater
            than the smallest fold has to train on.
        ImportError: If scikit-learn is not installed.

    Example:

    >>> def build():
    ...     model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.linspace(0, 1, 8)[:, None]
    >>> curve = keras_regzoo.diagnostics.learning_curve(build, x, x, (0.5, 1.0), 2)
    >>> curve.values, curve.held_out["loss"].shape
    ((2, 4), (2, 2))

    Reference: Cortes, Jackel, Solla, Vapnik & Denker (1994), Learning Curves: Asymptotic Values and
    Rate of Convergence; Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 11.3.
    """
    x = finite_arrays("x", x)
    examples = count(x)
    y = finite_if_given("y", y, examples)
    groups = arrays_if_given("groups", groups, examples)
    seed = validation.integer("seed", seed, SEEDS)
    folds = fold_indices(splits, y, examples, groups=groups, seed=seed)
    numbers = _numbers(sizes, min(len(train) for train, _ in folds))

    def validate(size: int) -> Any:
        part = _Part(folds, size, seed)
        return cross_validate(build, x, y, part, groups=groups, jobs=jobs, seed=seed, **fit)

    scored = fit.get("sample_weight"), fit.get("batch_size")
    return score_curve("training examples", numbers, validate, x, y, *scored)


def _numbers(sizes: Sequence[float], most: int) -> list[int]:
    numbers = [
        max(1, round(validation.number("sizes", size, "(0, 1]") * most))
        if isinstance(size, float | np.floating)
        else validation.integer("sizes", size, f"[1, {most}]")
        for size in validation.items("sizes", sizes, "numbers")
    ]
    return sorted(set(numbers))


class _Part:
    """Folds of which only some of the training examples are left; a scikit-learn splitter."""

    def __init__(self, folds: list[Fold], size: int, seed: int) -> None:
        self.folds, self.size, self.seed = folds, size, seed

    def get_n_splits(self, *_: Any) -> int:
        return len(self.folds)

    def split(self, *_: Any) -> list[Fold]:
        random = np.random.default_rng(self.seed)
        return [(random.permutation(train)[: self.size], held) for train, held in self.folds]
