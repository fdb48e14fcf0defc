"""Differentiation of pure functions of tensors, the same on every backend.

Each function works inside and outside a compiled step, may be nested, and takes and returns any
structure of tensors that `keras.tree` knows.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import keras
from keras import ops, tree

_engine = importlib.import_module(f"keras_regzoo.backend._{keras.backend.backend()}")


def value_and_grad(
    function: Callable[..., Any], has_aux: bool = False, differentiable: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """Returns a function that gives a scalar function's value and its gradient.

    Args:
        function: Maps `(x, *args)` to a scalar, or to `(scalar, aux)` with `has_aux`. The gradient
            is taken with respect to `x`, a structure of floating-point tensors.
        has_aux: Whether `function` returns something beside the scalar, passed through as it is.
        differentiable: Whether the gradient will itself be differentiated (double
            backpropagation). If not, it is a constant to whatever comes after, and cheaper.

    Returns:
        A function of `(x, *args)` that returns `(value, gradient)`, or
        `((value, aux), gradient)` with `has_aux`; the gradient has the structure of `x`, and is
        zero where the value does not depend on it.

    Example:

    >>> square = lambda x: keras.ops.sum(x * x)
    >>> value, gradient = keras_regzoo.backend.value_and_grad(square)(keras.ops.ones(3))
    >>> print(keras.ops.convert_to_numpy(value), keras.ops.convert_to_numpy(gradient))
    3.0 [2. 2. 2.]
    """

    def wrapped(x: Any, *args: Any) -> tuple[Any, Any]:
        _floating_structure(x)
        return _engine.value_and_grad(function, x, args, has_aux, differentiable)

    return wrapped


def vjp(function: Callable[[Any], Any], x: Any, cotangent: Any) -> tuple[Any, Any]:
    """Returns `function(x)` and the vector-Jacobian product `cotangentᵀ J`.

    Args:
        function: Maps a structure of tensors to a structure of tensors.
        x: Where to differentiate.
        cotangent: A structure shaped as `function(x)`.

    Returns:
        The outputs, and the product, of the structure of `x`. It may be differentiated again.

    Example:

    >>> outputs, product = keras_regzoo.backend.vjp(
    ...     lambda x: x**3, keras.ops.array([2.0]), keras.ops.array([1.0])
    ... )
    >>> print(keras.ops.convert_to_numpy(product))
    [12.]
    """
    _floating_structure(x)
    return _engine.vjp(function, x, cotangent)


def jvp(function: Callable[[Any], Any], x: Any, tangent: Any) -> tuple[Any, Any]:
    """Returns `function(x)` and the Jacobian-vector product `J tangent`.

    Forward mode on JAX. Elsewhere the product is the derivative of the pullback with respect to
    the cotangent, `J v = ∂/∂u (uᵀ J v)` (reverse over reverse): forward mode does not compile
    under XLA on TensorFlow, nor pass layers that update their state in place on PyTorch.

    Args:
        function: Maps a structure of tensors to a structure of tensors.
        x: Where to differentiate.
        tangent: A direction, of the structure of `x`.

    Returns:
        The outputs, and the product, of the structure of the outputs. It may be differentiated
        again.

    Example:

    >>> outputs, product = keras_regzoo.backend.jvp(
    ...     lambda x: x**3, keras.ops.array([2.0]), keras.ops.array([1.0])
    ... )
    >>> print(keras.ops.convert_to_numpy(product))
    [12.]
    """
    _floating_structure(x)
    if hasattr(_engine, "jvp"):
        return _engine.jvp(function, x, tangent)
    outputs = function(x)
    start = tree.map_structure(ops.zeros_like, outputs)
    _, product = _engine.vjp(lambda u: _engine.vjp(function, x, u)[1], start, tangent)
    return outputs, product


def sum_of_squares(x: Any, axis: int | None = None) -> Any:
    """Returns `Σ x²` at the least traffic of memory that the backend allows.

    Args:
        x: A floating-point tensor of any shape, or a list of some, over which is summed as well.
        axis: The axis of the one tensor to sum over; by default all, which gives a scalar.

    Example:

    >>> float(keras_regzoo.backend.sum_of_squares(keras.ops.array([3.0, 4.0])))
    25.0
    """
    tensors = x if isinstance(x, list) else [x]
    if hasattr(_engine, "sum_of_squares"):
        return _engine.sum_of_squares(tensors, axis)
    first, *rest = (ops.sum(ops.square(each), axis) for each in tensors)
    return sum(rest, first)


def _floating_structure(x: Any) -> None:
    for leaf in tree.flatten(x):
        dtype = keras.backend.standardize_dtype(leaf.dtype)
        if "float" not in dtype:
            raise ValueError(
                "A gradient is taken with respect to floating-point tensors; "
                f"received one of dtype {dtype}."
            )
