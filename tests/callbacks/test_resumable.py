"""Resumable and Monitor: what callbacks save, and what they read."""

import keras
import numpy as np
import pytest

from keras_regzoo import backend
from keras_regzoo.callbacks import Resumable
from keras_regzoo.callbacks.monitor import Monitor

pytestmark = pytest.mark.one_backend


class Weights(Resumable):
    STATE = ("count",)
    ARRAYS = ("kept",)
    count = 0
    kept = None


def test_state_and_arrays_are_put_back():
    first, second = Weights(), Weights()
    first.count, first.kept = 3, [np.ones(2)]
    second.set_state(first.get_state())
    second.set_arrays(first.get_arrays())
    assert second.count == 3
    (kept,) = second.get_arrays()["kept"] or [None]
    np.testing.assert_array_equal(kept, np.ones(2))


def compiled():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae", keras.metrics.R2Score()])
    return model


def test_weights_are_read_and_assigned_within_an_epoch():
    class Halve(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            backend.write_back(self.model)
            before = self.model.get_weights()
            seen.append(before)
            self.model.set_weights([0.5 * value for value in before])

    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    y, seen = x[:, :1], []
    model = compiled()
    kernel, bias = (value.astype("float64") for value in model.get_weights())
    model.fit(x, y, batch_size=2, shuffle=False, verbose=0, callbacks=[Halve()])
    for step in range(3):
        rows = slice(2 * step, 2 * step + 2)
        residual = 2 / 2 * (x[rows] @ kernel + bias - y[rows])
        kernel, bias = kernel - 0.1 * x[rows].T @ residual, bias - 0.1 * residual.sum(0)
        np.testing.assert_allclose(seen[step][0], kernel, atol=1e-6)
        kernel, bias = 0.5 * kernel, 0.5 * bias
    np.testing.assert_allclose(model.get_weights()[0], kernel, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "rising"),
    [
        ("loss", False),
        ("val_loss", False),
        ("head_loss", False),
        ("val_mae", False),
        ("val_r2_score", True),
        ("head_mae", False),
    ],
)
def test_direction_is_that_of_the_metric(name, rising):
    model = compiled()
    model.evaluate(np.ones((2, 4)), np.ones((2, 1)), verbose=0)
    assert Monitor(name).rising(model) is rising


def test_unknown_direction_is_one_sentence():
    with pytest.raises(ValueError, match='"min" or "max" for monitor=\'val_worth\''):
        Monitor("val_worth").rising(compiled())


def test_unknown_monitor_lists_the_logs():
    with pytest.raises(
        ValueError, match=r"one of the logs \(loss, mae\); received monitor='val_x'"
    ):
        Monitor("val_x").read({"mae": 1.0, "loss": 2.0})


def test_improvement_is_by_more_than_the_least_change():
    model, monitor = compiled(), Monitor("loss", min_delta=0.1)
    assert monitor.improves(model, 1.0, None)
    assert monitor.improves(model, 0.8, 1.0)
    assert not monitor.improves(model, 0.95, 1.0)
    assert not monitor.improves(model, float("nan"), 1.0)
    assert not monitor.improves(model, float("nan"), None)
    assert Monitor("loss", "max").improves(model, 1.1, 1.0)
