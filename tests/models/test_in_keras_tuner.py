"""Autoencoders in a search by KerasTuner."""

import keras
import keras_tuner
import numpy as np
import pytest

from keras_regzoo import models
from keras_regzoo.objectives import WeightPenalty
from keras_regzoo.quiet import QUIET
from tests.backends import QUICKEST
from tests.cases import CASES
from tests.cases.networks import batch

pytestmark = pytest.mark.one_backend

X = np.random.default_rng(0).random((32, 8), dtype="float32")


def variational(hp):
    latent = hp.Int("latent", 2, 4)
    ends = models.dense_autoencoder((8,), (6,), latent, variational=True)
    model = models.VariationalAutoencoder(*ends, beta=hp.Float("beta", 0.5, 2.0), seed=0)
    model.compile(keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-2, sampling="log")))
    return model


def denoising(hp):
    penalty = WeightPenalty(keras.regularizers.L2(1.0), hp.Float("decay", 1e-4, 1e-2))
    ends = models.dense_autoencoder((8,), (hp.Int("width", 4, 8),), 2)
    corruption = hp.Float("corruption", 0.0, 0.5)
    model = models.DenoisingAutoencoder(*ends, corruption=corruption, objectives=[penalty])
    model.compile("adam", "mse")
    return model


def searched(build, objective, directory, x, y, trials):
    tuner = keras_tuner.RandomSearch(
        build, objective, max_trials=trials, seed=1, directory=directory, project_name="search"
    )
    tuner.search(x, y, epochs=2, batch_size=16, validation_data=(x, y), verbose=QUIET)
    return tuner


def best_of(tuner):
    """Returns its best model; Keras says that the optimizer starts anew."""
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        return tuner.get_best_models()[0]


@pytest.mark.parametrize(
    ("build", "objective"),
    [
        (variational, keras_tuner.Objective("val_elbo", "max")),
        (denoising, keras_tuner.Objective("val_loss", "min")),
    ],
)
def test_search_finds_its_best_trial_and_gives_its_weights_back(build, objective, tmp_path):
    tuner = searched(build, objective, tmp_path, X, X, trials=2)
    trials = tuner.oracle.get_best_trials(2)
    values = [trial.hyperparameters.values for trial in trials]
    assert values[0] != values[1]
    scores = [trial.score for trial in trials]
    assert scores == sorted(scores, reverse=objective.direction == "max")
    best = best_of(tuner)
    best.compile(loss=None if build is variational else "mse")
    logs = best.evaluate(X, batch_size=16, verbose=QUIET, return_dict=True)
    assert logs[objective.name.removeprefix("val_")] == pytest.approx(scores[0], rel=1e-4)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.kind == "model"], ids=lambda case: case.id
)
def test_every_model_is_searched_and_its_weights_are_given_back(case, tmp_path):
    x, y = batch(case, rows=8)

    def build(hp):
        model = case.cls(**case.arguments())
        loss = None if model.criterion is not None else "mse"
        model.compile(keras.optimizers.Adam(hp.Float("rate", 1e-3, 1e-2)), loss, **QUICKEST)
        return model

    objective = keras_tuner.Objective("val_loss", "min")
    tuner = searched(build, objective, tmp_path, x, y, trials=1)
    (trial,) = tuner.oracle.get_best_trials(1)
    assert best_of(tuner).evaluate(x, y, verbose=QUIET, return_dict=True)["loss"] == pytest.approx(
        trial.score, rel=1e-4
    )
