"""The recipe of early stopping and ridge regression."""

import re
import sys

import numpy as np
import pytest

from keras_regzoo.cli import recipes

pytestmark = pytest.mark.one_backend


@pytest.fixture(scope="module")
def recipe():
    main = recipes.load(recipes.find("early_stopping_as_ridge"))
    return sys.modules[main.__module__]


def test_weights_are_those_of_gradient_descent_in_closed_form(recipe):
    x, _, y = recipe.regression()
    eigenvalues, vectors = np.linalg.eigh(x.T @ x / len(x))
    rate = 0.5 / eigenvalues[-1]
    optimum = vectors.T @ np.linalg.lstsq(x, y, rcond=None)[0]
    for steps, weights in zip((1, 3, 300), recipe.descend(x, y, rate, (1, 3, 300)), strict=True):
        expected = (1 - (1 - rate * eigenvalues) ** steps)[:, None] * optimum
        np.testing.assert_allclose(vectors.T @ weights, expected, atol=1e-4)


def test_ridge_is_that_of_scikit_learn(recipe):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, _, y = recipe.regression()
    theirs = linear_model.Ridge(alpha=0.3 * len(x), fit_intercept=False).fit(x, y)
    np.testing.assert_allclose(recipe.ridge(x, y, 0.3), theirs.coef_.T, atol=1e-8)


def test_run_reports_the_expected_numbers(regzoo, tmp_path):
    result = regzoo("run", "early_stopping_as_ridge", "--out", str(tmp_path / "out.json"))
    assert result.exit_code == 0
    numbers = dict(re.findall(r"^(\w+): least_risk ([\d.]+)", result.stdout, re.MULTILINE))
    assert float(numbers["early_stopping"]) < float(numbers["least_squares"]) / 3
    assert result.stdout.endswith("\nas expected\n")
