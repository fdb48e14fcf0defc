"""From the targets of a source to the numbers a loss takes, and the task they make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_regzoo.data.tables import plural_rows

FEW = 20


def encode_targets(
    targets: Sequence[np.ndarray],
    task: str | None,
    classes: tuple[str, ...] = (),
    *,
    name: str = "y",
) -> tuple[list[np.ndarray], str, tuple[str, ...]]:
    """Returns the targets as numbers, their task and the names of their classes.

    Args:
        targets: Arrays of targets of shape `(n,)` or `(n, 1)`, one a part, training first; none
            is empty.
        task: `"binary"`, `"multiclass"`, `"regression"`, or `None` to tell it from the targets:
            text, booleans and at most 20 distinct whole numbers are classes, two of them are
            binary; other numbers are regression.
        classes: Names of the classes, where the source knows them and its targets are their
            numbers already; otherwise the distinct training values, in order, become the classes.
        name: What the source calls the target, for the errors.

    Returns:
        Arrays of int32 class numbers, or of float32 values for regression; the task; the names of
        the classes, `()` for regression.

    Raises:
        ValueError: If the targets do not fit the task.
    """
    flat = [_flatten(target, name) for target in targets]
    values = np.concatenate(flat)
    text = values.dtype.kind == "U"
    if not text:
        _check_finite(values, name)
    whole = text or bool(np.all(values.astype(np.float64) % 1 == 0))
    labels = np.arange(len(classes)) if classes else np.unique(values[: len(flat[0])])
    if task is None:
        numbers = not whole or (values.dtype.kind not in "Ub" and len(labels) > FEW)
        kind = "binary" if len(labels) <= 2 else "multiclass"
        task = "regression" if numbers and not classes else kind
    if task == "regression":
        if text or classes:
            example = classes[0] if classes else str(values[0])
            raise ValueError(
                f"`task` 'regression' must have numbers as targets; received classes such as "
                f"{example!r} in {name!r}."
            )
        return [target.astype(np.float32) for target in flat], task, ()
    _check_labels(values, labels, whole, task, name)
    if not classes:
        names = labels.tolist()
        classes = tuple(str(int(n)) if isinstance(n, float) else str(n) for n in names)
    numbered = np.searchsorted(labels, values).astype(np.int32)
    return np.split(numbered, np.cumsum([len(part) for part in flat])[:-1]), task, classes


def class_numbers(y: np.ndarray) -> np.ndarray:
    """Returns the integers of labels of shape (n,) or (n, 1), or of one-hot rows.

    Raises:
        ValueError: If `y` is neither, or empty.
    """
    numbers = y.ndim in (1, 2) and y.size > 0 and y.dtype.kind in "biuf"
    if numbers and y.size > len(y):
        if np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1):
            return y.argmax(axis=1)
    elif numbers and np.all(y >= 0) and np.all(y == np.floor(y)):
        return y.reshape(-1).astype(int)
    raise ValueError(
        "`y` must be integer labels from 0, of shape (examples,), or one-hot rows; "
        f"received shape {y.shape} and dtype {y.dtype}."
    )


def _flatten(target: np.ndarray, name: str) -> np.ndarray:
    flat = target[:, 0] if target.ndim == 2 and target.shape[1] == 1 else target
    if flat.ndim != 1 or flat.dtype.kind not in "biufU":
        raise ValueError(
            f"The target {name!r} must be one number or text a row, of shape (n,); received shape "
            f"{target.shape} and dtype {target.dtype}."
        )
    return flat


def _check_finite(values: np.ndarray, name: str) -> None:
    bad = np.count_nonzero(~(np.abs(values.astype(np.float64)) <= np.finfo(np.float32).max))
    if bad:
        raise ValueError(
            f"The target {name!r} must hold finite float32 numbers only; received NaN or infinite "
            f"values in {plural_rows(int(bad))}."
        )


def _check_labels(
    values: np.ndarray, labels: np.ndarray, whole: bool, task: str, name: str
) -> None:
    if not whole:
        example = float(values[values % 1 != 0][0])
        raise ValueError(
            f"`task` {task!r} must have text or whole numbers as targets; received {example:g} "
            f"in {name!r}."
        )
    if len(labels) < 2:
        raise ValueError(
            f"The target {name!r} must hold at least two classes; received only {str(labels[0])!r}."
        )
    if task == "binary" and len(labels) != 2:
        raise ValueError(
            f"`task` 'binary' must have two classes; received {len(labels)} in {name!r}."
        )
    outside = ~np.isin(values, labels)
    if outside.any():
        raise ValueError(
            f"The target {name!r} must hold the same {len(labels)} classes in every part; received "
            f"{str(values[outside][0])!r}, which the training examples do not have."
        )
