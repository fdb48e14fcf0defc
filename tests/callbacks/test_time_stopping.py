"""Stopping by the clock, which the test winds."""

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import TimeStopping, time_stopping
from tests.callbacks.curves import model

pytestmark = pytest.mark.one_backend

X = np.zeros((8, 1), "float32")


class Clock(keras.callbacks.Callback):
    """Each step takes a second, and each validation ten; an hour passes between two fits."""

    now = 0.0

    def monotonic(self):
        return self.now

    def on_train_begin(self, logs=None):
        self.now += 3600.0

    def on_train_batch_begin(self, batch, logs=None):
        self.now += 1.0

    def on_test_begin(self, logs=None):
        self.now += 10.0


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time_stopping, "time", clock)
    return clock


def fit(clock, callback, epochs=5, **options):
    trained = model()
    options = {"batch_size": 2, "epochs": epochs, "verbose": 0, **options}
    history = trained.fit(X, X, callbacks=[clock, callback], **options)
    return history, int(trained.optimizer.iterations)


@pytest.mark.parametrize(("seconds", "steps"), [(5.5, 6), (5.0, 6), (0.5, 1), (7.5, 8)])
def test_stops_within_an_epoch_after_the_first_step_past_the_time(clock, seconds, steps):
    callback = TimeStopping(seconds, monitor="loss")
    history, taken = fit(clock, callback)
    assert taken == steps
    assert history.stopped == (
        f"Training was stopped after {steps} steps: {steps} s of training are more than "
        f"seconds={seconds:g}."
    )


def test_validation_takes_time_too(clock):
    callback = TimeStopping(14.5, monitor="val_loss")
    _, taken = fit(clock, callback, validation_data=(X, X))
    assert taken == 5
    assert callback.elapsed == 15.0
    assert callback.best_look is not None


def test_training_that_ends_in_time_is_not_stopped(clock):
    callback = TimeStopping(8.0, monitor="loss")
    history, taken = fit(clock, callback, epochs=2)
    assert (taken, history.stopped, callback.elapsed) == (8, None, 8.0)
    fit(clock, callback, epochs=1)
    assert callback.elapsed == 4.0


def test_time_of_a_resumed_run_counts(clock):
    first = TimeStopping(6.5, monitor="loss")
    fit(clock, first, epochs=1)

    class Resumes(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                again.set_state(state)

    state = {**first.get_state(), "stopped": False}
    again = TimeStopping(6.5, monitor="loss")
    trained = model()
    options = {"batch_size": 2, "epochs": 5, "initial_epoch": 1, "verbose": 0}
    trained.fit(X, X, callbacks=[clock, again, Resumes()], **options)
    assert trained.optimizer.iterations == 3
    assert again.elapsed == 7.0


def test_monitor_is_not_read_without_weights_to_restore(clock):
    history, taken = fit(clock, TimeStopping(2.5, restore_best_weights=False))
    assert taken == 3
    assert history.stopped


@pytest.mark.parametrize("every", [None, 1])
def test_what_comes_after_the_last_judgement_of_an_epoch_takes_time_too(clock, every):
    class Slow(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            clock.now += 20.0

    callback, trained = TimeStopping(24.5, monitor="loss", every=every), model()
    options = {"batch_size": 2, "epochs": 5, "verbose": 0, "validation_data": (X, X)}
    trained.fit(X, X, callbacks=[clock, callback, Slow()], **options)
    assert trained.optimizer.iterations == 5
    assert callback.elapsed == 35.0
