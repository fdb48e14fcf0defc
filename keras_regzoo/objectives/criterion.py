"""Criterion: the loss of a model that brings its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_regzoo.backend import Pass, PureView, State
from keras_regzoo.objectives.loss import Tensor, Terms, aggregate
from keras_regzoo.objectives.objective import snake_case
from keras_regzoo.objectives.term_means import ScalarMean


class Criterion(keras.layers.Layer, ABC):
    """The loss of a model in place of a compiled one, from a pass's inner values (abstract).

    A compiled loss sees targets and outputs alone; this sees what `taps` name as well, such as the
    code. Objectives transform it as they do a compiled loss, and it is what `evaluate` reports.
    Like an objective it is a `keras.layers.Layer` only in that the model tracks its strengths.

    Fill in `evaluate`.

    Args:
        taps: Symbolic tensors of the model's graph, by names.
        terms: The names of the numbers it adds to the logs, of training and of evaluation.
        name: Name in paths; by default the class name in snake case.
    """

    def __init__(
        self, taps: Mapping[str, Any], terms: tuple[str, ...] = (), name: str | None = None
    ) -> None:
        super().__init__(name=name or snake_case(type(self).__name__))
        self.terms = terms
        self._taps = lambda: dict(taps)
        self.built = True

    @property
    def taps(self) -> list[Any]:
        return list(self._taps().values())

    @abstractmethod
    def evaluate(
        self, inner: dict[str, Any], y: Any, outputs: Any, training: bool
    ) -> tuple[Tensor, Terms]:
        """Returns the loss of each example, of shape `(batch,)`, and the terms.

        Args:
            inner: The values of the taps, by their names.
            y: The targets.
            outputs: The model's predictions.
            training: Whether it is trained on, or reported.

        Returns:
            The losses, and under each name of `terms` the values of the examples, or whatever its
            tracker takes; nothing is assigned in it.
        """

    def evaluation_pass(self, view: PureView, weights: list[Tensor], state: State, x: Any) -> Pass:
        """Returns the pass that `evaluate` reports on outside of training."""
        return view(weights, state, x, training=False)

    def trackers(self) -> list[keras.metrics.Metric]:
        """Returns new metrics that average the terms, one for each, of its name."""
        return [ScalarMean(name) for name in self.terms]

    def mean_loss(
        self, made: Pass, y: Any, sample_weight: Any, training: bool
    ) -> tuple[Tensor, Terms]:
        """Returns one replica's share of the mean over examples, and the terms."""
        inner = {name: _values(tap, made) for name, tap in self._taps().items()}
        losses, terms = self.evaluate(inner, y, made.outputs, training)
        if sample_weight is not None:
            losses = losses * ops.cast(ops.reshape(sample_weight, (-1,)), losses.dtype)
        examples = ops.cast(ops.shape(losses)[0], losses.dtype)
        return aggregate(ops.sum(losses) / examples), terms


def _values(tap: Any, made: Pass) -> Any:
    return keras.tree.map_structure(lambda each: made.taps[id(each)], tap)
