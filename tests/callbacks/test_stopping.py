"""What all stopping callbacks share: looks, the best weights, the sentence, the state."""

import json
import logging
import math
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo.callbacks import ConsecutiveRiseStopping, MultiMonitorStopping, Stopping
from keras_regzoo.callbacks import GeneralizationLossStopping as GLStopping
from tests.backends import BACKEND
from tests.callbacks.curves import stop_of

X = np.arange(12, dtype="float32")[:, None] / 12
Y = 2 * X
DATA = (X, Y)


def linear(**options):
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False, name="dense")])
    compiled = {"run_eagerly": True, "metrics": ["mae"], **options}
    model.compile(keras.optimizers.SGD(0.1), "mse", **compiled)
    return model


def weight(model):
    return float(np.asarray(ops.convert_to_numpy(model.get_layer("dense").kernel)).item())


class Curve(keras.callbacks.Callback):
    """Has each epoch log a value of a curve in place of its own, and notes the weights."""

    def __init__(self, *values, name="val_loss"):
        super().__init__()
        self.values, self.name, self.weights = values, name, []

    def on_epoch_end(self, epoch, logs: Any = None):
        logs[self.name] = self.values[epoch]
        self.weights.append(weight(self.model))


def fit(model, callbacks, epochs=5, **options):
    options = {"batch_size": 4, "verbose": 0, "shuffle": False, **options}
    return model.fit(X, Y, epochs=epochs, callbacks=callbacks, **options)


@pytest.mark.parametrize(("alpha", "epochs"), [(5.0, 4), (1e300, 5)])
def test_best_weights_are_restored_whether_or_not_training_was_stopped(alpha, epochs):
    model, curve = linear(), Curve(3.0, 1.0, 1.01, 1.5, 1.2)
    callback = GLStopping(alpha)
    history = fit(model, [curve, callback])
    assert len(history.history["loss"]) == epochs
    assert weight(model) == curve.weights[1] != curve.weights[-1]
    assert (callback.best_look, callback.best_steps) == (1, 6)


def test_last_weights_stay_if_asked_to():
    model, curve = linear(), Curve(1.0, 2.0, 3.0, 4.0, 5.0)
    callback = GLStopping(1e300, restore_best_weights=False)
    fit(model, [curve, callback])
    assert weight(model) == curve.weights[-1]
    assert (callback.best_weights, callback.best_steps) == (None, 3)


@pytest.mark.parametrize("alpha", [5.0, 1e300])
def test_weights_are_put_back_exactly_once(alpha, monkeypatch):
    model = linear()
    calls = []
    own = model.set_weights
    monkeypatch.setattr(model, "set_weights", lambda weights: (calls.append(1), own(weights)))
    fit(model, [Curve(3.0, 1.0, 1.01, 1.5, 1.2), GLStopping(alpha)])
    assert len(calls) == 1


def test_nothing_is_restored_where_nothing_was_best():
    model, curve = linear(), Curve(*[math.nan] * 5)
    callback = ConsecutiveRiseStopping(9, strip=1)
    fit(model, [curve, callback])
    assert weight(model) == curve.weights[-1]
    assert callback.best_look is None


