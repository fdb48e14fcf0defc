"""Seeded splits into training, validation and test examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_regzoo import validation as check

SEEDS = f"[0, {2**32 - 1}]"
SPLITS = ("stratified", "random", "chronological")


def split_indices(
    y: Any,
    *,
    validation: float = 0.15,
    test: float = 0.15,
    split: str = "stratified",
    seed: int = 0,
    classes: Sequence[str] = (),
    name: str = "`y`",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Splits the examples with targets `y` into training, validation and test examples.

    The three parts are disjoint and together hold every example; the same arguments give the
    same parts. Validation and test get their fraction of the examples, rounded, and never less
    than one; training gets the rest.

    Args:
        y: Targets in the order of the examples, of shape `(n,)`. Their values matter to a
            stratified split only, where they are the classes.
        validation: Fraction of the examples to validate on, in `(0, 1)`.
        test: Fraction of the examples to test on, in `(0, 1)`; `validation + test` is below 1.
        split: `"stratified"` (each part has the classes in the proportions of the whole),
            `"random"`, or `"chronological"` (nothing is shuffled: training examples come first,
            test examples last).
        seed: Seed of the shuffle, an integer in `[0, 2**32 - 1]`.
        classes: Names of the classes `0, 1, ...`, for the errors.
        name: What the caller calls the examples, for the errors.

    Returns:
        Three one-dimensional integer arrays of positions in `y`: training, validation, test.

    Raises:
        ValueError: If an argument is outside its range, there are fewer than three examples, or
            a class has too few of them to be stratified.
        ImportError: If a stratified split is asked for without scikit-learn.

    Example:

    >>> from keras_regzoo import data
    >>> train, validation, test = data.split_indices(range(10), validation=0.2, test=0.3,
    ...                                              split="chronological")
    >>> train.tolist(), validation.tolist(), test.tolist()
    ([0, 1, 2, 3, 4], [5, 6], [7, 8, 9])
    """
    y = np.asarray(y)
    check_fractions(validation, test)
    if len(y) < 3:
        raise ValueError(f"{name} must have at least 3 examples to split; received {len(y)}.")
    tested = min(max(1, round(test * len(y))), len(y) - 2)
    validated = min(max(1, round(validation * len(y))), len(y) - tested - 1)
    if split == "stratified":
        _check_classes(y, 3, classes, name)
    options: dict[str, Any] = {"split": split, "seed": seed, "classes": classes}
    kept, test_part = hold_out(y, tested, **options, name=name)
    rest = f"{name}, less its test examples,"
    train, validation_part = hold_out(y[kept], validated, **options, name=rest)
    return kept[train], kept[validation_part], test_part


def hold_out(
    y: np.ndarray,
    count: int,
    *,
    split: str,
    seed: int,
    classes: Sequence[str] = (),
    name: str = "`y`",
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the positions of the examples kept and those of the `count` held out.

    Args:
        y: Targets, of shape `(n,)`.
        count: Number of examples to hold out, in `[1, n - 1]`.
        split: As in `split_indices`.
        seed: As in `split_indices`.
        classes: As in `split_indices`.
        name: As in `split_indices`.

    Raises:
        ValueError: If an argument is outside its range or the classes cannot be stratified.
    """
    check.one_of("split", split, SPLITS)
    seed = check.integer("seed", seed, SEEDS)
    count = check.integer("count", count, f"[1, {len(y) - 1}]")
    if split == "chronological":
        order = np.arange(len(y))
        return order[:-count], order[-count:]
    if split == "random":
        order = np.random.default_rng(seed).permutation(len(y))
        return order[:-count], order[-count:]
    _check_classes(y, 2, classes, name)
    number = len(np.unique(y))
    if min(count, len(y) - count) < number:
        raise ValueError(
            f"{name} must fill each part of a stratified split with at least one example of each "
            f"of the {number} classes; received parts of {len(y) - count} and {count} examples: "
            "make them larger, or split at random."
        )
    selection = check.extra("sklearn.model_selection", "recipes", "A stratified split")
    kept, held = selection.train_test_split(
        np.arange(len(y)), test_size=count, random_state=seed, stratify=y
    )
    return kept, held


def check_fractions(validation: float, test: float) -> None:
    """Raises a ValueError unless both are fractions in `(0, 1)` and leave a rest to train on."""
    check.number("validation", validation, "(0, 1)")
    check.number("test", test, "(0, 1)")
    if validation + test >= 1:
        raise ValueError(
            f"`validation` + `test` must be below 1; received {validation} + {test} = "
            f"{validation + test:g}."
        )


def _check_classes(y: np.ndarray, needed: int, classes: Sequence[str], name: str) -> None:
    if np.issubdtype(y.dtype, np.floating) and not np.all(y == np.floor(y)):
        raise ValueError(
            "`split` must be 'random' or 'chronological' where the targets are not classes; "
            "received split='stratified'."
        )
    labels, counts = np.unique(y, return_counts=True)
    rarest = int(np.argmin(counts))
    if counts[rarest] < needed:
        label = classes[int(labels[rarest])] if classes else str(labels[rarest])
        raise ValueError(
            f"{name} must have at least {needed} examples of each class for a stratified split; "
            f"received {counts[rarest]} of the class {label!r}: merge it, or split at random."
        )
