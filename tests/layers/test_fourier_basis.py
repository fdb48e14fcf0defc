"""Random Fourier features: their products estimate the Gaussian kernel."""

import numpy as np
import pytest
from keras import ops
from scipy.stats import kstest, spearmanr
from sklearn.metrics.pairwise import rbf_kernel

from keras_regzoo.layers import FourierBasis


def points():
    return np.random.default_rng(0).normal(size=(10, 3)).astype("float32")


def approximated(x, units, width, seed):
    z = ops.convert_to_numpy(FourierBasis(units, width, seed=seed)(x))
    return z @ z.T


@pytest.mark.parametrize("width", [0.5, 1.0, 3.0])
def test_products_approximate_the_gaussian_kernel(width):
    units = 40_000
    expected = rbf_kernel(points(), gamma=1 / (2 * width**2))
    error = approximated(points(), units, width, seed=1) - expected
    assert np.abs(error).max() < 4.5 / np.sqrt(units)


def test_error_falls_with_the_square_root_of_the_number_of_units():
    expected = rbf_kernel(points(), gamma=0.5)
    errors = [
        np.sqrt(
            np.mean(
                [(approximated(points(), units, 1.0, seed) - expected) ** 2 for seed in range(5)]
            )
        )
        for units in (100, 10_000)
    ]
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.4)


def test_frequencies_and_phases_have_their_distributions():
    layer = FourierBasis(5000, width=2.0, seed=1)
    layer.build((None, 1))
    frequencies = ops.convert_to_numpy(layer.frequencies)[0]
    phases = ops.convert_to_numpy(layer.phases)
    assert kstest(2 * frequencies, "norm").pvalue > 1e-3
    assert kstest(phases / (2 * np.pi), "uniform").pvalue > 1e-3
    assert spearmanr(frequencies, phases).pvalue > 1e-3


def test_every_place_of_a_sequence_has_the_features_of_a_row():
    layer = FourierBasis(8, seed=0)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    made = ops.convert_to_numpy(layer(x)).reshape(8, -1)
    frequencies = ops.convert_to_numpy(layer.frequencies)
    phases = ops.convert_to_numpy(layer.phases)
    expected = np.sqrt(2 / 8) * np.cos(x.reshape(8, 3) @ frequencies + phases)
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)


def test_frequencies_are_fixed_unless_asked_otherwise():
    for trainable in (False, True):
        layer = FourierBasis(4, trainable_frequencies=trainable)
        layer.build((None, 2))
        assert len(layer.trainable_variables) == 2 * trainable
        assert len(layer.weights) == 2


def test_seeds_decide_the_frequencies():
    first, second, other = (approximated(points(), 10, 1.0, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 0.01


def test_integers_count_as_numbers():
    layer = FourierBasis(3, seed=0)
    x = np.array([[1, 2], [0, 1]])
    made, expected = (ops.convert_to_numpy(layer(x.astype(d))) for d in ("int32", "float32"))
    np.testing.assert_array_equal(made, expected)
