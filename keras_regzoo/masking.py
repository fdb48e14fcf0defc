"""Means over the positions that a Keras mask keeps."""

from __future__ import annotations

from typing import Any

from keras import ops, tree
from keras.src.backend import get_keras_mask  # as Keras's losses read it


def mask_of(outputs: Any) -> Any:
    """Returns the Keras mask of a single output, or `None`."""
    return get_keras_mask(tree.flatten(outputs)[0])


def along(weights: Any, rank: int) -> Any:
    """Returns weights of shape `(batch, ...)`, with axes of length 1 at their end, of `rank`."""
    while len(weights.shape) > rank and weights.shape[-1] == 1:
        weights = ops.squeeze(weights, axis=-1)
    while len(weights.shape) < rank:
        weights = ops.expand_dims(weights, -1)
    return weights


def kept(mask: Any, values: Any) -> Any:
    """Returns which of the values a mask of shape `(batch, ...)` keeps, booleans of their shape."""
    mask = along(ops.cast(mask, "bool"), len(values.shape))
    return ops.logical_and(mask, ops.ones_like(values, dtype="bool"))


def zeroed(values: Any, mask: Any) -> Any:
    """Returns the values, with zeros where a mask does not keep them."""
    return values if mask is None else ops.where(kept(mask, values), values, 0.0)


def kept_mean(values: Any, mask: Any, axis: Any = None) -> Any:
    """Returns the mean of the values that a mask keeps: of all without one, 0 where it keeps none.

    Args:
        values: Tensor of shape `(batch, ...)`.
        mask: Booleans of shape `(batch, ...)`, of as many axes or fewer, or `None`.
        axis: The axes over which the mean is taken; `None` for all.
    """
    if mask is None:
        return ops.mean(values, axis=axis)
    count = ops.sum(ops.cast(kept(mask, values), values.dtype), axis=axis)
    return ops.sum(zeroed(values, mask), axis=axis) / ops.maximum(count, 1.0)
