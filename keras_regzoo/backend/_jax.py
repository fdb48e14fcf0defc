"""Differentiation on JAX."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import jax
from keras.src.backend.common.stateless_scope import in_stateless_scope


def value_and_grad(
    function: Callable[..., Any], x: Any, args: tuple, has_aux: bool, differentiable: bool
) -> tuple[Any, Any]:
    value, gradient = jax.value_and_grad(function, has_aux=has_aux)(x, *args)
    return value, gradient if differentiable else jax.lax.stop_gradient(gradient)


def vjp(function: Callable[[Any], Any], x: Any, cotangent: Any) -> tuple[Any, Any]:
    outputs, pullback = jax.vjp(function, x)
    return outputs, pullback(cotangent)[0]


def jvp(function: Callable[[Any], Any], x: Any, tangent: Any) -> tuple[Any, Any]:
    return jax.jvp(function, (x,), (tangent,))


def additive(function: Callable[..., tuple[Any, Any]], *args: Any) -> Any:
    @jax.custom_jvp
    def value(*args: Any) -> Any:
        return function(*args)[0]

    @value.defjvp
    def derivative(args: tuple, tangents: tuple) -> tuple[Any, Any]:
        total, gradients = function(*args)
        return total, sum(map(jax.numpy.vdot, gradients, tangents))

    return value(*args)


@jax.custom_jvp
def sums(tensors: list[Any]) -> Any:
    """One reduction of many operands, along rows, which are shared among threads."""
    zeros = [jax.numpy.zeros((), each.dtype) for each in tensors]
    last = (tensors[0].ndim - 1,)
    rows = jax.lax.reduce(tensors, zeros, lambda *pair: jax.tree.map(jax.numpy.add, *pair), last)
    return jax.numpy.stack([jax.numpy.sum(each) for each in kept(rows)])


@sums.defjvp
def _(args: tuple, tangents: tuple) -> tuple[Any, Any]:
    return sums(*args), jax.numpy.stack([jax.numpy.sum(each) for each in tangents[0]])


def kept(tensors: Any) -> Any:
    return jax.lax.optimization_barrier(tensors)


def read(value: Any) -> Any:
    """Arrays are immutable: a reference is a copy."""
    return value


snapshot = read


def generator_state() -> None:
    """Every random number is drawn from a seed that a variable holds."""


def reseeded(state: None, stride: int) -> None:
    """There is no generator beside the variables."""


def generator_at(state: None) -> nullcontext:
    return nullcontext()


def replicas() -> int:
    return 1


def replica() -> int:
    return 0


def latest(compute: Callable[[], Any], memory: Any) -> Any:
    if not in_stateless_scope():
        memory.assign(compute())
    return jax.numpy.copy(memory.value)  # evaluation takes the variable's own array


def global_generators() -> None:
    """JAX has none."""


def set_global_generators(state: None) -> None:
    """JAX has none."""


def build_to_train(model: Any, batches: Any) -> None:
    """`fit` has done it."""


def repeats_shuffling() -> bool:
    return True


def values_before_step(model: Any, variables: list[Any], args: tuple) -> list[float] | None:
    """A step that goes on from the last one is given the very values that one returned."""
    state, *_ = args
    values = state[1]
    if values is (getattr(model, "_jax_state", None) or {}).get("non_trainable_variables"):
        return None
    positions = {id(each): place for place, each in enumerate(model.non_trainable_variables)}
    return [float(values[positions[id(each)]]) for each in variables]
