"""Weights of examples that depend on their losses."""

from __future__ import annotations

from typing import Any

from keras import ops, tree

from keras_regzoo.objectives.loss import Point, Tensor, aggregate
from keras_regzoo.objectives.objective import Objective

_MEANS = ("sum_over_batch_size", "mean")


def reweighted(point: Point, weights: Tensor) -> Point:
    """Returns `point` with the weights of its examples multiplied by `weights`."""
    given = point.sample_weight
    if given is not None:
        weights = weights * ops.cast(ops.reshape(given, (-1,)), weights.dtype)
    return point._replace(sample_weight=weights)


def example_mean(values: Tensor) -> Tensor:
    """Returns the mean over a batch of what each example has, as a replica's share of a term."""
    return aggregate(ops.mean(values))


def check_weighting(loss: Any, objectives: list[Objective]) -> None:
    """Raises a `ValueError` if examples cannot be weighted by their losses, each once.

    Args:
        loss: What `compile(loss=...)` was given.
        objectives: All objectives of the model.
    """
    for each in tree.flatten(loss):
        reduction = getattr(each, "reduction", _MEANS[0])
        if reduction not in _MEANS:
            raise ValueError(
                "`loss` must be a mean over the batch (reduction='sum_over_batch_size'), from "
                f"which the loss of each example is told; received reduction={reduction!r}."
            )
    names = [each.name for each in objectives if getattr(each, "reweights", False)]
    if len(names) > 1:
        raise ValueError(
            "`objectives` must weight the examples by their losses once; "
            f"received {' and '.join(names)}."
        )
