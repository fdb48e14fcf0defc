"""What the logs tell of a loss and its terms.

Keras's own mean takes on PyTorch as long as a small layer, for each update and each result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regzoo import backend
from keras_regzoo.objectives.loss import Tensor, Terms, unscale

_NO_EXAMPLE = 1e-30  # makes means over none zero, and leaves others as they are


class ScalarMean(keras.metrics.Metric):
    """The mean of a scalar over the examples of an epoch, at the cost of a sum.

    Args:
        name: Its name in the logs.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.sums = self.add_variable((2,), "zeros", name="sums")

    def update_state(self, value: Tensor, sample_weight: Any = 1) -> None:
        """Adds a batch's scalar, and `sample_weight`, its number of examples."""
        backend.add_weighted(self.sums, [ops.cast(value, self.dtype)], sample_weight)

    def result(self) -> Tensor:
        total, examples = ops.unstack(self.sums.value)
        return total / (examples + _NO_EXAMPLE)


class TermMeans(keras.metrics.Metric):
    """The means of several terms over the examples of an epoch, each under its own name.

    One metric for all of them: on PyTorch every assignment and every result takes as long as a
    small layer.

    Args:
        terms: Their names.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        super().__init__(name="terms")
        self.terms = list(terms)
        self.sums = self.add_variable((len(self.terms) + 1,), "zeros", name="sums")

    def update_state(self, values: Terms, examples: Any) -> None:
        """Adds a batch's terms: a replica's share of each, where there are several.

        Args:
            values: The terms, scalars or arrays, whose means count; others are ignored.
            examples: Number of examples in the batch.
        """
        scalars = [ops.cast(values[name], self.dtype) for name in self.terms]
        scalars = [unscale(ops.mean(value) if len(value.shape) else value) for value in scalars]
        backend.add_weighted(self.sums, scalars, examples)

    def result(self) -> dict[str, Any]:
        sums = self.sums.value
        *means, _ = ops.unstack(sums / (sums[-1] + _NO_EXAMPLE))
        return dict(zip(self.terms, means, strict=True))


def update_trackers(trackers: Sequence[keras.metrics.Metric], terms: Terms, examples: Any) -> None:
    """Adds to each metric the term of its name: values of the examples, or a scalar's share."""
    for tracker in trackers:
        value = terms[tracker.name]
        if isinstance(tracker, ScalarMean):
            scalar = ops.mean(value) if len(value.shape) else unscale(value)
            tracker.update_state(scalar, examples)
        else:
            tracker.update_state(value)
