"""Differentiation on TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import keras
import tensorflow as tf
from keras import tree
from tensorflow.compiler.tf2xla.python import xla
from tensorflow.python.distribute.values import PerReplicaSpec
from tensorflow.python.eager import context
from tensorflow.python.ops import stateful_random_ops
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

_ROWS = 32  # of a sum


def value_and_grad(
    function: Callable[..., Any], x: Any, args: tuple, has_aux: bool, differentiable: bool
) -> tuple[Any, Any]:
    x = tree.map_structure(tf.identity, x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        result = function(x, *args)
        value = result[0] if has_aux else result
    gradient = _gradient(tape, value, x)
    if not differentiable:
        gradient = tree.map_structure(tf.stop_gradient, gradient)
    return result, gradient


def vjp(function: Callable[[Any], Any], x: Any, cotangent: Any) -> tuple[Any, Any]:
    x = tree.map_structure(tf.identity, x)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        outputs = function(x)
    return outputs, _gradient(tape, outputs, x, cotangent)


def read(value: Any) -> tf.Tensor:
    """Returns a variable's value now: later assignments do not change it."""
    return tf.convert_to_tensor(value)


snapshot = read


def uniform(shape: Any, seed: Any, dtype: Any) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, _key(seed), dtype=dtype, alg="philox")


def normal(shape: Any, seed: Any, dtype: Any) -> tf.Tensor:
    return tf.random.stateless_normal(shape, _key(seed), dtype=dtype, alg="philox")


def _key(seed: Any) -> tf.Tensor:
    """Returns the next key of a seed generator, or that of an integer, as XLA takes it."""
    return tf.constant([seed, 0]) if isinstance(seed, int) else tf.cast(seed.next(), "int32")


def sum_of_squares(tensors: list[Any], axis: int | None) -> tf.Tensor:
    if axis is not None:
        return tf.reduce_sum(tf.square(tensors[0]), axis)
    return tf.add_n([_sum_of_squares(each) for each in tensors])


@tf.custom_gradient
def _sum_of_squares(x: tf.Tensor) -> Any:
    """Adds rows before it adds their elements: of the two XLA makes the first fast on a CPU."""
    flat = tf.reshape(x, (-1,))
    length = (flat.shape[0] or 0) // _ROWS  # of a row; 0 where the size is unknown
    whole = _ROWS * length
    rows = tf.unstack(tf.reshape(flat[:whole], (_ROWS, length)))
    squares = tf.add_n([tf.square(row) for row in rows])
    total = tf.reduce_sum(squares) + tf.reduce_sum(tf.square(flat[whole:]))
    return total, lambda cotangent: 2 * cotangent * x


def additive(function: Callable[..., tuple[Any, Any]], *args: tf.Tensor) -> tf.Tensor:
    @tf.custom_gradient
    def value(*args: tf.Tensor) -> Any:
        total, gradients = function(*args)
        return total, lambda cotangent: [cotangent * each for each in gradients]

    return value(*map(tf.convert_to_tensor, args))  # a variable would be watched itself


def sums(tensors: list[tf.Tensor]) -> tf.Tensor:
    return _sums(*tensors) if _in_xla() else tf.stack([tf.reduce_sum(each) for each in tensors])


@tf.custom_gradient
def _sums(*tensors: tf.Tensor) -> Any:
    """One reduction of many operands, along rows, which are shared among threads."""
    zeros = [tf.zeros((), each.dtype) for each in tensors]
    scalars = [tf.TensorSpec((), each.dtype) for each in tensors]

    @tf.function
    def add(*pairs: tf.Tensor) -> list[tf.Tensor]:
        halves = pairs[: len(tensors)], pairs[len(tensors) :]
        return [a + b for a, b in zip(*halves, strict=True)]

    last = [len(tensors[0].shape) - 1]
    adder = add.get_concrete_function(*scalars, *scalars)
    rows = xla.optimization_barrier(*xla.variadic_reduce(list(tensors), zeros, last, adder))
    shape = tf.shape(tensors[0])

    def spread(cotangent: tf.Tensor) -> list[tf.Tensor]:
        return [tf.fill(shape, each) for each in tf.unstack(cotangent)]

    return tf.stack([tf.reduce_sum(each) for each in rows]), spread


