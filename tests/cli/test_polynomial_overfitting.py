"""The recipe that later ones follow."""

import re
import sys

import numpy as np
import pytest

from keras_regzoo.cli import recipes

# Keras's own conversion of a torch tensor, with NumPy 2.
pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def recipe():
    main = recipes.load(recipes.find("polynomial_overfitting"))
    return sys.modules[main.__module__]


@pytest.mark.parametrize("strength", [0.0, 0.03])
def test_solution_is_the_one_of_ridge_regression(recipe, strength):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y = recipe.noisy_sines(3)
    model = recipe.fit(x, y, strength, recipe.STEPS)
    ridge = linear_model.Ridge(alpha=strength * len(x)).fit(recipe.features(x), y)
    grid = recipe.features(np.linspace(-1.0, 1.0, 50))
    predicted = model.predict(grid, verbose=0)
    np.testing.assert_allclose(predicted, ridge.predict(grid), atol=1e-3)


def test_run_reports_the_expected_numbers(regzoo, tmp_path):
    result = regzoo("run", "polynomial_overfitting", "--out", str(tmp_path / "out.json"))
    assert result.exit_code == 0
    without, with_l2 = map(float, re.findall(r"train [\d.]+, test ([\d.]+)", result.stdout))
    assert with_l2 < without / 2
    assert result.stdout.endswith("\nas expected\n")
