"""The recipe of dropout as an ensemble."""

import itertools
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_regzoo.cli import recipes

pytestmark = pytest.mark.one_backend
X = np.random.default_rng(0).uniform(size=(5, 3, 3, 1)).astype("float32")
RATE = 0.3


@pytest.fixture(scope="module")
def recipe():
    return sys.modules[recipes.load(recipes.find("dropout_ensemble")).__module__]


def network(recipe, units):
    return recipe.network(SimpleNamespace(shape=(3, 3, 1), num_classes=4), units, RATE)


def test_geometric_mean_over_all_masks_is_weight_scaling_where_logits_are_linear(recipe):
    model = network(recipe, (4,))
    _, geometric = recipe.every_mask(model, X)
    scaled = np.exp(recipe.log_softmax(model(X)))
    np.testing.assert_allclose(geometric, scaled, atol=1e-6)


def test_arithmetic_mean_is_that_over_networks_without_the_units_dropped(recipe):
    model = network(recipe, (3, 6))
    weights = [keras.ops.convert_to_numpy(each) for each in model.trainable_variables]
    expected = 0.0
    for kept in itertools.product((0, 1), repeat=3):
        hidden = np.maximum(X.reshape(len(X), -1) @ weights[0] + weights[1], 0)
        hidden = np.maximum(hidden * kept / (1 - RATE) @ weights[2] + weights[3], 0)
        outputs = np.exp(hidden @ weights[4] + weights[5])
        chance = (1 - RATE) ** sum(kept) * RATE ** (3 - sum(kept))
        expected += chance * outputs / outputs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(recipe.every_mask(model, X)[0], expected, atol=1e-6)


def test_means_over_sampled_masks_tend_to_those_over_all(recipe):
    model = network(recipe, (4, 6))
    drawn = recipe.sample(model, X, 4000)
    arithmetic, geometric = recipe.every_mask(model, X)
    assert recipe.distance(np.exp(drawn).mean(axis=0), arithmetic) < 0.01
    sampled = recipe.normalized(drawn.mean(axis=0))
    assert recipe.distance(sampled, geometric) < 0.01
