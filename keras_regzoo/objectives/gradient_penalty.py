"""What the penalties on gradients of the loss share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import backend
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms, aggregate
from keras_regzoo.objectives.objective import Objective


class GradientPenalty(Objective, ABC):
    """Adds `strength` times a function of the loss's own gradient (abstract).

    It differs from `Penalty` in that the loss and its gradient come from one pass, with
    `Loss.gradient(..., differentiable=True)`. Logs the added term.

    Args:
        strength: λ, at least 0.
        name: Name in logs and paths.
    """

    def __init__(self, strength: float, name: str | None = None) -> None:
        super().__init__(name, strength=(strength, "[0, inf)"))

    @abstractmethod
    def measure(self, loss: Loss, point: Point) -> tuple[Tensor, Terms, Tensor]:
        """Returns the loss and its terms at `point`, and the scalar that `strength` multiplies."""

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def penalized(point: Point) -> tuple[Tensor, Terms]:
            value, terms, penalty = self.measure(loss, point)
            term = aggregate(self.strength * ops.cast(penalty, self.strength.dtype))
            return value + ops.cast(term, value.dtype), {**terms, self.name: term}

        return loss.then(penalized)


def squared_norm(gradient: Any) -> Tensor:
    """Returns `‖g‖₂²` over all tensors of a structure together, in float32 at least.

    Args:
        gradient: The gradient of a replica's share of the loss, which counts as the whole's.
    """
    total = backend.sum_of_squares([_at_least_float32(leaf) for leaf in tree.flatten(gradient)])
    shares = backend.replicas()
    return total * shares**2 if shares > 1 else total


def _at_least_float32(tensor: Tensor) -> Tensor:
    double = keras.backend.standardize_dtype(tensor.dtype) == "float64"
    return tensor if double else ops.cast(tensor, "float32")
