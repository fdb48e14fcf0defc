"""Seeds of NumPy's integers are taken as plain ones, and saved as such."""

import inspect
import json
from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import callbacks, data, models, training
from keras_regzoo.models import conditional_dense_autoencoder
from tests.cases import CASES

pytestmark = pytest.mark.one_backend

SEED: Any = np.int64(3)
X = np.arange(8.0, dtype="float32")[:, None]
SEEDED = [case for case in CASES if "seed" in inspect.signature(case.cls.__init__).parameters]
UNSAVED = {
    "CurriculumDataset": lambda seed: data.CurriculumDataset(
        X, X, X[:, 0], lambda step: 1.0, batch_size=2, seed=seed
    ),
    "MemmapDataset": lambda seed: data.MemmapDataset(X, X, batch_size=2, seed=seed),
    "ResampleDeadLatents": lambda seed: callbacks.ResampleDeadLatents(X, seed=seed),
}


@pytest.mark.parametrize("case", SEEDED, ids=lambda case: case.id)
def test_a_seed_of_numpy_is_saved_as_a_plain_integer(case):
    made = case.cls(**{**case.arguments(), "seed": SEED})
    config = keras.saving.serialize_keras_object(made.get_config())
    assert type(config["seed"]) is int
    assert json.loads(json.dumps(config))["seed"] == 3


def test_a_conditional_vae_saves_it_as_a_plain_integer():
    ends = conditional_dense_autoencoder((4,), 3, hidden=(), latent=2)
    made = models.ConditionalVAE(*ends, seed=SEED)
    assert type(made.get_config()["seed"]) is int


@pytest.mark.parametrize("name", UNSAVED)
def test_a_seed_of_numpy_is_kept_as_a_plain_integer(name):
    assert type(UNSAVED[name](SEED).seed) is int


def test_functions_that_train_take_it():
    def build():
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        return model

    found = [training.cross_validate(build, X, X, 2, seed=seed) for seed in (3, SEED)]
    np.testing.assert_array_equal(found[0].predictions, found[1].predictions)
    assert type(data.load("digits", seed=SEED).seed) is int
