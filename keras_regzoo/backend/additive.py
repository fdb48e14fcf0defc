"""Sums over very many elements and their gradients, at the least traffic of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from keras_regzoo.backend.autodiff import _engine


def additive(function: Callable[..., tuple[Any, list[Any]]], x: Any, *parameters: Any) -> Any:
    """Returns a sum over the elements of `x`, whose gradient `function` finds along with it.

    The terms are computed once, where differentiation of the sum would take them anew, or keep
    copies of all that lies between. It may be differentiated any number of times.

    Args:
        function: Maps `(x, *parameters)` to the sum over a piece of `x`, of any shape, and the list
            of its gradients with respect to each of them.
        x: A floating-point tensor.
        parameters: Tensors of the same type, which are no larger than a few numbers.

    Example:

    >>> def scaled(x, scale):
    ...     return keras.ops.sum(scale * x), [scale * keras.ops.ones_like(x), keras.ops.sum(x)]
    >>> scale = keras.ops.array(2.0)
    >>> float(keras_regzoo.backend.additive(scaled, keras.ops.array([3.0, 4.0]), scale))
    14.0
    """
    return _engine.additive(function, *map(ops.convert_to_tensor, (x, *parameters)))


def sums(tensors: list[Any]) -> Any:
    """Returns the sum of each tensor, as a vector.

    Args:
        tensors: Tensors of one shape, which XLA then reads in one pass.

    Example:

    >>> made = keras_regzoo.backend.sums([keras.ops.ones((2, 3)), keras.ops.zeros((2, 3))])
    >>> print(keras.ops.convert_to_numpy(made))
    [6. 0.]
    """
    if hasattr(_engine, "sums") and len(tensors[0].shape):
        return _engine.sums(tensors)
    return ops.stack([ops.sum(each) for each in tensors])


def kept(tensors: Any) -> Any:
    """Returns a tensor or a list, which XLA then computes once, and not again wherever it is used.

    Example:

    >>> float(keras_regzoo.backend.kept(keras.ops.array(3.0)))
    3.0
    """
    return _engine.kept(tensors) if hasattr(_engine, "kept") else tensors
