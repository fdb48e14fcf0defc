"""The group lasso: its value, its gradient and what it selects."""

import math
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.optimize import NonlinearConstraint, minimize

from keras_regzoo.backend import value_and_grad
from keras_regzoo.regularizers import GroupLasso, SparseGroupLasso
from tests.compiled import as_they_are, compiled


def sum_over_groups(weight, kept):
    """Σ_g √p_g ‖w_g‖₂, one group after another."""
    kept = [axis % weight.ndim for axis in kept]
    total = 0.0
    for place in np.ndindex(*(weight.shape[axis] for axis in kept)):
        index = [slice(None)] * weight.ndim
        for axis, at in zip(kept, place, strict=True):
            index[axis] = at
        group = weight[tuple(index)]
        total += math.sqrt(group.size) * np.linalg.norm(np.ravel(group))
    return total


@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((5, 3), 0),
        ((5, 3), 1),
        ((5, 3), -1),
        ((5, 3), (0,)),
        ((5, 3), (0, 1)),
        ((7,), 0),
        ((3, 3, 4, 6), -1),
        ((3, 3, 4, 6), 2),
        ((3, 3, 4, 6), (2, 3)),
        ((3, 3, 4, 6), (-1, 0)),
    ],
)
def test_group_lasso_is_the_sum_of_scaled_group_norms(shape, axis):
    weight = np.random.default_rng(0).normal(size=shape).astype("float32")
    expected = 0.3 * sum_over_groups(weight, [axis] if isinstance(axis, int) else axis)
    actual = GroupLasso(0.3, axis=axis)(ops.convert_to_tensor(weight))
    assert float(actual) == pytest.approx(expected, rel=1e-5)


def test_groups_of_one_weight_are_the_lasso():
    weight = ops.convert_to_tensor([[1.0, -2.0], [0.0, 0.5]])
    lasso = keras.regularizers.L1(0.1)
    assert float(GroupLasso(0.1, axis=(0, 1))(weight)) == pytest.approx(float(lasso(weight)))


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
def test_gradient_is_the_scaled_direction_and_zero_at_a_group_of_zeros(prepare):
    weight = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    weight[2] = 0.0
    norms = np.linalg.norm(weight, axis=1, keepdims=True)
    expected = 0.2 * math.sqrt(3) * weight / np.where(norms > 0, norms, 1.0)
    value, gradient = prepare(value_and_grad(GroupLasso(0.2, axis=0)))(
        ops.convert_to_tensor(weight)
    )
    value = ops.convert_to_numpy(value)
    assert value == pytest.approx(0.2 * math.sqrt(3) * norms.sum(), rel=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), expected, rtol=1e-5, atol=1e-7)


def test_gradient_is_finite_for_all_zeros_and_for_tiny_weights():
    for weight in (np.zeros((3, 2)), np.full((3, 2), 1e-25), np.full((3, 2), 1e-18)):
        penalty = value_and_grad(GroupLasso(1.0, axis=-1))
        value, gradient = penalty(ops.convert_to_tensor(weight, dtype="float32"))
        assert np.isfinite(ops.convert_to_numpy(value))
        assert np.all(np.abs(ops.convert_to_numpy(gradient)) <= math.sqrt(3) + 1e-5)


def test_training_selects_the_inputs_that_the_convex_optimum_selects():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(64, 5)).astype("float32")
    truth = np.zeros((5, 2))
    truth[:2] = [[1.0, -0.8], [0.6, 0.9]]
    y = (x @ truth + 0.1 * rng.normal(size=(64, 2))).astype("float32")
    strength = 0.15

    optimum = constrained_group_lasso(x, y, strength)
    dense = keras.layers.Dense(2, use_bias=False, kernel_regularizer=GroupLasso(strength))
    model = keras.Sequential([keras.Input((5,)), dense])
    steps = 300
    rate = keras.optimizers.schedules.PolynomialDecay(0.3, steps, 1e-4)
    model.compile(keras.optimizers.SGD(rate), "mse")
    repeated = [np.tile(part, (steps, 1)) for part in (x, y)]
    model.fit(*repeated, batch_size=64, shuffle=False, verbose=0)

    trained = ops.convert_to_numpy(dense.kernel)
    np.testing.assert_allclose(trained, optimum, atol=5e-3)
    kept = np.linalg.norm(trained, axis=1) > 1e-2
    assert kept.tolist() == [True, True, False, False, False]
    assert np.linalg.norm(optimum[2:]) < 1e-3
    assert np.all(np.linalg.norm(trained, axis=1)[:2] < np.linalg.norm(truth, axis=1)[:2])


def constrained_group_lasso(x, y, strength):
    """min MSE + λ √p Σ t_g with ‖w_g‖₂ ≤ t_g: the same problem, smooth, solved by SLSQP."""
    inputs, outputs = x.shape[1], y.shape[1]

    def split(point):
        return point[:-inputs].reshape(inputs, outputs), point[-inputs:]

    def objective(point):
        weight, bounds = split(point)
        residual = x @ weight - y
        return np.mean(residual**2) + strength * math.sqrt(outputs) * bounds.sum()

    def slack(point):
        weight, bounds = split(point)
        return bounds - np.sqrt((weight**2).sum(axis=1) + 1e-12)

    start = np.concatenate([np.full(inputs * outputs, 0.1), np.ones(inputs)])
    constraint = NonlinearConstraint(slack, 0.0, np.inf)
    solved = minimize(objective, start, method="SLSQP", constraints=[constraint], tol=1e-10)
    assert solved.success
    return split(solved.x)[0]


def test_weight_without_the_axis_is_refused_in_one_sentence():
    with pytest.raises(
        ValueError, match=r"`axis` must be an axis of a weight of rank 1; received 1"
    ):
        GroupLasso(0.1, axis=1)(ops.ones((3,)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"strength": -1}, r"`strength` must be a number in \[0, inf\); received strength=-1"),
        ({"axis": 0.5}, "`axis` must be an integer"),
        ({"axis": (0, "1")}, "`axis` must be an integer"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        GroupLasso(**arguments)


def test_numpy_integers_and_lists_name_axes():
    weight = ops.convert_to_tensor(np.random.default_rng(3).normal(size=(3, 4)), dtype="float32")
    last: Any = np.int64(1)
    both: Any = [np.int64(0), 1]
    assert float(GroupLasso(1.0, last)(weight)) == float(GroupLasso(1.0, 1)(weight))
    assert GroupLasso(1.0, both).get_config() == {"strength": 1.0, "axis": (0, 1)}


def test_a_list_is_taken_as_a_weight():
    assert float(GroupLasso(1.0)([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(5 * math.sqrt(2))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("value", [1e-4, 20.0])
@pytest.mark.parametrize("penalty", [GroupLasso(1.0), SparseGroupLasso(1.0, l1_ratio=0.5)])
def test_squares_in_half_precision_neither_vanish_nor_overflow(penalty, value, dtype):
    """Of two groups of 300 equal weights, both terms are 600 times one of them."""
    made = penalty(ops.cast(ops.full((2, 300), value), dtype))
    assert keras.backend.standardize_dtype(made.dtype) == dtype
    assert float(ops.cast(made, "float32")) == pytest.approx(600 * value, rel=0.01)
