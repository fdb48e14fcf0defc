"""Runs are paired, repeatable and independent of the runs before them."""

import keras
import numpy as np
import pytest

from keras_regzoo import data
from keras_regzoo.diagnostics import TECHNIQUES
from keras_regzoo.diagnostics.base_models import build, mlp
from keras_regzoo.diagnostics.experiment import Budget, DataSource, Experiment
from keras_regzoo.diagnostics.measures import Scale, measure, predict
from keras_regzoo.diagnostics.technique_names import parse_techniques
from keras_regzoo.diagnostics.training_run import _batches

pytestmark = pytest.mark.one_backend


def tiny(shape, outputs):
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Flatten(),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(outputs),
        ]
    )


def experiment(techniques, epochs=2, learning_rate=1e-2, source=None):
    source = source or DataSource("digits", None, None, 64)
    budget = Budget(epochs, 16, learning_rate)
    return Experiment(source, "tiny", tiny, parse_techniques(techniques), budget)


def test_every_technique_starts_from_the_weights_of_the_seed():
    paired = experiment(None)
    initial = build(tiny, (8, 8, 1), 10, seed=1).get_weights()
    x = paired.source.load(1).x_test[:5]
    outputs = []
    for treatment in paired.treatments:
        network = paired._network(treatment, paired.source.load(0))
        network._restart(initial, 1)
        for variable, value in zip(network.treated.variables, initial, strict=True):
            np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable.value), value)
        outputs.append(keras.ops.convert_to_numpy(network.treated.base(x, training=False)))
    assert len(outputs) == len(TECHNIQUES)
    np.testing.assert_allclose(outputs, outputs[:1] * len(outputs), rtol=1e-5, atol=1e-6)


def test_run_does_not_depend_on_the_runs_before_it():
    techniques = "dropout,early_stopping:patience=1"
    forward, backward = experiment(techniques), experiment(techniques)
    first = {(t.key, s): forward.run(t, s) for s in (0, 1) for t in forward.treatments[1:]}
    for seed in (1, 0):
        for treatment in backward.treatments[:0:-1]:
            run, expected = backward.run(treatment, seed), first[treatment.key, seed]
            assert run["curves"]["error"] == expected["curves"]["error"]
            assert run["test"]["loss"] == pytest.approx(expected["test"]["loss"], rel=1e-4)


def test_seeds_differ_and_random_techniques_change_the_run():
    runs = experiment("dropout")
    baseline, dropout = runs.treatments
    losses = {runs.run(t, s)["test"]["loss"] for t in (baseline, dropout) for s in (0, 1)}
    assert len(losses) == 4


def test_mini_batches_are_the_same_for_one_seed_and_reach_every_example():
    x, y = np.arange(10), np.arange(10)
    first, again, other = (_batches(x, y, 4, seed) for seed in (0, 0, 1))
    seen, same = [], []
    for _ in range(40):
        batch = next(first)[0]
        np.testing.assert_array_equal(batch, next(again)[0])
        same.append(np.array_equal(batch, next(other)[0]))
        seen.extend(batch)
    assert set(seen) == set(range(10))
    assert not all(same)
    assert len(set(seen[:8])) == 8  # an epoch repeats no example


def test_run_measures_the_network_that_training_leaves():
    runs = experiment("l2")
    treatment = runs.treatments[-1]
    run = runs.run(treatment, 0)
    base, digits = runs._networks[treatment.key].treated.base, runs.source.load(0)
    logits = np.asarray(base.predict(digits.x_test, verbose=0))
    assert run["test"]["error"] == np.mean(logits.argmax(axis=1) != digits.y_test)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(digits.y_test, logits)
    assert run["test"]["loss"] == pytest.approx(float(loss), rel=1e-5)
    assert run["curves"]["error"][-1] == run["validation"]["error"]


def test_early_stopping_keeps_the_epoch_of_the_lowest_validation_loss():
    runs = experiment("early_stopping:patience=2", epochs=12, learning_rate=0.1)
    run = runs.run(runs.treatments[-1], 0)
    losses = run["curves"]["loss"]
    assert run["kept_epoch"] == int(np.argmin(losses)) + 1
    assert run["validation"]["loss"] == pytest.approx(min(losses), rel=1e-5)
    assert run["epochs_trained"] == len(losses)


def test_each_seed_splits_the_data_anew_and_keeps_the_classes():
    source = DataSource("digits", None, None, 50)
    first, second = source.load(0), source.load(1)
    assert first.x_train.shape == second.x_train.shape == (50, 8, 8, 1)
    assert not np.array_equal(first.x_test, second.x_test)
    assert set(first.y_train) == set(range(10))


def test_predictions_in_chunks_are_those_of_one_call():
    model, x = build(mlp, (5,), 3, seed=0), np.random.default_rng(0).normal(size=(7, 5))
    np.testing.assert_allclose(
        predict(model, x, 3), np.asarray(model.predict(x, verbose=0)), rtol=1e-5, atol=1e-6
    )


def test_regression_error_is_in_the_unit_of_the_target():
    y = np.array([10.0, 20.0, 60.0], "float32")
    scale = Scale(y)
    standardized = scale(y)
    assert standardized.shape == (3, 1)
    measured = measure(standardized + 0.5, y, scale)
    assert measured["error"] == pytest.approx(0.5 * np.std(y), rel=1e-5)
    assert set(measured) == {"error", "loss"}


def test_diverged_training_is_reported_as_missing():
    logits = np.array([[np.nan, 0.0]])
    assert measure(logits, np.array([0]), Scale(None)) == dict.fromkeys(("error", "loss", "ece"))


def test_regression_is_learned(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    np.savez(
        tmp_path / "line.npz", x=x.astype("float32"), y=(1000 + 50 * x[:, 0]).astype("float32")
    )
    source = DataSource(str(tmp_path / "line.npz"), None, "regression", None)
    runs = experiment("mixup", epochs=15, source=source)
    assert data.load(source.data, task="regression").task == "regression"
    for treatment in runs.treatments:
        assert runs.run(treatment, 0)["test"]["error"] < 25
    assert runs.settings["data"] == "line.npz"
