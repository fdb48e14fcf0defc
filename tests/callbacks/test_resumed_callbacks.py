"""Every callback here, in a run that is killed at the end of each epoch, and by hand in between."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel, callbacks, data, layers, models
from keras_regzoo.callbacks import ExactResume, Resumable, Stopping, run_state, time_stopping
from keras_regzoo.objectives import SelfPaced

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 4)).astype("float32")
Y = RNG.normal(size=(16, 1)).astype("float32")
HELD_OUT = (X[:4], Y[:4])
BATCHES, EPOCHS = 4, 4
LOOKS = {"every": 2, "validation_data": HELD_OUT}
CURRICULUM, DICTIONARY = "CurriculumScheduler", "ResampleDeadLatents"

MAKE = {
    "ConsecutiveRiseStopping": lambda path: callbacks.ConsecutiveRiseStopping(99, 1, **LOOKS),
    "ContinuationScheduler": lambda path: callbacks.ContinuationScheduler(
        "drop/rate", (0.4, 0.2), epochs=1, patience=1, reset_optimizer=True
    ),
    CURRICULUM: lambda path: callbacks.CurriculumScheduler(
        data.CurriculumDataset(X, Y, X[:, 0], data.pacing.linear(0.3, 9), BATCHES), by="step"
    ),
    "GeneralizationLossStopping": lambda path: callbacks.GeneralizationLossStopping(1e9, **LOOKS),
    "GradientMonitor": lambda path: callbacks.GradientMonitor(
        X, Y, every=3, vanishing=0.0, dead=1.0
    ),
    "GradualUnfreezing": lambda path: callbacks.GradualUnfreezing(),
    "MagnitudePruning": lambda path: callbacks.MagnitudePruning(0.5, every=2, times=3),
    "MultiMonitorStopping": lambda path: callbacks.MultiMonitorStopping({"loss": 9, "val_loss": 9}),
    "ProgressQuotientStopping": lambda path: callbacks.ProgressQuotientStopping(1e9, strip=2),
    DICTIONARY: lambda path: callbacks.ResampleDeadLatents(X, every=3, times=3),
    "Scheduler": lambda path: callbacks.Scheduler("drop/rate", lambda t: 0.02 * t, per="step"),
    "SelfPacedScheduler": lambda path: callbacks.SelfPacedScheduler(
        pacing=data.pacing.linear(0.3, 3), data=(X, Y)
    ),
    "SnapshotCheckpoint": lambda path: callbacks.SnapshotCheckpoint(
        path + "/{cycle}.keras", 3, 0.1
    ),
    "StochasticWeightAveraging": lambda path: callbacks.StochasticWeightAveraging(
        1, (0.1, 0.01), cycle=3
    ),
    "TargetStopping": lambda path: callbacks.TargetStopping(1e9, monitor="loss"),
    "TimeStopping": lambda path: callbacks.TimeStopping(1e9),
    "TopKCheckpoint": lambda path: callbacks.TopKCheckpoint(path + "/{epoch}.keras", "loss"),
}


class KilledError(Exception):
    pass


class Kill(keras.callbacks.Callback):
    """Ends the process, as it were, at the begin of the epoch after so many."""

    def __init__(self, epochs):
        super().__init__()
        self.left = epochs

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 0:
            if self.left == 0:
                raise KilledError
            self.left -= 1


class StandingClock:
    @staticmethod
    def monotonic():
        return 0.0


def model_for(name):
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    if name == DICTIONARY:
        model = models.TopKDictionary(4, latents=8, k=1, dead_after=4, seed=0)
        model.compile("adam", run_eagerly=True)
        return model
    hidden = [keras.layers.Dense(5, "tanh"), layers.ScheduledDropout(0.1, name="drop")]
    net = keras.Sequential(
        [keras.Input((4,)), *hidden, keras.layers.Dense(5, "relu"), keras.layers.Dense(1)]
    )
    model = RegularizedModel(net, [SelfPaced(100.0)])
    model.compile(keras.optimizers.Adam(0.05), "mse", run_eagerly=True)
    return model


def run(name, folder, kill=-1):
    """Trains as a script does that is run anew; returns everything that came out."""
    model, callback = model_for(name), MAKE[name](str(folder))
    feeds = {CURRICULUM: {"x": getattr(callback, "dataset", None)}, DICTIONARY: {"x": X}}
    options = feeds.get(name, {"x": X, "y": Y})
    options |= {} if name == CURRICULUM else {"batch_size": len(X) // BATCHES}
    options |= {} if name == DICTIONARY else {"validation_data": HELD_OUT}
    history = model.fit(
        **options,
        epochs=EPOCHS,
        shuffle=False,
        callbacks=[callback, ExactResume(folder / "run", every=1), Kill(kill)],
        verbose=0,
    )
    state, arrays = run_state.capture(callback)
    logs = {"history": history.history, "stopped": getattr(history, "stopped", None)}
    return [state, logs], arrays + run_state.values(run_state.variables_of(model))


@pytest.mark.one_backend
def test_every_callback_that_keeps_a_state_is_tried():
    ours = {name for name in callbacks.__all__ if issubclass(getattr(callbacks, name), Resumable)}
    assert ours - {cls.__name__ for cls in (Resumable, Stopping, ExactResume)} == set(MAKE)


@pytest.mark.one_backend
@pytest.mark.parametrize("name", MAKE)
def test_goes_on_exactly_after_the_end_of_each_epoch(name, tmp_path, monkeypatch):
    monkeypatch.setattr(time_stopping, "time", StandingClock)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    states, arrays = run(name, whole)
    epochs = len(states[1]["history"]["loss"])
    for _ in range(epochs - 1):
        with pytest.raises(KilledError):
            run(name, parts, kill=1)
    for again in (run(name, parts), run(name, parts, kill=0)):  # the second has ended already
        assert str(again[0]).replace(str(parts), str(whole)) == str(states)
        for array, other in zip(again[1], arrays, strict=True):
            np.testing.assert_array_equal(array, other)
