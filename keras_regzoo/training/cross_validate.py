"""Cross-validation: every example predicted by a model that has not seen it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_regzoo import validation as check
from keras_regzoo.data.folds import Fold, fold_indices, inner_split
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.quiet import QUIET
from keras_regzoo.training.cross_validation import CrossValidation
from keras_regzoo.training.examples import arrays_if_given, as_arrays, count, take
from keras_regzoo.training.fit_options import check_callbacks, for_one_fit
from keras_regzoo.training.fresh import check_build, fresh
from keras_regzoo.training.processes import run_all
from keras_regzoo.training.scores import scores_of


def cross_validate(
    build: Callable[..., keras.Model],
    x: Any,
    y: Any = None,
    splits: Any = 5,
    *,
    groups: Any = None,
    sample_weight: Any = None,
    validation: float | None = None,
    nested: bool = False,
    jobs: int | None = 1,
    seed: int = 0,
    progress: bool = False,
    **fit: Any,
) -> CrossValidation:
    """Trains a new model on all folds but one, for each fold, and measures it on that one.

        CV = 1/K Σ_k score(f_{−k}; fold k),   ŷ_i = f_{−k(i)}(x_i)

    f_{−k} is trained without fold k, from new weights: fold k begins with
    `keras.utils.set_random_seed(seed + k)`, so that it does not matter in which order or process
    folds run. `fit` never sees the examples held out, not even to stop early: for that, split
    `validation` off those it may see. After the call the global seed is another one.

    It is *not* an estimate for the best of many models that were compared on the same folds,
    which is too good; choose inside each fold instead, with `nested`.

    Args:
        build: Returns a new compiled model; called for every fold.
        x: Array of inputs, batch first, or a list or dict of such.
        y: Array of targets, or a list or dict of such; `None` where the model takes none.
        splits: Number of folds, at least 2, at most the number of examples: shuffled, with all
            classes in proportion where `y` is made of integers of shape (examples,) or
            (examples, 1), or of one-hot rows, and whole `groups` in one fold where they are given.
            Or a scikit-learn splitter, such as `TimeSeriesSplit(5)`.
        groups: The group of each example, of shape (examples,), such as the patient.
        sample_weight: Weights of the examples, for training and scores.
        validation: Share of a fold's training examples to pass as `validation_data` in place of
            training on them, in (0, 1): with all classes in proportion, or whole groups, or the
            last ones if every fold holds out later examples than it trains on. `None` for none.
        nested: Whether `build` is called with what the fold may see, `build(x, y)`, or
            `build(x, y, groups)` with groups, so that it can search there, with `cross_validate`.
        jobs: Number of processes that joblib runs folds in; −1 for one a core, `None` for what
            `joblib.parallel_config` says, which also chooses Dask or Ray. Models come back through
            `pickle`, as `.keras` bytes. On a backend of threads, which share a random state, folds
            run in order instead.
        seed: Seed of the folds and of training, an integer in `[0, 2**32 - 1]`.
        progress: Whether to show a progress bar.
        **fit: Passed to `fit`, such as `epochs=10`; silent unless `verbose` is given. `callbacks`
            is a function that returns a list of new ones for each fold.

    Returns:
        Scores, models, histories, out-of-fold predictions and folds: a `CrossValidation`.

    Raises:
        ValueError: If an argument is outside its range, lengths differ, a class has fewer examples
            than there are folds, or groups are fewer; if scikit-learn's splitter cannot split the
            examples; if a model is not compiled, or cannot be saved with several jobs.
        ImportError: If scikit-learn or joblib is not installed, which the `recipes` extra brings.

    Example:

    >>> def build():
    ...     model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.linspace(0, 1, 6)[:, None]
    >>> found = keras_regzoo.training.cross_validate(build, x, x, 3, epochs=2)
    >>> found.scores["loss"].shape, found.predictions.shape
    ((3,), (6, 1))

    Reference: Stone (1974), Cross-Validatory Choice and Assessment of Statistical Predictions;
    Kohavi (1995), A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model
    Selection (stratified folds).
    """
    check_build(build)
    x = as_arrays("x", x)
    examples = count(x)
    y = arrays_if_given("y", y, examples)
    groups = arrays_if_given("groups", groups, examples)
    seed = check.integer("seed", seed, SEEDS)
    if jobs is not None and jobs != -1:
        check.integer("jobs", jobs, "[1, inf)")
    check_callbacks(fit.get("callbacks"))
    folds = fold_indices(splits, y, examples, groups=groups, seed=seed)
    data = _Data(x, y, arrays_if_given("sample_weight", sample_weight, examples), groups)
    inner = _inner(folds, data, validation, fit, seed)
    tasks = [
        _Fold(build, data, train, validated, held, nested, fit, (seed + k) % 2**32)
        for k, ((_, held), (train, validated)) in enumerate(zip(folds, inner, strict=True))
    ]
    results = run_all(tasks, jobs, None if nested else build, "folds" if progress else "")
    return _gathered(results, folds, examples)


@dataclass(frozen=True)
class _Data:
    x: Any
    y: Any
    sample_weight: Any
    groups: Any

    def at(self, positions: np.ndarray) -> tuple[Any, Any, Any]:
        parts = (self.x, self.y, self.sample_weight)
        x, y, sample_weight = (take(part, positions) for part in parts)
        return x, y, sample_weight


@dataclass(frozen=True)
class _Result:
    model: Any
    history: dict[str, list[float]]
    scores: dict[str, float]
    outputs: Any


@dataclass(frozen=True)
class _Fold:
    build: Callable[..., keras.Model]
    data: _Data
    train: np.ndarray
    validated: np.ndarray | None
    held: np.ndarray
    nested: bool
    fit: dict[str, Any]
    seed: int

    def run(self) -> _Result:
        keras.utils.set_random_seed(self.seed)
        model = fresh(self._build_inside if self.nested else self.build)
        x, y, sample_weight = self.data.at(self.train)
        options = for_one_fit(self.fit)
        if self.validated is not None:
            options["validation_data"] = self.data.at(self.validated)
        history = model.fit(x, y, sample_weight=sample_weight, **options).history
        x, y, sample_weight = self.data.at(self.held)
        batch_size = self.fit.get("batch_size")
        scores = scores_of(model, x, y, sample_weight, batch_size)
        outputs = model.predict(x, batch_size=batch_size, verbose=QUIET)
        return _Result(model, history, scores, outputs)

    def _build_inside(self) -> keras.Model:
        seen = self.train if self.validated is None else np.union1d(self.train, self.validated)
        x, y, _ = self.data.at(seen)
        groups = self.data.groups
        return self.build(x, y) if groups is None else self.build(x, y, groups[seen])


def _inner(
    folds: list[Fold], data: _Data, fraction: float | None, fit: dict[str, Any], seed: int
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    if fraction is None:
        return [(train, None) for train, _ in folds]
    check.number("validation", fraction, "(0, 1)")
    for option in ("validation_data", "validation_split"):
        if fit.get(option):
            raise ValueError(f"`{option}` must be left out beside `validation`; received both.")
    ordered = all(train.max() < held.min() for train, held in folds)
    return [
        inner_split(data.y, train, fraction, data.groups, ordered, (seed + k) % 2**32)
        for k, (train, _) in enumerate(folds)
    ]


def _gathered(results: list[_Result], folds: list[Fold], examples: int) -> CrossValidation:
    first = list(results[0].scores)
    scores = np.array([list(result.scores.values()) for result in results], dtype="float64")
    histories = []
    for result in results:
        names = dict(zip(result.scores, first, strict=True))
        names.update({f"val_{name}": f"val_{known}" for name, known in names.items()})
        histories.append({names.get(name, name): log for name, log in result.history.items()})
    return CrossValidation(
        scores=dict(zip(first, scores.T, strict=True)),
        models=tuple(result.model for result in results),
        histories=tuple(histories),
        predictions=_aligned([result.outputs for result in results], folds, examples),
        folds=tuple(folds),
    )


def _aligned(outputs: list[Any], folds: list[Fold], examples: int) -> Any:
    times = np.bincount(np.concatenate([held for _, held in folds]), minlength=examples)

    def mean(*parts: np.ndarray) -> np.ndarray:
        dtype = np.result_type(parts[0].dtype, "float32")
        total = np.zeros((examples, *parts[0].shape[1:]), dtype)
        for part, (_, held) in zip(parts, folds, strict=True):
            total[held] += part
        divisor = times.reshape(-1, *[1] * (total.ndim - 1)).astype(dtype)
        return np.where(divisor > 0, total / np.maximum(divisor, 1), np.nan).astype(dtype)

    return tree.map_structure(mean, *outputs)
