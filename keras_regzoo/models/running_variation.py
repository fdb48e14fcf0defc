"""How far numbers have varied since a metric was reset."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo.backend import replica, replicas


class RunningVariation(keras.metrics.Metric):
    """Keeps `Σ (x − x̄)²` of each column, exact wherever x̄ is (abstract).

    The sum of squares minus the square of the sum would cancel where x̄ is far from zero. Each
    replica fills a row of its own, so that variables summed over replicas hold all rows.

    Args:
        columns: Their number.
        name: Name of the metric.

    Reference: Chan, Golub & LeVeque (1983), Algorithms for Computing the Sample Variance:
    Analysis and Recommendations.
    """

    def __init__(self, columns: int, name: str) -> None:
        super().__init__(name=name)
        rows = replicas()
        self.count = self.add_variable((rows,), "zeros", name="count")
        self.mean = self.add_variable((rows, columns), "zeros", name="mean")
        self.squares = self.add_variable((rows, columns), "zeros", name="squares")

    def take(self, x: Any) -> None:
        """Takes a batch, of shape (examples, columns)."""
        rows = ops.cast(ops.shape(x)[0], self.dtype)
        mean = ops.sum(x, axis=0) / ops.maximum(rows, 1.0)
        batch = (rows, mean, ops.sum(ops.square(x - mean), axis=0))
        so_far = [ops.sum(each, axis=0) for each in self._groups()]
        both = [ops.stack(pair) for pair in zip(so_far, batch, strict=True)]
        here = ops.one_hot(replica(), self.count.shape[0], dtype=self.dtype)
        count, mean, squares = together(*both)
        self.count.assign(here * count)
        self.mean.assign(here[:, None] * mean)
        self.squares.assign(here[:, None] * squares)

    def variation(self) -> tuple[Any, Any]:
        """Returns the number of examples, and `Σ (x − x̄)²` of each column."""
        count, _, squares = together(*self._groups())
        return count, squares

    def _groups(self) -> list[Any]:
        return [ops.convert_to_tensor(each) for each in (self.count, self.mean, self.squares)]


def together(count: Any, mean: Any, squares: Any) -> tuple[Any, Any, Any]:
    """Returns the number, the means and `Σ (x − x̄)²` of groups together.

    Args:
        count: Numbers of examples, of shape (groups,).
        mean: Means of columns, of shape (groups, columns), as is the next.
        squares: `Σ (x − x̄)²` within each group.
    """
    total = ops.sum(count)
    share = (count / ops.maximum(total, 1.0))[:, None]
    middle = mean[:1] + ops.sum(share * (mean - mean[:1]), axis=0, keepdims=True)
    between = ops.sum(count[:, None] * ops.square(mean - middle), axis=0)
    return total, middle[0], ops.sum(squares, axis=0) + between
