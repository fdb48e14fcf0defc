"""The recipe of noise as Tikhonov regularization."""

import sys

import numpy as np
import pytest

from keras_regzoo.cli import recipes

pytestmark = pytest.mark.one_backend


@pytest.fixture(scope="module")
def recipe():
    return sys.modules[recipes.load(recipes.find("noise_as_tikhonov")).__module__]


def test_ridge_is_that_of_scikit_learn(recipe):
    linear_model = pytest.importorskip("sklearn.linear_model")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(20, 6)), random.normal(size=(20, 3))
    theirs = linear_model.Ridge(alpha=0.7, fit_intercept=False).fit(x, y)
    np.testing.assert_allclose(recipe.ridge(x, y, 0.7), theirs.coef_.T, atol=1e-10)


def test_error_on_noisy_inputs_is_on_average_that_with_the_ridge_penalty(recipe):
    random = np.random.default_rng(1)
    x, y, weights = (random.normal(size=shape) for shape in ((20, 6), (20, 3), (6, 3)))
    noise = 0.3 * random.normal(size=(20_000, *x.shape))
    noisy = np.sum((y - (x + noise) @ weights) ** 2, axis=(1, 2)).mean()
    penalized = np.sum((y - x @ weights) ** 2) + len(x) * 0.3**2 * np.sum(weights**2)
    np.testing.assert_allclose(noisy, penalized, rtol=0.005)
