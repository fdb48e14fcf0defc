"""GradientMonitor: its numbers against NumPy, its warnings, and that training goes on untouched."""

import math
import warnings
from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import GradientMonitor, GradualUnfreezing
from keras_regzoo.callbacks.layer_health import dead, saturated
from keras_regzoo.objectives import Mixup, WeightPenalty
from tests.backends import BACKEND, HAS_XLA

RNG = np.random.default_rng(0)
X = RNG.normal(size=(32, 6)).astype("float32")
Y = RNG.normal(size=(32, 1)).astype("float32")
QUIETLY: Any = {"vanishing": 0.0, "exploding": math.inf, "dead": 1.0, "saturated": 1.0}


def small(learning_rate=0.1, activation="relu", **options):
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(4, activation, name="hidden")
    layers = [keras.Input((6,)), hidden, keras.layers.Dense(1, name="out")]
    model = keras.Sequential(layers)
    options = {"run_eagerly": True, **options}
    model.compile(keras.optimizers.SGD(learning_rate), "mse", **options)
    return model


def deep(activation, initializer, seed, depth=10, units=32):
    keras.utils.set_random_seed(seed)
    options = {"activation": activation, "kernel_initializer": initializer}
    hidden = [keras.layers.Dense(units, **options) for _ in range(depth)]
    model = keras.Sequential([keras.Input((6,)), *hidden, keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse", run_eagerly=True)
    return model


def fit(model, monitor, **options):
    options = {"batch_size": 16, "verbose": 0, "shuffle": False, **options}
    return model.fit(X, Y, callbacks=[monitor], **options).history


def test_gradient_norms_and_dead_units_are_those_of_numpy():
    model, monitor = small(learning_rate=0.0), GradientMonitor(X, Y, **QUIETLY)
    kernel, bias, top, top_bias = model.get_weights()
    kernel[:, 1], bias[1] = 0.0, -1.0  # a dead unit
    model.set_weights([kernel, bias, top, top_bias])
    logs = fit(model, monitor)
    before = X @ kernel + bias
    hidden = np.maximum(before, 0)
    error = 2 / 32 * (hidden @ top + top_bias - Y)
    back = (error @ top.T) * (before > 0)
    expected = {
        "gradient_monitor/out/gradient_norm": math.hypot(
            np.linalg.norm(hidden.T @ error), np.linalg.norm(error.sum(0))
        ),
        "gradient_monitor/hidden/gradient_norm": math.hypot(
            np.linalg.norm(X.T @ back), np.linalg.norm(back.sum(0))
        ),
        "gradient_monitor/hidden/dead": np.mean(np.all(hidden == 0, axis=0)),
        "gradient_monitor/hidden/update_ratio": 0.0,
        "gradient_monitor/out/update_ratio": 0.0,
    }
    assert expected["gradient_monitor/hidden/dead"] == 0.25
    assert {name for name in logs if name.startswith("gradient")} == set(expected)
    for name, value in expected.items():
        assert logs[name][0] == pytest.approx(value, rel=1e-4), name


def test_saturation_is_that_of_numpy():
    model, monitor = small(0.0, "sigmoid"), GradientMonitor(4 * X, Y, **QUIETLY)
    fit(model, monitor)
    kernel, bias, *_ = model.get_weights()
    outputs = 1 / (1 + np.exp(-(4 * X @ kernel + bias)))
    expected = np.mean((outputs < 0.05) | (outputs > 0.95))
    assert 0.1 < expected < 0.9
    assert monitor.report["hidden"]["saturated"] == pytest.approx(expected)


def test_shares_of_hand_made_outputs():
    maps = np.zeros((2, 3, 3, 4))
    maps[0, 1, 2, 0] = maps[1, 0, 0, 3] = 0.5
    assert dead(maps) == 0.5
    assert saturated(np.array([-1.0, -0.91, -0.89, 0.0, 0.89, 0.95]), -1.0, 1.0) == 0.5


def size(weights):
    return math.sqrt(sum(np.sum(np.square(each, dtype="float64")) for each in weights))


def test_update_ratio_is_what_the_first_step_of_an_epoch_changed():
    model, monitor = small(), GradientMonitor(X, Y, **QUIETLY)
    before = model.get_weights()
    fit(model, monitor)
    once = small()
    once.fit(X[:16], Y[:16], batch_size=16, verbose=0)
    after = once.get_weights()
    for name, part in (("hidden", slice(0, 2)), ("out", slice(2, 4))):
        moved = [new - old for old, new in zip(before[part], after[part], strict=True)]
        expected = size(moved) / size(before[part])
        assert monitor.report[name]["update_ratio"] == pytest.approx(expected, rel=1e-3)


def test_every_n_steps_the_report_is_that_of_the_moment():
    reports = []

    class Reports(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            reports.append(monitor.report.get("hidden", {}).get("gradient_norm"))

    monitor = GradientMonitor(X, Y, every=3, **QUIETLY)
    model = small()
    model.fit(X, Y, batch_size=4, verbose=0, callbacks=[monitor, Reports()])
    assert len(reports) == 8
    assert reports[0] == reports[1] == reports[2] != reports[3]
    assert reports[3] == reports[4] == reports[5] != reports[6]


@pytest.mark.parametrize("every", [None, 1])
@pytest.mark.parametrize("compiled", [False, True])
def test_training_goes_on_bit_for_bit_as_without_it(compiled, every):
    def end(callbacks):
        keras.utils.set_random_seed(0)
        layers = [
            keras.layers.Dense(8, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(8, "sigmoid", kernel_regularizer="l2"),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(1),
        ]
        model = RegularizedModel(keras.Sequential([keras.Input((6,)), *layers]), [Mixup(0.2)])
        jit = {"run_eagerly": not compiled, "jit_compile": compiled and HAS_XLA}
        model.compile("adam", "mse", metrics=["mae"], **jit)
        options = {"epochs": 2, "batch_size": 8, "verbose": 0, "callbacks": callbacks}
        logs = model.fit(X, Y, validation_data=(X, Y), **options).history
        values = [*model.variables, *model.optimizer.variables]
        return [keras.ops.convert_to_numpy(value) for value in values], logs

    watched, logs = end([GradientMonitor(X[:8], Y[:8], every=every, **QUIETLY)])
    expected, plain_logs = end([])
    for value, wanted in zip(watched, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)
    assert {name: logs[name] for name in plain_logs} == plain_logs


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_ten_sigmoid_layers_are_flagged_as_vanishing(seed):
    monitor = GradientMonitor(X, Y)
    with pytest.warns(UserWarning, match=r"gradients vanish in dense.*: try relu with he_normal"):
        fit(deep("sigmoid", "glorot_uniform", seed), monitor)
    assert monitor.warned == ["vanishing"]


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_ten_relu_layers_initialized_as_he_are_not_flagged(seed):
    monitor = GradientMonitor(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        fit(deep("relu", "he_normal", seed), monitor, epochs=2)
    assert monitor.warned == []


def with_weights(factor=1.0, bias=0.0, activation="relu"):
    model = small(0.0, activation)
    kernel, _, top, top_bias = model.get_weights()
    model.set_weights([factor * kernel, np.full(4, bias), top, top_bias])
    return model


@pytest.mark.parametrize(
    ("model", "x", "cause", "sentence"),
    [
        (lambda: with_weights(bias=-99.0), X, "dead", "0 for every example of the probe in hidden"),
        (
            lambda: with_weights(50.0, activation="tanh"),
            X,
            "saturated",
            "at the limits of their activation in hidden",
        ),
        (lambda: with_weights(), 1000 * X, "exploding", "gradients explode in hidden, out"),
        (lambda: with_weights(), np.nan * X, "not finite", "not finite in hidden, out"),
    ],
)
def test_each_cause_is_told_once_with_what_to_try(model, x, cause, sentence):
    monitor = GradientMonitor(x, Y, vanishing=0.0)
    with pytest.warns(UserWarning, match=rf"{sentence}: try ") as caught:
        fit(model(), monitor, epochs=3)
    assert monitor.warned == [cause]
    assert len([each for each in caught if each.category is UserWarning]) == 1


def test_probe_leaves_out_penalties_and_objectives():
    """With a huge penalty the gradients are those of the data loss alone."""
    plain, monitor = small(0.0), GradientMonitor(X, Y, **QUIETLY)
    fit(plain, monitor)
    other = GradientMonitor(X, Y, **QUIETLY)
    penalty = WeightPenalty({"kernel": keras.regularizers.L2(99.0)})
    model = RegularizedModel(small(0.0), [penalty])
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    fit(model, other)
    for name, values in monitor.report.items():
        assert other.report[name] == pytest.approx(values)


def test_layers_of_nested_and_graphless_models_have_gradients():
    class Graphless(keras.Model):
        def __init__(self):
            super().__init__()
            inner = [keras.Input((6,)), keras.layers.Dense(3, "relu", name="low")]
            self.inner = keras.Sequential(inner, name="inner")
            self.top = keras.layers.Dense(1, name="top")

        def call(self, inputs):
            return self.top(self.inner(inputs))

    model, monitor = Graphless(), GradientMonitor(X, Y, **QUIETLY)
    model.compile("sgd", "mse", run_eagerly=True)
    model(X[:1])
    fit(model, monitor)
    assert set(monitor.report) == {"inner/low", "top"}
    for values in monitor.report.values():
        assert set(values) == {"gradient_norm", "update_ratio"}
        assert values["gradient_norm"] > 0


def test_several_outputs_and_their_metrics_are_taken():
    inputs = keras.Input((6,))
    outputs = {name: keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")}
    model, monitor = keras.Model(inputs, outputs), GradientMonitor(X, {"a": Y, "b": Y}, **QUIETLY)
    model.compile("sgd", {"a": "mse", "b": "mae"}, run_eagerly=True)
    model.fit(X, {"a": Y, "b": Y}, verbose=0, callbacks=[monitor])
    assert set(monitor.report) == {"a", "b"}


@pytest.mark.parametrize("monitor_first", [False, True])
def test_frozen_layers_have_no_gradient(monitor_first):
    monitor, model = GradientMonitor(X, Y, every=1, **QUIETLY), small()
    callbacks = [GradualUnfreezing(), monitor]
    callbacks = callbacks[::-1] if monitor_first else callbacks
    model.fit(X, Y, verbose=0, callbacks=callbacks)
    assert "gradient_norm" not in monitor.report["hidden"]
    assert monitor.report["out"]["gradient_norm"] > 0


def test_steps_of_one_execution_count_as_equal_parts():
    if BACKEND == "torch":
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    options = {"run_eagerly": False, "steps_per_execution": 2}
    model, monitor = small(**options), GradientMonitor(X, Y, **QUIETLY)
    before = model.get_weights()
    fit(model, monitor)
    after = model.get_weights()
    moved = [new - old for old, new in zip(before, after, strict=True)]
    expected = size(moved[2:]) / 2 / size(before[2:])
    assert monitor.report["out"]["update_ratio"] == pytest.approx(expected, rel=1e-3)
