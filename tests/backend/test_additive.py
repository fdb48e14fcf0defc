"""Sums with a gradient of their own against closed forms, compiled and not."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from keras_regzoo import backend
from tests.compiled import as_they_are, compiled

RUNS = pytest.mark.parametrize("run", [as_they_are, compiled], ids=["eager", "compiled"])
EXPONENTS = np.array([1.0, 2.0, 3.0], "float32")
POSITIVE = np.random.default_rng(0).uniform(0.5, 1.5, (3, 5)).astype("float32")


def close(actual, expected) -> None:
    np.testing.assert_allclose(ops.convert_to_numpy(actual), expected, rtol=2e-5, atol=1e-5)


def powers(x, exponents):
    """Returns `Σᵢⱼ xᵢ^{kⱼ}`, and its gradients, by way of all that helps XLA."""
    count = len(EXPONENTS)
    raised = [backend.kept(ops.power(x, exponents[j])) for j in range(count)]
    found = backend.sums([*raised, *[each * ops.log(x) for each in raised]])
    slopes = sum(exponents[j] * raised[j] / x for j in range(count))
    return ops.sum(found[:count]), [slopes, found[count:]]


@RUNS
@pytest.mark.parametrize("x", [POSITIVE, POSITIVE[0], POSITIVE[0, 0]], ids=["2d", "1d", "0d"])
def test_additive_sum_and_its_first_and_second_derivatives(run, x):
    def slope_norm(args):
        inner = backend.value_and_grad(
            lambda args: 2.0 * backend.additive(powers, *args), differentiable=True
        )
        value, (slopes, turns) = inner(args)
        return ops.sum(slopes**2) + ops.sum(turns), (value, slopes, turns)

    def step(x, exponents):
        return backend.value_and_grad(slope_norm, has_aux=True)((x, exponents))

    (_, firsts), seconds = run(step)(ops.convert_to_tensor(x), ops.convert_to_tensor(EXPONENTS))
    value, slopes, turns = (ops.convert_to_numpy(ops.stop_gradient(each)) for each in firsts)
    x, k = x[..., None], EXPONENTS
    close(value, 2 * np.sum(x**k))
    close(slopes, 2 * np.sum(k * x ** (k - 1), -1))
    axes = tuple(range(x.ndim - 1))
    close(turns, 2 * np.sum(x**k * np.log(x), axes))
    bends = 2 * np.sum(k * (k - 1) * x ** (k - 2), -1)
    mixed = 2 * (x ** (k - 1) + k * x ** (k - 1) * np.log(x))
    close(seconds[0], 2 * slopes * bends + mixed.sum(-1))
    twice = 2 * np.sum(x**k * np.log(x) ** 2, axes)
    close(seconds[1], np.sum(2 * slopes[..., None] * mixed, axes) + twice)


def test_additive_sum_of_many_is_that_of_its_pieces():
    x = np.random.default_rng(1).uniform(0.5, 1.5, 70_001).astype("float32")
    exponents = ops.convert_to_tensor(EXPONENTS)
    inner = backend.value_and_grad(lambda x: backend.additive(powers, x, exponents))
    value, slopes = map(ops.convert_to_numpy, inner(ops.convert_to_tensor(x)))
    assert value == pytest.approx(np.sum(x.astype("float64")[:, None] ** EXPONENTS), rel=1e-5)
    close(slopes, 1 + 2 * x + 3 * x**2)


def test_jvp_of_an_additive_sum():
    x, direction = POSITIVE, np.ones_like(POSITIVE)
    exponents = ops.convert_to_tensor(EXPONENTS)
    _, product = backend.jvp(
        lambda x: backend.additive(powers, x, exponents),
        *map(ops.convert_to_tensor, (x, direction)),
    )
    close(product, np.sum(1 + 2 * x + 3 * x**2))
