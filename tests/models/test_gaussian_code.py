"""The draws of evaluations: of every batch its own, as spread as independent ones."""

import numpy as np
import pytest
from scipy.stats import kstest

from tests.models.test_variational_autoencoder import noise

UNITS = {
    "fractions": lambda random: random.uniform(size=(300, 1, 5)),
    "sixteenths": lambda random: random.integers(17, size=(300, 1, 64)) / 16,
    "small": lambda random: random.normal(0.0, 1e-4, (300, 1, 5)),
    "large": lambda random: random.normal(1e3, 10.0, (300, 1, 5)),
    "bits": lambda random: random.integers(2, size=(300, 1, 64)),
}


@pytest.mark.one_backend
@pytest.mark.parametrize("units", UNITS)
def test_evaluation_draws_of_batches_are_spread_as_their_rows_are(units):
    batches = UNITS[units](np.random.default_rng(0)).astype("float32")
    drawn = np.concatenate([noise(each, training=False) for each in batches])
    assert kstest(drawn[:, 0], "norm").pvalue > 1e-3
    assert kstest(drawn[:, 1], "norm").pvalue > 1e-3
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.15
    np.testing.assert_array_equal(noise(batches[0], training=False), drawn[:1])
