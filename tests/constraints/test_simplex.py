"""The simplex: the nearest point of it, on every axis."""

import numpy as np
import pytest
from keras import ops

from keras_regzoo.constraints import Simplex
from tests.compiled import as_they_are, compiled
from tests.constraints.projections import nearest, projected


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
@pytest.mark.parametrize(("seed", "total"), [(0, 1.0), (1, 0.3), (2, 6.0)])
def test_projection_is_the_nearest_point_of_the_simplex(seed, total, prepare):
    weight = np.random.default_rng(seed).normal(size=(2, 3))
    expected = nearest(
        weight,
        np.full((2, 3), total / 6),
        {"type": "eq", "fun": lambda point: np.sum(point) - total},
        {"type": "ineq", "fun": lambda point: point},
    )
    np.testing.assert_allclose(projected(Simplex(total), weight, prepare), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "axis", "slices"),
    [
        ((6, 4), 0, lambda w: w.T),
        ((6, 4), -1, lambda w: w),
        ((6, 4), (0, 1), lambda w: w.reshape(1, -1)),
        ((3, 2, 4, 5), (0, 1, 2), lambda w: w.reshape(24, 5).T),
    ],
)
def test_each_slice_along_the_axes_is_projected_by_itself(shape, axis, slices):
    weight = np.random.default_rng(3).normal(size=shape)
    made = slices(projected(Simplex(2.0, axis), weight))
    alone = [projected(Simplex(2.0), vector) for vector in slices(weight)]
    np.testing.assert_allclose(made, alone, atol=1e-6)
    np.testing.assert_allclose(made.sum(axis=1), 2.0, rtol=1e-6)


def test_projection_is_idempotent_and_makes_exact_zeros():
    once = projected(Simplex(axis=0), np.random.default_rng(4).normal(size=(20, 5)))
    assert np.min(once) == 0.0 and np.sum(once == 0) > 20
    np.testing.assert_allclose(projected(Simplex(axis=0), once), once, atol=1e-6)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ([0.0, 0.0], [0.5, 0.5]),
        ([5.0, 0.0], [1.0, 0.0]),
        ([-1.0, -1.0, -3.0], [0.5, 0.5, 0.0]),
        ([-7.0], [1.0]),
    ],
)
def test_edges_and_ties(weight, expected):
    np.testing.assert_allclose(projected(Simplex(), np.array(weight)), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("weight", "expected"),
    [([1e8, 1e8], [0.5, 0.5]), ([16384.25, 16384.0, 16383.0], [0.625, 0.375, 0.0])],
)
def test_large_weights_keep_the_total(weight, expected):
    np.testing.assert_allclose(projected(Simplex(), np.array(weight, "float32")), expected)


def test_a_weight_without_numbers_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"`w` must have at least one number; received shape \(0"):
        Simplex()(ops.zeros((0, 3)))


def test_half_precision_is_projected_as_exactly_as_it_can_be_stored():
    made = Simplex()(ops.zeros((3000,), dtype="bfloat16"))
    np.testing.assert_allclose(
        ops.convert_to_numpy(ops.cast(made, "float32")), 1 / 3000, rtol=2**-8
    )


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
def test_a_million_weights_keep_the_total(prepare):
    weight = 0.03 * np.random.default_rng(0).normal(size=1_000_000)
    made = projected(Simplex(1e4), weight, prepare)
    assert made.sum() == pytest.approx(1e4, rel=1e-5)
