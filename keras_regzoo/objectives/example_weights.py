"""Weights of examples that depend on their losses."""

from __future__ import annotations

from typing import Any

from keras import ops, tree

from keras_regzoo.objectives.loss import Point, Tensor, aggregate
from keras_regzoo.objectives.objective import Objective

_MEANS = ("sum_over_batch_size", "mean")


def one_weight_each(point: Point, technique: str) -> Point:
    """Returns `point` with sample weights of shape `(batch,)`, or as it is without any.

    Raises:
        ValueError: If an example has several weights.
    """
    if point.sample_weight is None:
        return point
    given = tree.flatten(point.sample_weight)
    shapes = [tuple(each.shape) for each in given if each is not None]
    if len(given) > 1 or any(length != 1 for length in shapes[0][1:]):
        raise ValueError(
            "`sample_weight` must be one number for each example, and labels missing for whole "
            f"examples, for {technique}; received weights of shape {', '.join(map(str, shapes))}."
        )
    return point._replace(sample_weight=ops.reshape(given[0], (-1,)))


def reweighted(point: Point, weights: Tensor) -> Point:
    """Returns `point` with the weights of its examples multiplied by `weights`."""
    if point.sample_weight is not None:
        weights = weights * ops.cast(point.sample_weight, weights.dtype)
    return point._replace(sample_weight=weights)


def example_mean(values: Tensor, labelled: Tensor | None = None) -> Tensor:
    """Returns the mean over the (labelled) examples of a batch, as a replica's share of a term.

    Args:
        values: What each example has, of shape `(batch,)`.
        labelled: Which examples count; `None` for all. Without any the mean is 0.
    """
    if labelled is None:
        return aggregate(ops.mean(values))
    known = ops.cast(labelled, values.dtype)
    return aggregate(ops.divide_no_nan(ops.sum(known * values), ops.sum(known)))


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
