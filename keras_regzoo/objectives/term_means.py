"""What the logs tell of the terms of a loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_regzoo import backend
from keras_regzoo.objectives.loss import Terms, unscale

_NO_EXAMPLE = 1e-30  # makes means over none zero, and leaves others as they are


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
        means = sums / (sums[-1] + _NO_EXAMPLE)
        return {name: means[number] for number, name in enumerate(self.terms)}
