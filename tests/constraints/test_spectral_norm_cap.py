"""The ball of the spectral norm: the nearest matrix of it."""

import numpy as np
import pytest

from keras_regzoo.constraints import SpectralNormCap
from tests.compiled import as_they_are, compiled
from tests.constraints.projections import nearest, projected


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
@pytest.mark.parametrize("seed", range(3))
def test_projection_is_the_nearest_matrix_of_the_ball(seed, prepare):
    """Of two columns, σ_max ≤ c where c² I − WᵀW has no negative diagonal or determinant."""
    weight = np.random.default_rng(seed).normal(size=(3, 2))
    radius = float(np.linalg.svd(weight, compute_uv=False).mean())

    def slack(point):
        slacks = radius**2 * np.eye(2) - point.reshape(3, 2).T @ point.reshape(3, 2)
        return [slacks[0, 0], slacks[1, 1], np.linalg.det(slacks)]

    expected = nearest(weight, 0.1 * weight, {"type": "ineq", "fun": slack})
    made = projected(SpectralNormCap(radius), weight, prepare)
    np.testing.assert_allclose(made, expected, atol=1e-4)


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
def test_no_matrix_of_the_ball_lies_beyond_a_right_angle(prepare):
    """P(V) is the projection if and only if ⟨V − P(V), W − P(V)⟩ ≤ 0 for all W of the ball."""
    rng = np.random.default_rng(3)
    weight = rng.normal(size=(20, 12))
    made = projected(SpectralNormCap(2.5), weight, prepare)
    left, _, right = np.linalg.svd(weight - made, full_matrices=False)
    furthest = 2.5 * left @ right
    assert np.sum((weight - made) * (furthest - made)) <= 1e-3
    assert np.linalg.norm(made, 2) == pytest.approx(2.5, rel=1e-5)


def test_smaller_singular_values_stay():
    weight = np.random.default_rng(4).normal(size=(6, 4))
    values = np.linalg.svd(weight, compute_uv=False)
    made = projected(SpectralNormCap(values[1]), weight)
    expected = np.minimum(values, values[1])
    np.testing.assert_allclose(np.linalg.svd(made, compute_uv=False), expected, atol=1e-5)


def test_weights_inside_are_unchanged_and_projection_is_idempotent():
    weight = np.random.default_rng(5).normal(size=(5, 4)).astype("float32")
    np.testing.assert_array_equal(projected(SpectralNormCap(100.0), weight), weight)
    once = projected(SpectralNormCap(1.0), weight)
    np.testing.assert_allclose(projected(SpectralNormCap(1.0), once), once, atol=2e-6)


def test_kernel_of_higher_rank_is_the_matrix_of_its_last_axis():
    weight = np.random.default_rng(6).normal(size=(3, 3, 2, 4))
    made = projected(SpectralNormCap(1.0), weight)
    expected = projected(SpectralNormCap(1.0), weight.reshape(18, 4))
    np.testing.assert_allclose(made.reshape(18, 4), expected, atol=1e-6)


def test_zero_and_rank_deficient_weights():
    np.testing.assert_array_equal(projected(SpectralNormCap(1.0), np.zeros((3, 2))), 0.0)
    made = projected(SpectralNormCap(1.0), np.outer([3.0, 4.0], [1.0, 0.0]))
    np.testing.assert_allclose(made, np.outer([0.6, 0.8], [1.0, 0.0]), atol=1e-6)


def test_weights_that_are_not_finite_stay_so():
    made = projected(SpectralNormCap(1.0), np.array([[1.0, np.nan], [2.0, 3.0]], "float32"))
    assert np.isnan(made).any()
