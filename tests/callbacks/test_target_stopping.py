"""Stopping at a value, and what is said of one that is not reached."""

import math

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import TargetStopping
from tests.callbacks.curves import stop_of

pytestmark = pytest.mark.one_backend

X = np.zeros((4, 1), "float32")


@pytest.mark.parametrize(
    ("mode", "target", "stop"), [("min", 0.5, 3), ("min", 0.2, None), ("max", 0.8, 1)]
)
def test_stops_at_the_first_value_that_reaches_the_target(mode, target, stop):
    callback = TargetStopping(target, mode=mode)
    assert stop_of(callback, val_loss=[0.9, math.nan, 0.5, 0.4]) == stop


def test_reason_says_whether_the_target_was_reached():
    callback = TargetStopping(0.2)
    stop_of(callback, val_loss=[0.9, 0.3, 0.4])
    assert callback.reason == "val_loss, 0.3 at best, has not reached target=0.2"
    assert callback.model.history.stopped is None
    stop_of(callback, val_loss=[math.nan])
    assert callback.reason == "val_loss, nan at best, has not reached target=0.2"
    stop_of(callback, val_loss=[0.9, 0.15])
    assert callback.reason == "val_loss, 0.15, has reached target=0.2"
    assert callback.model.history.stopped.endswith(": val_loss, 0.15, has reached target=0.2.")


def fit(target, monitor, metric):
    trained = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "sigmoid")])
    trained.compile("sgd", "mse", metrics=[metric], run_eagerly=True)
    callback = TargetStopping(target, monitor=monitor)
    data = (X, np.ones_like(X))
    return trained.fit(*data, validation_data=data, epochs=2, verbose=0, callbacks=[callback])


@pytest.mark.parametrize(
    ("target", "monitor", "metric", "bound"),
    [
        (90.0, "val_accuracy", "accuracy", "never above 1;"),
        (1.01, "auc", keras.metrics.AUC(name="auc"), "never above 1;"),
        (-0.1, "mae", "mae", "never below 0;"),
    ],
)
def test_target_that_no_value_can_reach_is_refused(target, monitor, metric, bound):
    with pytest.raises(ValueError, match=f"monitor='{monitor}' can reach, which is {bound} recei"):
        fit(target, monitor, metric)


@pytest.mark.parametrize(
    ("target", "monitor", "metric"),
    [(0.99, "accuracy", "accuracy"), (0.0, "mae", "mae"), (-9.0, "poisson", "poisson")],
)
def test_target_that_some_value_can_reach_is_not_refused(target, monitor, metric):
    assert len(fit(target, monitor, metric).history["loss"]) > 0


def test_metric_of_a_user_may_have_any_value():
    class Score(keras.metrics.Mean):
        _direction = "up"

        def update_state(self, y_true, y_pred, sample_weight=None):
            super().update_state(7.0)

    history = fit(5.0, "score", Score(name="score"))
    assert history.stopped.endswith("score, 7, has reached target=5.")


@pytest.mark.parametrize(
    "loss", ["mse", ["mse"], keras.losses.mean_absolute_error, keras.losses.Huber()]
)
@pytest.mark.parametrize("monitor", ["loss", "val_loss"])
def test_negative_target_of_a_loss_that_never_is_is_refused_before_training(loss, monitor):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", loss)
    with pytest.raises(ValueError, match=f"monitor='{monitor}' can reach, which is never below 0"):
        model.fit(X, X, verbose=0, callbacks=[TargetStopping(-1.0, monitor=monitor)])
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize("loss", ["poisson", lambda y, outputs: keras.ops.mean(outputs) - 1])
def test_negative_target_of_another_loss_is_not(loss):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "softplus")])
    model.compile("sgd", loss)
    model.fit(X, X, verbose=0, callbacks=[TargetStopping(-9.0, monitor="loss")])
