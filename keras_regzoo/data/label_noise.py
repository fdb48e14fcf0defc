"""Wrong labels put in on purpose, to measure what they do."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.data.labels import class_numbers
from keras_regzoo.data.splits import SEEDS

UNIFORM, NEXT = "uniform", "next"


def add_label_noise(
    y: Any, rate: float | None = None, transition: Any = UNIFORM, seed: int = 0
) -> np.ndarray:
    """Returns labels some of which are wrong.

        P(ỹ = l | y = k) = T_kl

    It is *not* label smoothing, which makes all targets soft and none wrong.

    Args:
        y: Labels: integers from 0 of shape (examples,), or one-hot rows of shape
            (examples, classes). They are not changed in place.
        rate: The share of wrong labels, in [0, 1]; with a matrix it must be left out. That share
            of all examples, rounded, is drawn without replacement, so it is exact.
        transition: `"uniform"` for any of the other classes alike; `"next"` for the following
            class, and the first after the last (pair flipping); or the matrix T of shape (classes,
            classes), whose rows sum to 1, from which each label is drawn on its own.
        seed: Seed of the draws, an integer in `[0, 2**32 - 1]`.

    Returns:
        Labels of the shape and dtype of `y`.

    Raises:
        ValueError: If an argument is outside its range; if `y` has fewer than two classes, or
            neither integer labels nor one-hot rows; if T does not fit or is no transition matrix.

    Example:

    >>> labels = keras_regzoo.data.add_label_noise([0, 1, 2, 0], rate=0.5, transition="next")
    >>> int(np.sum(labels != [0, 1, 2, 0]))
    2

    Reference: Patrini, Rozza, Menon, Nock & Qu (2017), Making Deep Neural Networks Robust to Label
    Noise, sec. 3; Han et al. (2018), Co-teaching, sec. 4 (pair flipping).
    """
    given = np.asarray(y)
    labels = class_numbers(given)
    classes = given.shape[1] if given.size > len(given) else int(labels.max()) + 1
    if classes < 2:
        raise ValueError("`y` must have at least two classes; received only class 0.")
    random = np.random.default_rng(validation.integer("seed", seed, SEEDS))
    if isinstance(transition, str | None):
        validation.one_of("transition", transition, (UNIFORM, NEXT))
        rate = validation.number("rate", rate, "[0, 1]")
        wrong = random.permutation(len(labels)) < round(rate * len(labels))
        steps = random.integers(1, classes, len(labels)) if transition == UNIFORM else 1
        noisy = np.where(wrong, (labels + steps) % classes, labels)
    else:
        if rate is not None:
            raise ValueError(
                "`rate` must be left out beside a matrix, which holds the rates itself; "
                f"received rate={rate!r}."
            )
        matrix = _matrix(transition, classes)
        edges = np.cumsum(matrix[labels], axis=1)
        drawn = random.random((len(labels), 1)) * edges[:, -1:]
        noisy = (drawn >= edges).sum(axis=1)
    noisy = np.eye(classes)[noisy] if given.size > len(given) else noisy.reshape(given.shape)
    return noisy.astype(given.dtype)


def _matrix(transition: Any, classes: int) -> np.ndarray:
    try:
        matrix = np.asarray(transition, dtype="float64")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`transition` must be 'uniform', 'next' or a matrix of numbers; received "
            f"{validation.shown(transition)}."
        ) from error
    if matrix.shape != (classes, classes):
        raise ValueError(
            f"`transition` must have the shape {(classes, classes)}, one row for each class; "
            f"received shape {matrix.shape}."
        )
    sums = matrix.sum(axis=1)
    if not (np.all(matrix >= 0) and np.allclose(sums, 1)):
        raise ValueError(
            "`transition` must hold probabilities, at least 0, in rows that sum to 1; received "
            f"rows that sum to {sums.tolist()}, the least entry {matrix.min():g}."
        )
    return matrix
