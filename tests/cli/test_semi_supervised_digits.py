"""The recipe that learns digits from 50 labels."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_regzoo import data
from keras_regzoo.cli import recipes

# Keras's own conversion of a torch tensor, with NumPy 2.
pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "semi_supervised_digits.json"


@pytest.fixture(scope="module")
def recipe():
    main = recipes.load(recipes.find("semi_supervised_digits"))
    return sys.modules[main.__module__]


def test_all_methods_see_as_many_digits_and_only_fifty_labels(recipe):
    digits = data.load("digits", validation=recipe.VALIDATION, test=recipe.TEST, seed=1)
    x, y = recipe.examples(digits, unlabelled=True)
    twin_x, twin_y = recipe.examples(digits, unlabelled=False)
    assert x.shape == twin_x.shape
    assert (y == -1).sum() == len(digits.x_train)
    for inputs, labels in ((x[y >= 0], y[y >= 0]), (twin_x, twin_y)):
        assert len(np.unique(inputs, axis=0)) == recipe.LABELS
        counts = np.bincount(labels[: recipe.LABELS])
        assert counts.min() == counts.max() == recipe.LABELS // 10


def test_smoke_trains_every_method_and_writes_nothing(regzoo, recipe):
    before = RESULTS.read_text()
    result = regzoo("run", "semi_supervised_digits", "--smoke")
    assert result.exit_code == 0
    assert all(f"{method}: test accuracy" in result.stdout for method in recipe.METHODS)
    assert RESULTS.read_text() == before


def test_the_saved_result_is_of_these_settings_and_holds_the_claim(recipe):
    saved = json.loads(RESULTS.read_text())
    strengths = {name: method.strengths for name, method in recipe.METHODS.items()}
    assert saved["settings"]["strengths"] == strengths
    assert (saved["settings"]["labels"], saved["settings"]["epochs"]) == (50, recipe.EPOCHS)
    assert saved["seeds"] == list(recipe.SEEDS)
    for name, runs in saved["runs"].items():
        mean = np.mean([run["test"] for run in runs])
        assert saved["mean_test_accuracy"][name] == pytest.approx(mean)
    assert recipe.gain(saved["mean_test_accuracy"]) >= recipe.MARGIN
