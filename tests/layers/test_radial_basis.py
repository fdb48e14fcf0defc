"""Gaussian radial basis functions, and centers from the data."""

import numpy as np
import pytest
from keras import ops
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics.pairwise import rbf_kernel

from keras_regzoo.layers import RadialBasis


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("shape", [(6, 3), (2, 4, 3)])
def test_units_are_gaussians_of_the_distance(shape):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    layer = RadialBasis(5, width=0.7, seed=1)
    made = numpy(layer(x)).reshape(-1, 5)
    expected = rbf_kernel(x.reshape(-1, 3), numpy(layer.centers), gamma=1 / (2 * 0.7**2))
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-6)


def test_each_unit_has_a_width_of_its_own():
    layer = RadialBasis(2)
    layer.build((None, 1))
    layer.centers.assign([[0.0], [0.0]])
    layer.log_width.assign(np.log([1.0, 2.0]))
    np.testing.assert_allclose(numpy(layer(np.array([[2.0]]))), np.exp([[-2.0, -0.5]]), rtol=1e-5)


def test_half_precision_inputs_do_not_cancel():
    """‖x‖² − 2xᵀc + ‖c‖² of large, near points, in bfloat16, would lose all digits."""
    x = np.full((1, 64), 16.0)
    layer = RadialBasis(1, width=4.0, dtype="mixed_bfloat16")
    layer.build(x.shape)
    layer.centers.assign(x + 0.5)
    made = float(ops.convert_to_numpy(ops.cast(layer(x), "float32"))[0, 0])
    assert made == pytest.approx(np.exp(-64 * 0.25 / 32), rel=0.01)


def blobs():
    random = np.random.default_rng(0)
    means = random.normal(size=(4, 2)) * 10
    return (means[:, None] + random.normal(size=(4, 25, 2))).reshape(-1, 2)


def test_fitted_centers_are_those_of_k_means():
    x = blobs()
    layer = RadialBasis(4, seed=0)
    layer.fit_centers(x)
    centers = numpy(layer.centers).astype("float64")
    expected = KMeans(4, n_init=10, random_state=0).fit(x).cluster_centers_
    order, other = (np.lexsort(each.T) for each in (centers, expected))
    np.testing.assert_allclose(centers[order], expected[other], rtol=1e-4, atol=1e-4)


def test_fitted_centers_are_the_means_of_their_rows_without_clusters_too():
    x = np.random.default_rng(1).uniform(size=(80, 3))
    layer = RadialBasis(9, seed=0)
    layer.fit_centers(x)
    centers = numpy(layer.centers)
    nearest = cdist(x, centers).argmin(axis=1)
    for unit, center in enumerate(centers):
        np.testing.assert_allclose(x[nearest == unit].mean(axis=0), center, rtol=1e-4, atol=1e-5)


def test_fitted_widths_are_the_distances_of_the_next_center():
    layer = RadialBasis(4, seed=0)
    layer.fit_centers(blobs())
    apart = cdist(numpy(layer.centers), numpy(layer.centers))
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_allclose(np.exp(numpy(layer.log_width)), apart.min(axis=1), rtol=1e-4)


def test_one_fitted_center_is_the_mean_and_keeps_its_width():
    x = blobs()
    layer = RadialBasis(1, width=3.0)
    layer.fit_centers(x)
    np.testing.assert_allclose(numpy(layer.centers)[0], x.mean(axis=0), rtol=1e-4)
    assert np.exp(numpy(layer.log_width)) == pytest.approx(3.0)


def test_fewer_different_rows_than_centers_are_refused():
    with pytest.raises(ValueError, match=r"as many different rows .*, 3; received 2"):
        RadialBasis(3).fit_centers([[0.0], [1.0], [1.0], [0.0]])


def test_fixed_centers_and_widths_are_not_trainable():
    layer = RadialBasis(3, trainable_centers=False)
    layer.build((None, 2))
    assert [variable.name for variable in layer.trainable_variables] == ["log_width"]
    layer = RadialBasis(3, trainable_width=False)
    layer.build((None, 2))
    assert [variable.name for variable in layer.trainable_variables] == ["centers"]


def test_integers_count_as_numbers():
    layer = RadialBasis(3, seed=0)
    x = np.array([[1, 2], [0, 1]])
    made, expected = (ops.convert_to_numpy(layer(x.astype(d))) for d in ("int32", "float32"))
    np.testing.assert_array_equal(made, expected)


@pytest.mark.parametrize(("x", "center"), [(2000.0, 2000.3), (20001.0, 20000.0)])
def test_points_far_from_zero_do_not_cancel(x, center):
    layer = RadialBasis(2)
    layer.build((None, 1))
    layer.centers.assign([[center], [center + 1]])
    distances = x - numpy(layer.centers).astype("float64")
    made = numpy(layer(np.array([[x]], "float32")))
    np.testing.assert_allclose(made, np.exp(-np.square(distances.T) / 2), rtol=1e-5)
