"""The one object every source of data becomes."""

from __future__ import annotations

import dataclasses

import numpy as np

from keras_regzoo import validation
from keras_regzoo.data import splits

TASKS = ("binary", "multiclass", "regression")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training, validation and test arrays of one supervised task.

    Args:
        x_train: Training inputs, of shape `(n, *shape)`.
        y_train: Training targets, of shape `(n,)`: whole numbers from 0 to `num_classes - 1`
            for classification, values in the target's own unit for regression.
        x_validation: Validation inputs, of shape `(m, *shape)`.
        y_validation: Validation targets, of shape `(m,)`.
        x_test: Test inputs, of shape `(k, *shape)`.
        y_test: Test targets, of shape `(k,)`.
        name: Name of the data, such as `"digits"`.
        task: One of `"binary"`, `"multiclass"`, `"regression"`.
        classes: Names of the classes in the order of their numbers; `()` for regression.
        features: Names of the columns of a table; `()` for images and other arrays.
        seed: Seed the split was drawn with, an integer in `[0, 2**32 - 1]`.

    Raises:
        ValueError: If inputs and targets differ in length, the shapes of the three parts or the
            number of feature names do not agree, or `task` and `classes` do not.

    Example:

    >>> from keras_regzoo import data
    >>> digits = data.load("digits")
    >>> digits
    Dataset(name='digits', task='multiclass', shape=(8, 8, 1), 1257 train, 270 validation, 270 test)
    >>> digits.num_classes
    10
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    name: str
    task: str
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        validation.one_of("task", self.task, TASKS)
        validation.integer("seed", self.seed, splits.SEEDS)
        for part in ("train", "validation", "test"):
            x, y = getattr(self, f"x_{part}"), getattr(self, f"y_{part}")
            if len(x) != len(y):
                raise ValueError(
                    f"`x_{part}` and `y_{part}` must have the same length; "
                    f"received {len(x)} and {len(y)}."
                )
            if x.shape[1:] != self.shape:
                raise ValueError(
                    f"`x_{part}` must have the input shape of `x_train`, {self.shape}; "
                    f"received {x.shape[1:]}."
                )
        if self.features and self.shape != (len(self.features),):
            raise ValueError(
                f"`features` must name each of the columns of `x_train`, whose input shape is "
                f"{self.shape}; received {len(self.features)} names."
            )
        expected = {"binary": "2 names", "multiclass": "2 names or more", "regression": "no name"}
        count = len(self.classes)
        fits = {"binary": count == 2, "multiclass": count >= 2, "regression": count == 0}
        if not fits[self.task]:
            raise ValueError(
                f"`classes` must hold {expected[self.task]} for the task {self.task!r}; "
                f"received {count}."
            )

    def __repr__(self) -> str:
        return (
            f"Dataset(name={self.name!r}, task={self.task!r}, shape={self.shape}, "
            f"{len(self.x_train)} train, {len(self.x_validation)} validation, "
            f"{len(self.x_test)} test)"
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one input, without the batch."""
        return tuple(self.x_train.shape[1:])

    @property
    def num_classes(self) -> int:
        """Number of classes; 0 for regression."""
        return len(self.classes)

    @property
    def num_outputs(self) -> int:
        """Units a model's last layer needs: one a class for multiclass, else 1."""
        return self.num_classes if self.task == "multiclass" else 1

    def with_training_size(self, n: int, seed: int | None = None) -> Dataset:
        """Returns the same data with only `n` of the training examples.

        For classification the proportions of the classes are kept and every class of the
        training set keeps at least one example. With one seed a smaller training set is a subset
        of a larger one, so that a learning curve over `n` adds examples and never swaps them.
        Validation and test sets, and the order of the examples, stay as they are.

        Args:
            n: Number of examples to keep, from the number of classes (1 for regression) to the
                size of the training set.
            seed: Seed of the choice, an integer in `[0, 2**32 - 1]`; the dataset's own when
                `None`.

        Returns:
            A `Dataset` whose `x_train` has shape `(n, *shape)`.

        Raises:
            ValueError: If `n` or `seed` is outside its range.

        Example:

        >>> from keras_regzoo import data
        >>> data.load("digits").with_training_size(100).x_train.shape
        (100, 8, 8, 1)
        """
        available = len(self.x_train)
        n = validation.integer("n", n, f"[{max(1, self.num_classes)}, {available}]")
        seed = self.seed if seed is None else validation.integer("seed", seed, splits.SEEDS)
        order = np.random.default_rng(seed).permutation(available)
        if self.classes:
            order = _interleave_classes(order, self.y_train)
        kept = np.sort(order[:n])
        return dataclasses.replace(self, x_train=self.x_train[kept], y_train=self.y_train[kept])


def _interleave_classes(order: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Reorders `order` so that each of its beginnings has the proportions of the whole.

    The r-th example of a class of c goes to the position r / c: the first of each class leads.
    """
    position = np.empty(len(order))
    for label in np.unique(labels):
        members = np.flatnonzero(labels[order] == label)
        position[members] = np.arange(len(members)) / len(members)
    return order[np.argsort(position, kind="stable")]