def test_best_weights_hold_the_statistics_of_batch_normalization():
    model = keras.Sequential([keras.Input((1,)), layers.BatchNormalization(), layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    means = []

    class Means(Curve):
        def on_epoch_end(self, epoch, logs: Any = None):
            logs["val_loss"] = self.values[epoch]
            means.append(float(ops.sum(model.layers[0].moving_mean)))

    fit(model, [Means(1.0, 0.5, 2.0), GLStopping(5.0)])
    assert float(ops.sum(model.layers[0].moving_mean)) == means[1] != means[2]


def test_history_and_one_line_of_the_log_say_why(caplog):
    with caplog.at_level(logging.INFO, "keras_regzoo"):
        history = fit(linear(), [Curve(1.0, 2.0), GLStopping(5.0)])
    sentence = (
        "Training was stopped after 6 steps: the generalization loss of val_loss, 100 %, is above "
        "alpha=5."
    )
    assert history.stopped == sentence
    assert caplog.messages == [sentence]


def test_history_and_the_log_say_that_training_ended_by_itself(caplog):
    with caplog.at_level(logging.INFO, "keras_regzoo"):
        history = fit(linear(), [Curve(1.0, 1.0), GLStopping(5.0)], epochs=2)
    assert history.stopped is None
    expected = "the generalization loss of val_loss, 0 %, is not above alpha=5."
    assert caplog.messages == [
        f"GeneralizationLossStopping did not stop training, of 6 steps: {expected}"
    ]


def test_training_without_a_look_says_so(caplog):
    with caplog.at_level(logging.INFO, "keras_regzoo"):
        fit(linear(), [GLStopping(monitor="loss", every=99)], epochs=1)
    (line,) = caplog.messages
    assert line.endswith("of 3 steps: it had nothing to look at.")


def test_first_of_two_that_stop_has_its_sentence_in_the_history():
    first, second = GLStopping(7.0), GLStopping(5.0)
    history = fit(linear(), [Curve(1.0, 2.0), first, second])
    assert "alpha=7" in history.stopped
    assert first.stopped and second.stopped


def test_second_fit_begins_anew():
    callback = GLStopping(5.0)
    fit(linear(), [Curve(0.1, 2.0), callback])
    model, curve = linear(), Curve(3.0, 2.0, 2.5)
    history = fit(model, [curve, callback], epochs=2)
    assert history.stopped is None
    assert callback.curves == {"val_loss": [3.0, 2.0]}
    assert (callback.best_steps, weight(model)) == (6, curve.weights[1])


@pytest.mark.parametrize(
    ("every", "batches", "looked"),
    [(1, 3, [1, 2, 3, 4, 5, 6]), (2, 3, [2, 4, 6]), (4, 3, [4]), (5, 3, [5])],
)
def test_looks_come_every_so_many_steps_across_epochs(every, batches, looked):
    callback = GLStopping(1e300, every=every, validation_data=DATA)
    steps = []

    class Steps(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if callback.looked not in (0, *steps):
                steps.append(callback.looked)

    fit(linear(), [callback, Steps()], epochs=2, batch_size=12 // batches)
    assert steps == looked
    assert len(callback.curves["val_loss"]) == len(looked)


def test_looks_come_with_the_executions_that_reach_them():
    if BACKEND == "torch":
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    callback = GLStopping(1e300, every=3, validation_data=DATA)
    model = linear(run_eagerly=False, steps_per_execution=2)
    seen = []

    class Steps(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(callback.looked)

    # Five steps an epoch: executions end at 2, 4 and 5, then 7, 9 and 10.
    x, y = np.ones((5, 1), "float32"), np.ones((5, 1), "float32")
    model.fit(x, y, batch_size=1, epochs=2, verbose=0, callbacks=[callback, Steps()])
    assert seen == [0, 4, 4, 7, 9, 9]


def test_stop_within_an_epoch_is_immediate_and_restores_the_weights_of_that_step():
    """On y = 2 x gradient descent overshoots for good: each step is worse than the one before."""
    model = linear()
    model.optimizer.learning_rate = 9.0
    callback = GLStopping(0.0, every=1, validation_data=DATA)
    first = X[:4, 0]
    start = weight(model)
    history = fit(model, [callback])
    assert model.optimizer.iterations == 2
    assert history.stopped.startswith("Training was stopped after 2 steps: ")
    after_one = start - 9.0 * 2 / 4 * float(np.sum(first * (first * start - 2 * first)))
    assert weight(model) == pytest.approx(after_one, rel=1e-5)
    assert callback.best_steps == 1


def test_validation_data_are_looked_at_instead_of_those_of_fit():
    callback = GLStopping(1e300, validation_data=(X, Y + 5))
    history = fit(linear(), [callback], epochs=2, validation_data=DATA).history
    assert min(callback.curves["val_loss"]) > 5 > max(history["val_loss"])


def test_works_beside_the_callbacks_of_keras(tmp_path):
    model, curve = linear(), Curve(3.0, 1.0, 1.01, 1.02, 1.9, 2.0, 2.1)
    path = str(tmp_path / "best.weights.h5")
    stop = keras.callbacks.EarlyStopping(patience=2)
    callbacks = [
        curve,
        GLStopping(50.0),
        stop,
        keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.5),
        keras.callbacks.ModelCheckpoint(path, save_best_only=True, save_weights_only=True),
    ]
    history = fit(model, callbacks, epochs=7)
    assert stop.stopped_epoch == 3
    assert history.stopped is None
    assert float(ops.convert_to_numpy(model.optimizer.learning_rate)) == pytest.approx(0.025)
    assert weight(model) == curve.weights[1]
    model.load_weights(path)
    assert weight(model) == curve.weights[1]


def test_interrupted_training_goes_on_exactly():
    """The state is put back into a new callback in the midst of an epoch, through JSON."""

    def parts():
        model = linear()
        model.set_weights([np.array([[0.5]], "float32")])
        return model, GLStopping(1e300, every=2, validation_data=DATA)

    class Hold(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.taken == 4:
                raise KeyboardInterrupt
            self.taken += 1

        taken = 0

    model, whole = parts()
    fit(model, [whole], epochs=2)
    final = weight(model)

    model, first = parts()
    with pytest.raises(KeyboardInterrupt):
        fit(model, [first, Hold()], epochs=2)
    state, arrays = json.dumps(first.get_state()), first.get_arrays()

    class PutBack(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            again.set_state(json.loads(state))
            again.set_arrays(arrays)

    _, again = parts()
    rest = {"batch_size": 4, "verbose": 0, "shuffle": False}
    model.fit(X[4:], Y[4:], callbacks=[again, PutBack()], **rest)
    assert again.get_state() == whole.get_state()
    for value, expected in zip(again.best_weights or [], whole.best_weights or [0], strict=True):
        np.testing.assert_array_equal(value, expected)
    assert weight(model) == final


def test_unknown_monitor_lists_the_known():
    with pytest.raises(ValueError, match=r"logs \(loss, mae\); received monitor='val_loss'"):
        fit(linear(), [GLStopping()])


def test_metric_of_unknown_direction_asks_for_a_mode():
    with pytest.raises(ValueError, match='`mode` must be "min" or "max" for monitor=\'val_score\''):
        stop_of(ConsecutiveRiseStopping(monitor="val_score"), val_score=[1.0])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"every": 3}, "`every` must be None for monitor='val_loss' without validation_data, as"),
        ({"every": 0}, r"`every` must be an integer in \[1, inf\); received every=0"),
        ({"validation_batch_size": 3}, "`validation_batch_size` must be left out without"),
        ({"restore_best_weights": 1}, "`restore_best_weights` must be a bool"),
        ({"mode": "max"}, "`mode` must be 'auto' or 'min', of an error; received mode='max'"),
    ],
)
def test_bad_arguments_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        GLStopping(**options)


def test_base_class_is_abstract():
    base: Any = Stopping
    with pytest.raises(TypeError, match="abstract"):
        base()


def test_keras_need_not_wait_for_each_step_where_nothing_is_looked_at_between_them():
    assert GLStopping().async_safe
    assert not GLStopping(every=2, validation_data=DATA).async_safe


def test_one_callback_may_look_at_data_of_its_own_while_another_reads_the_logs():
    ours = GLStopping(1e300, every=2, validation_data=DATA)
    logs = MultiMonitorStopping({"val_loss": 2, "val_mae": 2}, "all")
    history = fit(linear(), [ours, logs], epochs=3, validation_data=DATA).history
    assert logs.curves["val_loss"] == history["val_loss"]
    assert ours.curves["val_loss"][2] == pytest.approx(history["val_loss"][1], rel=1e-6)


@pytest.mark.one_backend
def test_has_a_state_before_it_is_in_a_fit():
    callback = GLStopping()
    assert (callback.stopped, callback.reason, callback.curves) == (False, None, {"val_loss": []})
    state = callback.get_state()
    callback.set_state(state)
    assert callback.get_state() == state


class Untrained(keras.Model):
    """A model whose `train_step` leaves its optimizer alone."""

    def call(self, x):
        return x

    def train_step(self, data):
        return {"loss": ops.ones(())}

    test_step = train_step


@pytest.mark.one_backend
def test_looks_come_every_so_many_steps_whatever_takes_them():
    model, callback = Untrained(), GLStopping(1e300, every=2, validation_data=DATA)
    model.compile(run_eagerly=True)
    fit(model, [callback], epochs=2)
    assert (callback.steps, len(callback.curves["val_loss"])) == (6, 3)


@pytest.mark.one_backend
def test_steps_without_an_optimizer_are_counted_too():
    model, callback = Untrained(), GLStopping(monitor="loss")
    model.compile(optimizer=None, run_eagerly=True)
    fit(model, [callback], epochs=2)
    assert (callback.steps, callback.best_steps) == (6, 3)


@pytest.mark.one_backend
def test_epochs_without_validation_are_no_looks():
    stops = [GLStopping(1e300), MultiMonitorStopping({"loss": 2, "val_loss": 2})]
    history = fit(linear(), stops, epochs=6, validation_data=DATA, validation_freq=2).history
    for stop in stops:
        assert stop.curves["val_loss"] == history["val_loss"]
        assert (len(history["val_loss"]), stop.best_steps) == (3, 18)
    with pytest.raises(ValueError, match=r"logs \(loss, mae\); received monitor='val_loss'"):
        fit(linear(), [GLStopping()], validation_freq=2)
