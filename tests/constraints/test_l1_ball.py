"""The L1 ball: the nearest point of it, on every axis and in every precision."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize

from keras_regzoo.constraints import L1Ball, L2Ball
from tests.compiled import as_they_are, compiled


def projected(weight, radius, axis=None, dtype="float32", prepare=compiled):
    constraint = prepare(L1Ball(radius, axis))
    result = constraint(ops.convert_to_tensor(weight, dtype=dtype))
    assert keras.backend.standardize_dtype(result.dtype) == dtype
    return np.asarray(ops.convert_to_numpy(ops.cast(result, "float32")), "float64")


def by_bisection(vector, radius):
    """Soft thresholding at the θ where the norm is the radius, found without sorting."""
    vector = np.asarray(vector, "float64")
    if np.abs(vector).sum() <= radius:
        return vector
    low, high = 0.0, np.abs(vector).max()
    for _ in range(100):
        theta = (low + high) / 2
        if np.maximum(np.abs(vector) - theta, 0).sum() > radius:
            low = theta
        else:
            high = theta
    return np.sign(vector) * np.maximum(np.abs(vector) - high, 0)


def by_slsqp(vector, radius):
    """The quadratic program of the definition, with w = a − b and a, b ≥ 0."""
    size = len(vector)

    def distance(point):
        return 0.5 * np.sum((point[:size] - point[size:] - vector) ** 2)

    solved = minimize(
        distance,
        np.full(2 * size, radius / (4 * size)),
        method="SLSQP",
        bounds=[(0, None)] * (2 * size),
        constraints=[{"type": "ineq", "fun": lambda point: radius - point.sum()}],
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert solved.success
    return solved.x[:size] - solved.x[size:]


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
@pytest.mark.parametrize("radius", [0.1, 1.0, 5.0, 1000.0])
def test_projection_is_the_nearest_point_of_the_ball(radius, prepare):
    weight = np.random.default_rng(0).normal(size=(6, 5))
    expected = by_bisection(weight.ravel(), radius).reshape(weight.shape)
    np.testing.assert_allclose(projected(weight, radius, prepare=prepare), expected, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_projection_solves_the_quadratic_program(seed):
    rng = np.random.default_rng(seed)
    vector, radius = rng.normal(size=6), float(rng.uniform(0.2, 2))
    np.testing.assert_allclose(projected(vector, radius), by_slsqp(vector, radius), atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "axis", "columns"),
    [
        ((6, 4), 0, lambda w: w.T),
        ((6, 4), -1, lambda w: w),
        ((6, 4), (0, 1), lambda w: w.reshape(1, -1)),
        ((6, 4), [0], lambda w: w.T),
        ((3, 2, 4, 5), (0, 1, 2), lambda w: w.reshape(24, 5).T),
        ((3, 2, 4, 5), (2, -4), lambda w: w.transpose(1, 3, 0, 2).reshape(10, 12)),
    ],
)
def test_each_slice_along_the_axes_is_projected_by_itself(shape, axis, columns):
    weight = np.random.default_rng(1).normal(size=shape)
    expected = [by_bisection(vector, 1.5) for vector in columns(weight)]
    actual = projected(weight, 1.5, axis)
    assert actual.shape == shape
    np.testing.assert_allclose(columns(actual), expected, atol=1e-5)


def test_projection_is_idempotent():
    once = projected(np.random.default_rng(2).normal(size=(20, 10)), 2.0, 0)
    np.testing.assert_allclose(projected(once, 2.0, 0), once, atol=1e-6)


def test_weights_inside_the_ball_are_unchanged():
    weight = np.random.default_rng(3).normal(size=(4, 4)).astype("float32")
    radius = float(np.abs(weight).sum()) + 1e-3
    np.testing.assert_array_equal(projected(weight, radius), weight)


@pytest.mark.parametrize(
    ("weight", "radius", "expected"),
    [
        ([1.0, -2.0, 3.0], 0.0, [0.0, 0.0, 0.0]),
        ([0.0, 0.0, 0.0], 0.0, [0.0, 0.0, 0.0]),
        ([0.0, 0.0, 0.0], 1.0, [0.0, 0.0, 0.0]),
        ([1.0, -1.0, 1.0, -1.0], 2.0, [0.5, -0.5, 0.5, -0.5]),
        ([2.0, 2.0, 0.0], 1.0, [0.5, 0.5, 0.0]),
        ([3.0, 1.0, 1.0], 2.0, [2.0, 0.0, 0.0]),
        ([-5.0], 2.0, [-2.0]),
    ],
)
def test_edges_and_ties(weight, radius, expected):
    np.testing.assert_allclose(projected(weight, radius), expected, atol=1e-6)


@pytest.mark.parametrize(("dtype", "precision"), [("bfloat16", 2**-8), ("float16", 2**-11)])
def test_half_precision_weights_are_projected_as_exactly_as_they_can_be_stored(dtype, precision):
    rng = np.random.default_rng(4)
    weight = ops.cast(ops.convert_to_tensor(rng.normal(size=3000), dtype="float32"), dtype)
    stored = np.asarray(ops.convert_to_numpy(ops.cast(weight, "float32")), "float64")
    expected = by_bisection(stored, 100.0)
    actual = projected(weight, 100.0, dtype=dtype)
    np.testing.assert_allclose(actual, expected, rtol=precision, atol=1e-5)
    assert np.abs(actual).sum() == pytest.approx(100.0, rel=precision)


@pytest.mark.parametrize("axis", [None, 0])
def test_kernel_stays_in_the_ball_through_fit(axis):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(64, 8)).astype("float32")
    y = (3 * x @ rng.normal(size=(8, 3))).astype("float32")
    dense = keras.layers.Dense(3, kernel_constraint=L1Ball(1.5, axis))
    model = keras.Sequential([keras.Input((8,)), dense])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    norms = []

    def measure(epoch, logs):
        norms.append(np.abs(ops.convert_to_numpy(dense.kernel)).sum(axis=axis))

    watch = keras.callbacks.LambdaCallback(on_epoch_end=measure)
    model.fit(x, y, batch_size=16, epochs=3, verbose=0, callbacks=[watch])
    assert np.max(norms) <= 1.5 * (1 + 1e-5)
    np.testing.assert_allclose(norms[-1], 1.5, rtol=1e-5)
    assert np.any(ops.convert_to_numpy(dense.kernel) == 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"radius": -0.5}, r"`radius` must be a number in \[0, inf\); received radius=-0.5"),
        ({"radius": float("nan")}, "`radius` must be a number"),
        ({"axis": "0"}, "`axis` must be an integer"),
        ({"axis": (0, None)}, "`axis` must be an integer"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        L1Ball(**arguments)


@pytest.mark.parametrize("constraint", [L1Ball(1.0), L2Ball(1.0)])
def test_a_weight_without_numbers_is_refused_and_a_list_is_taken(constraint):
    with pytest.raises(ValueError, match=r"`w` must have at least one number; received shape \(0"):
        constraint(ops.zeros((0, 3)))
    np.testing.assert_allclose(ops.convert_to_numpy(constraint([0.0, -3.0])), [0.0, -1.0])


def test_weight_without_the_axis_is_refused_in_one_sentence():
    with pytest.raises(
        ValueError, match=r"`axis` must be an axis of a weight of rank 2; received 2"
    ):
        L1Ball(1.0, axis=2)(ops.ones((3, 3)))


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
@pytest.mark.parametrize("radius", [100.0, 10000.0])
def test_a_million_weights_are_projected_onto_the_ball(radius, prepare):
    weight = 0.03 * np.random.default_rng(0).normal(size=(1000, 1000))
    made = projected(weight, radius, prepare=prepare)
    assert np.abs(made).sum() == pytest.approx(radius, rel=1e-5)
    np.testing.assert_allclose(made.ravel(), by_bisection(weight.ravel(), radius), atol=1e-6)
