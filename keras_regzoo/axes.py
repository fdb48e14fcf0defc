"""What axes make of a weight: groups, rows, or a matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation

Axis = int | tuple[int, ...]


def checked(axis: Any) -> Axis:
    """Returns the argument `axis` as an integer or a tuple of integers.

    Raises:
        ValueError: If it holds anything else.
    """
    if isinstance(axis, list | tuple):
        return tuple(validation.integer("axis", each, "(-inf, inf)") for each in axis)
    return validation.integer("axis", axis, "(-inf, inf)")


def resolved(axis: Axis | None, rank: int) -> list[int]:
    """Returns the axes of a tensor of that rank which `axis` names, `None` all, counted from 0.

    Raises:
        ValueError: If the tensor has no such axis.
    """
    named = range(rank) if axis is None else [axis] if isinstance(axis, int) else axis
    for each in named:
        if not -rank <= each < rank:
            raise ValueError(f"`axis` must be an axis of a weight of rank {rank}; received {axis}.")
    return sorted({each % rank for each in named})


def precise(x: Any) -> Any:
    """Returns the tensor, in float32 if `x` is in half precision, which cannot sum beyond 256."""
    x = ops.convert_to_tensor(x)
    wide = keras.backend.standardize_dtype(x.dtype) in ("float32", "float64")
    return x if wide else ops.cast(x, "float32")


def filled(x: Any) -> Any:
    """Returns the tensor; raises a `ValueError` if it has no numbers."""
    x = ops.convert_to_tensor(x)
    if 0 in x.shape:
        raise ValueError(f"`w` must have at least one number; received shape {tuple(x.shape)}.")
    return x


def rows(x: Any, axis: Axis | None) -> tuple[Any, Callable[[Any], Any]]:
    """Returns a matrix whose rows are the slices of `x` along `axis`, and what undoes that.

    The rows are in float32 at least; what is put back has the dtype of `x`.
    """
    rank = len(x.shape)
    inner = resolved(axis, rank)
    order = [each for each in range(rank) if each not in inner] + inner
    moved = ops.transpose(x, order)
    size = math.prod(moved.shape[rank - len(inner) :])

    def restore(made: Any) -> Any:
        made = ops.reshape(ops.cast(made, x.dtype), moved.shape)
        return ops.transpose(made, [order.index(each) for each in range(rank)])

    return precise(ops.reshape(moved, (-1, size))), restore


def matrix(x: Any) -> Any:
    """Returns `x` as a matrix (all axes but the last, last), in float32 at least.

    Of a convolution kernel: (patch, filters). A vector is one row.
    """
    x = ops.convert_to_tensor(x)
    return precise(ops.reshape(x, (-1, x.shape[-1] if len(x.shape) else 1)))


def root(squares: Any) -> Any:
    """Returns the square root, whose gradient at zero is taken as zero."""
    positive = squares > 0
    return ops.where(positive, ops.sqrt(ops.where(positive, squares, 1.0)), 0.0)


def group_norms(x: Any, axis: Axis, keepdims: bool = False) -> tuple[Any, int]:
    """Returns the norms of the groups that the indices along `axis` name, and a group's size.

    They are in float32 at least; the gradient of that of a group of zeros is taken as zero.
    """
    x = precise(x)
    kept = resolved(axis, len(x.shape))
    reduced = [each for each in range(len(x.shape)) if each not in kept]
    squares = ops.sum(ops.square(x), axis=reduced, keepdims=keepdims)
    return root(squares), math.prod(x.shape[each] for each in reduced)
