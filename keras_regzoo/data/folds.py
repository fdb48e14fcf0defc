"""Folds of cross-validation, through scikit-learn, and the split inside of one."""

from __future__ import annotations

import numbers
import warnings
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.data.labels import class_numbers

Fold = tuple[np.ndarray, np.ndarray]


def classes_of(y: Any) -> np.ndarray | None:
    """Returns the classes of integers of shape (n,) or (n, 1), or of one-hot rows; else `None`."""
    if not isinstance(y, np.ndarray) or y.ndim not in (1, 2):
        return None
    if y.size == len(y):
        return y.reshape(-1) if y.dtype.kind in "biu" else None
    try:
        return class_numbers(y)
    except ValueError:
        return None


def fold_indices(
    splits: Any,
    y: Any,
    examples: int,
    *,
    groups: np.ndarray | None = None,
    seed: int = 0,
    name: str = "splits",
) -> list[Fold]:
    """Returns for each fold the positions that are trained on and those held out.

    Args:
        splits: Number of folds, in `[2, examples]`: stratified where `y` is made of classes, by
            groups where there are some, shuffled. Or a scikit-learn splitter.
        y: Targets.
        examples: Number of examples.
        groups: The group of each example, which no fold may tear apart.
        seed: Seed of the shuffle.
        name: What the caller calls `splits`, for the errors.

    Raises:
        ValueError: If the examples cannot be split so, or a fold would be trained on what it holds
            out.
        ImportError: If scikit-learn is not installed.
    """
    if examples < 2:
        raise ValueError(f"`x` must have at least 2 examples to split; received {examples}.")
    labels = classes_of(y)
    if isinstance(splits, numbers.Integral):
        count = validation.integer(name, splits, f"[2, {examples}]")
        splitter = _splitter(name, count, labels, groups, seed)
    elif hasattr(splits, "get_n_splits"):
        splitter = splits
    else:
        raise ValueError(
            f"`{name}` must be a number of folds or a scikit-learn splitter; received {splits!r}."
        )
    targets = labels if labels is not None or not isinstance(y, np.ndarray) else y
    found = _split(name, splitter, examples, targets, groups)
    for train, held in found:
        shared = np.intersect1d(train, held)
        if not (len(train) and len(held)) or len(shared):
            raise ValueError(
                f"`{name}` must hold out other examples than a fold is trained on, and some of "
                f"both; {splitter} made a fold of {len(train)} and {len(held)}, {len(shared)} of "
                "them in both."
            )
        if groups is not None and len(np.intersect1d(groups[train], groups[held])):
            raise ValueError(
                f"`{name}` must keep each of `groups` on one side of a fold; {splitter} does not."
            )
    return found


def inner_split(
    y: Any, train: np.ndarray, fraction: float, groups: np.ndarray | None, ordered: bool, seed: int
) -> Fold:
    """Splits what a fold is trained on once more, by classes, groups or time.

    Args:
        y: Targets of all examples.
        train: Positions that the fold is trained on.
        fraction: Of these to validate on, in `(0, 1)`.
        groups: The group of each example.
        ordered: Whether to take the last ones, as time demands.
        seed: Seed of the draw.

    Returns:
        Positions to train on, and to validate on.

    Raises:
        ValueError: If they cannot be split so.
    """
    if len(train) < 2:
        raise ValueError(
            "`validation` must leave examples to train on; received a fold with 1 to train on."
        )
    if ordered:
        count = min(max(1, round(fraction * len(train))), len(train) - 1)
        kept, held = np.split(np.sort(train), [len(train) - count])
        return kept, held
    selection = _selection()
    labels = classes_of(y)
    if groups is not None:
        kind = selection.GroupShuffleSplit
    else:
        kind = selection.ShuffleSplit if labels is None else selection.StratifiedShuffleSplit
    splitter = kind(1, test_size=fraction, random_state=seed)
    parts = (None if each is None else each[train] for each in (labels, groups))
    ((kept, held),) = _split("validation", splitter, len(train), *parts)
    return train[kept], train[held]


def _splitter(
    name: str, count: int, labels: np.ndarray | None, groups: np.ndarray | None, seed: int
) -> Any:
    selection = _selection()
    if labels is not None:
        rarest = int(min(np.unique(labels, return_counts=True)[1]))
        if rarest < count:
            raise ValueError(
                f"`{name}` must be at most the number of examples of the rarest class, {rarest}; "
                f"received {name}={count} (integers are taken as classes: for a regression pass "
                f"floats as targets, or a scikit-learn KFold as `{name}`)."
            )
    if groups is None:
        kind = selection.KFold if labels is None else selection.StratifiedKFold
        return kind(count, shuffle=True, random_state=seed)
    number = len(np.unique(groups))
    if number < count:
        raise ValueError(
            f"`{name}` must be at most the number of groups, {number}; received {name}={count}."
        )
    if labels is None:
        return selection.GroupKFold(count)
    return selection.StratifiedGroupKFold(count, shuffle=True, random_state=seed)


def _split(name: str, splitter: Any, examples: int, y: Any, groups: Any) -> list[Fold]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            found = list(splitter.split(np.zeros((examples, 1)), y, groups))
        except (ValueError, TypeError, UserWarning) as error:
            raise ValueError(
                f"`{name}` must split the {examples} examples; {type(splitter).__name__} says: "
                f"{' '.join(str(error).split())}"
            ) from error
    return [(np.asarray(train), np.asarray(held)) for train, held in found]


def _selection() -> Any:
    return validation.extra("sklearn.model_selection", "recipes", "Cross-validation")
