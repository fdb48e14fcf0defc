"""Sums over very many elements and their gradients, at the least traffic of memory."""

from __future__ import annotations

import functools
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


def sums(tensors: list[Any]) -> list[Any]:
    """Returns the sum of each tensor over all its axes but the first.

    Args:
        tensors: Tensors of one shape, which XLA then reads in one pass.

    Example:

    >>> (made,) = keras_regzoo.backend.sums([keras.ops.ones((2, 3))])
    >>> print(keras.ops.convert_to_numpy(made))
    [3. 3.]
    """
    if len(tensors[0].shape) == 1:
        return tensors
    if hasattr(_engine, "sums"):
        return _engine.sums(tensors)
    return [ops.sum(each, axis=tuple(range(1, len(each.shape)))) for each in tensors]


def kept(tensor: Any) -> Any:
    """Returns `tensor`, which XLA then computes once, and not again wherever it is used.

    Example:

    >>> float(keras_regzoo.backend.kept(keras.ops.array(3.0)))
    3.0
    """
    return _engine.kept(tensor) if hasattr(_engine, "kept") else tensor


def soft_minimum(energies: Any) -> tuple[Any, Any]:
    """Returns `−log Σⱼ e^{−Eⱼ}` and the shares `e^{−Eⱼ} / Σₖ e^{−Eₖ}` over the first axis.

    Stable for all energies, with a single exponential each.

    Args:
        energies: E, of a short first axis. What may be overwritten with the shares.

    Example:

    >>> minimum, shares = keras_regzoo.backend.soft_minimum(keras.ops.zeros((2, 3)))
    >>> print(keras.ops.convert_to_numpy(shares)[:, 0])
    [0.5 0.5]
    """
    if hasattr(_engine, "soft_minimum"):
        return _engine.soft_minimum(energies)
    lowest = kept(ops.stop_gradient(functools.reduce(ops.minimum, _parts(energies))))
    relative = kept(ops.exp(lowest - energies))
    total = sum(_parts(relative))
    return lowest - ops.log(total), relative * kept(1.0 / total)


def _parts(tensor: Any) -> list[Any]:
    """Returns the parts along the first axis, over which XLA's reductions are slow."""
    return [tensor[j] for j in range(tensor.shape[0])]
