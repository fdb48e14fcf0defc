"""The recipe on attacked digits, and the results it wrote."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo.cli import recipes

# Keras's own conversion of a torch tensor, with NumPy 2.
pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "robust_digits.json"


@pytest.fixture(scope="module")
def recipe():
    main = recipes.load(recipes.find("robust_digits"))
    return sys.modules[main.__module__]


def test_attacks_are_the_worst_of_a_linear_model_within_the_ball_and_the_range(recipe):
    """Of two classes: every pixel goes towards the other class, by the radius or to its end."""
    keras.utils.set_random_seed(0)
    flat = keras.layers.Flatten()
    model = keras.Sequential([keras.Input((3, 3, 1)), flat, keras.layers.Dense(2)])
    x = np.random.default_rng(0).random((6, 3, 3, 1)).astype("float32")
    y = np.arange(6) % 2
    kernel = ops.convert_to_numpy(model.trainable_variables[0].value)
    away = np.sign(kernel[:, 1 - y].T - kernel[:, y].T).reshape(x.shape)
    worst = np.clip(x + recipe.RADIUS * away, 0, 1)
    for steps in (1, recipe.ATTACK_STEPS):
        np.testing.assert_allclose(recipe.attack(model, x, y, steps, 0), worst, atol=1e-6)


def test_smoke_trains_two_methods_and_writes_what_it_measured(regzoo, recipe, tmp_path):
    path = tmp_path / "robust.json"
    before = RESULTS.read_bytes()
    result = regzoo("run", "robust_digits", "--smoke", "--out", str(path))
    assert result.exit_code == 0, result.output
    assert "as expected" not in result.stdout
    assert RESULTS.read_bytes() == before
    made = json.loads(path.read_text())
    assert set(made["runs"]) == {"plain", "fgsm_training"}
    assert made["seeds"] == [0]
    for method, (run,) in made["runs"].items():
        assert all(0 <= run[name] <= 1 for name in recipe.MEASURES)
        assert run == {name: made["summary"][method][name]["mean"] for name in recipe.MEASURES}


def test_the_results_kept_are_of_all_seeds_and_show_the_claim(recipe):
    kept = json.loads(RESULTS.read_text())
    assert kept["seeds"] == list(recipe.SEEDS)
    assert kept["settings"]["epochs"] == recipe.EPOCHS
    assert set(kept["machine"]) == set(recipe.environment())
    assert kept["summary"] == recipe.summarize(kept["runs"])
    assert recipe.holds(kept["runs"], kept["summary"])
    robust = {method: each["pgd"]["mean"] for method, each in kept["summary"].items()}
    assert robust["pgd_training"] > 2 * robust["plain"]
    assert robust["pgd_training"] > robust["fgsm_training"] > robust["vat"] > robust["plain"]
