"""The recipe of L1 and L2 paths."""

import sys

import numpy as np
import pytest

from keras_regzoo.cli import recipes

pytestmark = pytest.mark.one_backend


@pytest.fixture(scope="module")
def recipe():
    pytest.importorskip("sklearn")
    return sys.modules[recipes.load(recipes.find("l1_l2_paths")).__module__]


def test_every_claim_of_the_docstring_is_compared(recipe):
    for kind in recipe.KINDS:
        assert {f"{kind}/{strength:g}/zeros" for strength in recipe.STRENGTHS} <= set(
            recipe.EXPECTED
        )
    for kind in ("l1", "l2"):
        assert {f"{kind}/{strength:g}/distance" for strength in recipe.STRENGTHS} <= set(
            recipe.EXPECTED
        )
    least, greatest = recipe.EXPECTED["l1/0.02/zeros"]
    assert least <= 7 / 3 <= greatest < 2.4


def test_weights_meet_the_conditions_of_a_minimum(recipe):
    x, y, _ = recipe.diabetes(0)
    paths = recipe.paths(0, recipe.STEPS)
    for strength, lasso, ridge in zip(recipe.STRENGTHS, paths["l1"], paths["l2"], strict=True):
        slope = x.T @ (y[:, 0] - x @ lasso) / len(x)
        kept = lasso != 0
        np.testing.assert_allclose(slope[kept], strength * np.sign(lasso[kept]), atol=1e-5)
        assert np.all(np.abs(slope[~kept]) <= strength + 1e-5)
        slope = x.T @ (y[:, 0] - x @ ridge) / len(x)
        np.testing.assert_allclose(slope, strength * ridge, atol=1e-5)
