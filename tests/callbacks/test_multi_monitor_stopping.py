"""Patience with several monitors, against hand-made curves and Keras's EarlyStopping."""

import math

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import MultiMonitorStopping
from tests.callbacks.curves import model, stop_of

pytestmark = pytest.mark.one_backend

# The loss is best at t = 2, so its third look without improvement is t = 5; the error at t = 4,
# so its second is t = 6.
LOSS = [3.0, 1.0, 2.0, 1.5, 1.2, 1.1, 1.05]
ERROR = [0.9, 0.8, 0.8, 0.5, 0.6, 0.5, 0.7]


@pytest.mark.parametrize(("require", "stop"), [("any", 5), ("all", 6)])
def test_any_or_all_must_be_out_of_patience(require, stop):
    patience = {"val_loss": 3, "val_error": 2}
    callback = MultiMonitorStopping(patience, require, modes={"val_error": "min"})
    assert stop_of(callback, val_loss=LOSS, val_error=ERROR) == stop
    assert callback.best_look == 1
    waited = {"any": "val_loss for 3, val_error for 1", "all": "val_loss for 4, val_error for 2"}
    assert callback.reason and waited[require] in callback.reason


def test_all_asks_that_they_are_out_of_patience_at_the_same_look():
    callback = MultiMonitorStopping({"val_loss": 1, "loss": 1}, "all")
    assert stop_of(callback, val_loss=[1, 2, 0, 3, 4], loss=[3, 2, 3, 1, 2]) == 5


@pytest.mark.parametrize("min_delta", [0.0, 0.15])
@pytest.mark.parametrize("patience", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_with_one_monitor_it_stops_where_early_stopping_does(seed, patience, min_delta):
    curve = np.random.default_rng(seed).normal(size=40).tolist()
    curve[1] = math.nan
    keras_own = keras.callbacks.EarlyStopping(patience=patience, min_delta=min_delta)
    keras_own.set_model(model())
    keras_own.on_train_begin()
    for epoch, value in enumerate(curve):
        keras_own.on_epoch_end(epoch, {"val_loss": value})
        if keras_own.model.stop_training:
            break
    ours = MultiMonitorStopping({"val_loss": patience}, min_delta=min_delta)
    assert stop_of(ours, val_loss=curve) == keras_own.stopped_epoch + 1 > 1


def test_weights_are_best_by_the_first_monitor_or_by_another():
    curves = {"val_loss": [3.0, 1.0, 2.0], "val_error": [0.1, 0.3, 0.5]}
    modes = {"val_error": "max"}
    first = MultiMonitorStopping({"val_loss": 9, "val_error": 9}, modes=modes)
    stop_of(first, **curves)
    assert (first.monitor, first.best_look) == ("val_loss", 1)
    other = MultiMonitorStopping({"val_loss": 9, "val_error": 9}, modes=modes, monitor="val_error")
    stop_of(other, **curves)
    assert other.best_look == 2
    outside = MultiMonitorStopping({"val_loss": 1}, monitor="val_error", mode="min")
    assert stop_of(outside, **curves) == 3
    assert outside.best_look == 0


def test_metric_of_unknown_direction_is_refused():
    callback = MultiMonitorStopping({"val_loss": 1, "val_score": 1})
    with pytest.raises(ValueError, match='`mode` must be "min" or "max" for monitor=\'val_score\''):
        stop_of(callback, val_loss=[1.0], val_score=[1.0])
