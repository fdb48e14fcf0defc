"""Differentiation against closed forms, compiled and not."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import backend
from tests.compiled import as_they_are, compiled

RUNS = pytest.mark.parametrize("run", [as_they_are, compiled], ids=["eager", "compiled"])
RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 3)).astype("float32")
X = RNG.normal(size=(3,)).astype("float32")
U = RNG.normal(size=(4,)).astype("float32")
V = RNG.normal(size=(3,)).astype("float32")


def smooth(x):
    """f(x) = tanh(A x), whose Jacobian is diag(1 − tanh²) A."""
    return ops.tanh(ops.matmul(ops.convert_to_tensor(A), x))


def jacobian(x: np.ndarray) -> np.ndarray:
    return (1 - np.tanh(A @ x) ** 2)[:, None] * A


def close(actual, expected) -> None:
    np.testing.assert_allclose(ops.convert_to_numpy(actual), expected, rtol=2e-5, atol=1e-5)


@RUNS
def test_gradient_of_a_quadratic_form(run):
    def step(x):
        return backend.value_and_grad(lambda x: ops.sum(ops.square(ops.matmul(A, x))))(x)

    value, gradient = run(step)(ops.convert_to_tensor(X))
    close(value, np.sum((A @ X) ** 2))
    close(gradient, 2 * A.T @ A @ X)


@RUNS
def test_gradient_keeps_structure_and_passes_aux_through(run):
    def scalar(parts, factor):
        return factor * ops.sum(parts["a"] * parts["b"][0]), {"product": parts["a"] * 2}

    def step(a, b):
        return backend.value_and_grad(scalar, has_aux=True)({"a": a, "b": [b]}, 3.0)

    (value, aux), gradient = run(step)(ops.convert_to_tensor(X), ops.convert_to_tensor(V))
    close(value, 3 * X @ V)
    close(aux["product"], 2 * X)
    close(gradient["a"], 3 * V)
    close(gradient["b"][0], 3 * X)


@RUNS
def test_gradient_is_zero_where_the_value_does_not_depend(run):
    def step(x):
        return backend.value_and_grad(lambda parts: ops.sum(parts[0]))([x, x * 1.0])[1]

    used, unused = run(step)(ops.convert_to_tensor(X))
    close(used, np.ones(3))
    close(unused, np.zeros(3))


@RUNS
def test_double_backpropagation_differentiates_a_gradient(run):
    def squared_slope(x):
        inner = backend.value_and_grad(lambda z: ops.sum(z**3), differentiable=True)
        return ops.sum(ops.square(inner(x)[1]))

    gradient = run(lambda x: backend.value_and_grad(squared_slope)(x)[1])(ops.convert_to_tensor(X))
    close(gradient, 36 * X**3)  # d/dx Σ (3x²)²


@RUNS
def test_a_gradient_not_differentiable_is_a_constant(run):
    def slope_times_x(x):
        return ops.sum(backend.value_and_grad(lambda z: ops.sum(z**3))(x)[1] * x)

    gradient = run(lambda x: backend.value_and_grad(slope_times_x)(x)[1])(ops.convert_to_tensor(X))
    close(gradient, 3 * X**2)


@RUNS
def test_vjp_is_the_transposed_jacobian(run):
    outputs, product = run(lambda x: backend.vjp(smooth, x, ops.convert_to_tensor(U)))(
        ops.convert_to_tensor(X)
    )
    close(outputs, np.tanh(A @ X))
    close(product, U @ jacobian(X))


@RUNS
def test_jvp_is_the_jacobian(run):
    outputs, product = run(lambda x: backend.jvp(smooth, x, ops.convert_to_tensor(V)))(
        ops.convert_to_tensor(X)
    )
    close(outputs, np.tanh(A @ X))
    close(product, jacobian(X) @ V)


@RUNS
def test_jvp_can_be_differentiated(run):
    def squared(x):
        return ops.sum(ops.square(backend.jvp(lambda z: z**3, x, ops.convert_to_tensor(V))[1]))

    gradient = run(lambda x: backend.value_and_grad(squared)(x)[1])(ops.convert_to_tensor(X))
    close(gradient, 36 * X**3 * V**2)  # d/dx Σ (3x² v)²


def test_jvp_passes_batch_normalization_in_training_mode():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 3))
    view = backend.PureView(layer)
    x = RNG.normal(size=(8, 3)).astype("float32")
    direction = RNG.normal(size=(8, 3)).astype("float32")

    def normalize(z):
        return view(view.weights(), view.state(), z, training=True).outputs

    _, product = backend.jvp(normalize, ops.convert_to_tensor(x), ops.convert_to_tensor(direction))
    step = 1e-2
    ahead, behind = (
        ops.convert_to_numpy(normalize(ops.convert_to_tensor(x + s * direction)))
        for s in (step, -step)
    )
    difference = (ahead - behind) / (2 * step)
    np.testing.assert_allclose(ops.convert_to_numpy(product), difference, atol=2e-3)


def test_integers_are_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"floating-point tensors; received one of dtype int32"):
        backend.value_and_grad(lambda x: ops.sum(x))(ops.convert_to_tensor([1, 2], dtype="int32"))


@RUNS
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sum_of_squares_over_an_axis(run, axis):
    factors = np.linspace(0.5, 2.0, np.sum(A**2, axis).size).astype("float32")

    def weighted(x):
        return ops.sum(ops.multiply(backend.sum_of_squares(x, axis), factors))

    def step(x):
        inner = backend.value_and_grad(weighted, differentiable=True)
        return backend.value_and_grad(lambda x: ops.sum(inner(x)[1] ** 2))(x)

    expanded = np.expand_dims(factors, axis)
    made, slope = run(step)(ops.convert_to_tensor(A))
    close(ops.stop_gradient(made), np.sum((2 * expanded * A) ** 2))
    close(slope, 8 * expanded**2 * A)


@RUNS
def test_sum_of_squares_and_its_first_and_second_derivatives(run):
    def slope_norm(x):
        inner = backend.value_and_grad(backend.sum_of_squares, differentiable=True)
        value, gradient = inner(x)
        return ops.sum(gradient**2) + 0.0 * value, (value, gradient)

    def step(x):
        return backend.value_and_grad(slope_norm, has_aux=True)(x)

    (_, (value, gradient)), second = run(step)(ops.convert_to_tensor(A))
    close(ops.stop_gradient(value), np.sum(A**2))
    close(ops.stop_gradient(gradient), 2 * A)
    close(second, 8 * A)
