"""The recipe of bias and variance."""

import sys

import numpy as np
import pytest

from keras_regzoo.cli import recipes

pytestmark = pytest.mark.one_backend
STRENGTH = 0.1


@pytest.fixture(scope="module")
def recipe():
    return sys.modules[recipes.load(recipes.find("bias_variance")).__module__]


def test_fit_is_the_ridge_regression_of_scikit_learn(recipe):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = recipe.features(recipe.nodes()), recipe.truth(recipe.nodes())
    model = recipe.builder(STRENGTH)()
    rows = (np.tile(each, (recipe.STEPS, 1)) for each in (x, y))
    model.fit(*rows, batch_size=len(x), shuffle=False, verbose=0)
    theirs = linear_model.Ridge(STRENGTH * len(x)).fit(x, y).predict(x)
    np.testing.assert_allclose(model.predict(x, verbose=0)[:, 0], theirs.reshape(-1), atol=1e-4)


def test_exact_parts_are_those_of_many_refits(recipe):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x_test = np.linspace(-1, 1, 41)
    random = np.random.default_rng(0)
    y = np.concatenate([recipe.noisy(recipe.nodes(), random) for _ in range(4000)], axis=1)
    x = recipe.features(recipe.nodes()).astype("float64")
    ridge = linear_model.Ridge(STRENGTH * len(x)).fit(x, y)
    made = ridge.predict(recipe.features(x_test).astype("float64"))
    bias = np.mean((made.mean(axis=1, keepdims=True) - recipe.truth(x_test)) ** 2)
    exact = recipe.exact_parts(STRENGTH, x_test)
    np.testing.assert_allclose(exact, (bias, made.var(axis=1).mean()), rtol=0.03)