def kept(tensors: Any) -> Any:
    return tf.nest.map_structure(_kept, tensors) if _in_xla() else tensors


@tf.custom_gradient
def _kept(tensor: tf.Tensor) -> Any:
    (same,) = xla.optimization_barrier(tensor)
    return same, lambda cotangent: cotangent


def _in_xla() -> bool:
    """Whether what is traced now will be compiled with XLA."""
    return GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())


def svd(x: Any) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """From the eigenvectors of the Gram matrix, in float64.

    XLA's own `svd` takes a minute where this takes a second. Its eigenvectors are resolved to 1e-6
    of the largest eigenvalue, so vectors of the small singular values may mix among each other.
    """
    if x.shape[0] < x.shape[1]:
        v, s, ut = svd(tf.transpose(x))
        return tf.transpose(ut), s, tf.transpose(v)
    tall = tf.cast(x, "float64")
    squares, v = tf.linalg.eigh(tf.matmul(tall, tall, transpose_a=True))
    s, v = tf.sqrt(tf.maximum(squares[::-1], 0.0)), v[:, ::-1]
    positive = s > 1e-7 * s[0]
    u = tf.matmul(tall, v) * tf.where(positive, 1.0 / tf.where(positive, s, 1.0), 0.0)
    return tf.cast(u, x.dtype), tf.cast(s, x.dtype), tf.cast(tf.transpose(v), x.dtype)


def generator_state() -> None:
    """Every random number is drawn from a seed that a variable holds."""


def reseeded(state: None, stride: int) -> None:
    """There is no generator beside the variables."""


def generator_at(state: None) -> nullcontext:
    return nullcontext()


def replicas() -> int:
    return tf.distribute.get_strategy().num_replicas_in_sync


def replica() -> Any:
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def latest(compute: Callable[[], Any], memory: Any) -> Any:
    return compute()


def global_generators() -> dict[str, Any]:
    """Those of eager code; a stateful op within a compiled function keeps its own, out of reach."""
    generator = stateful_random_ops.global_generator
    seeds = getattr(context.context(), "_rng", None)
    version, numbers, gauss = seeds.getstate() if seeds else (None, (), None)
    return {
        "generator": None if generator is None else generator.state.numpy().tolist(),
        "seeds": [version, list(numbers), gauss],
    }


def set_global_generators(state: dict[str, Any]) -> None:
    if state["generator"] is not None:
        tf.random.get_global_generator().reset(state["generator"])
    version, numbers, gauss = state["seeds"]
    seeds = getattr(context.context(), "_rng", None)
    if seeds and version is not None:
        seeds.setstate((version, tuple(numbers), gauss))


def build_to_train(model: Any, batches: Any) -> None:
    """Keras leaves it to the first step, unless under a strategy, where `fit` has done it."""
    with model.distribute_strategy.scope():
        model._symbolic_build(data_batch=tree.map_structure(_symbol, _batch_of(batches)))


def repeats_shuffling() -> bool:
    """The order is drawn in the graph, from the seed that was global when it was made."""
    return context.global_seed() is not None


def _batch_of(batches: Any) -> Any:
    spec = batches._distributed_dataset.element_spec
    distributed = any(isinstance(each, PerReplicaSpec) for each in tree.flatten(spec))
    return None if distributed else spec


def _symbol(spec: Any) -> Any:
    if spec is None or isinstance(spec, tf.OptionalSpec):
        return None
    return keras.KerasTensor(tuple(spec.shape), spec.dtype.name)


def _gradient(tape: tf.GradientTape, outputs: Any, x: Any, cotangent: Any = None) -> Any:
    flat = tape.gradient(
        tree.flatten(outputs),
        tree.flatten(x),
        output_gradients=None if cotangent is None else tree.flatten(cotangent),
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return tree.pack_sequence_as(x, [tf.convert_to_tensor(gradient) for gradient in flat])
