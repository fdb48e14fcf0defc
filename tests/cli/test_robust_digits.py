"""The recipe on attacked digits."""

import sys

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
