"""ContinuationScheduler: which stage holds when, what a new one resets, what it is good for."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import ContinuationScheduler
from keras_regzoo.layers import ScheduledDropout
from keras_regzoo.objectives import LossSmoothing, SelfPaced

pytestmark = pytest.mark.one_backend

X = np.ones((4, 2), "float32")
Y = np.ones((4, 1), "float32")


def with_dropout(optimizer="sgd", **options):
    drop = ScheduledDropout(0.5, seed=1, name="drop")
    model = keras.Sequential([keras.Input((2,)), drop, keras.layers.Dense(1)])
    model.compile(optimizer, "mse", **{"run_eagerly": True, **options})
    return model


class Curve(keras.callbacks.Callback):
    """Puts a hand-made curve into the logs."""

    def __init__(self, values):
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch, logs=None):
        assert logs is not None
        logs["curve"] = self.values[epoch]


class InForce(keras.callbacks.Callback):
    """Records the value that each epoch begins with."""

    def __init__(self, variable):
        super().__init__()
        self.variable, self.values = variable, []

    def on_epoch_begin(self, epoch, logs=None):
        self.values.append(round(float(self.variable), 5))


def fit(scheduler, epochs, curve=(), model=None, **options):
    model = model or with_dropout()
    watch = InForce(model.get_layer("drop").rate)
    callbacks = [*([Curve(curve)] if curve else []), scheduler, watch]
    logs = model.fit(X, Y, epochs=epochs, verbose=0, callbacks=callbacks, **options).history
    return watch.values, logs


def test_stages_of_a_number_of_epochs_end_at_exactly_zero_and_are_logged():
    values, logs = fit(ContinuationScheduler("drop/rate", (0.4, 0.2), epochs=2), 6)
    assert values == [0.4, 0.4, 0.2, 0.2, 0.0, 0.0]
    assert logs["drop/rate"] == [0.4, 0.4, 0.2, 0.2, 0.0, 0.0]
    assert logs["drop/rate/stage"] == [0, 0, 1, 1, 2, 2]


def test_strength_is_exactly_zero_when_training_ends():
    model = with_dropout()
    fit(ContinuationScheduler(model.get_layer("drop").rate, [0.3], epochs=1), 2, model=model)
    assert float(model.get_layer("drop").rate) == 0.0


# Improvements at 1, 2, 4, then 5, 6 without: the stage ends after 6. Anew from 7 on: 9, 10 without.
PLATEAUS = [9.0, 8.0, 8.0, 7.0, 7.0, 7.0, 99.0, 50.0, 50.0, 60.0, 0.0]


def test_stage_ends_at_a_plateau_whose_best_value_is_counted_anew():
    scheduler = ContinuationScheduler(
        "drop/rate", [0.4, 0.2], patience=2, monitor="curve", mode="min"
    )
    values, _ = fit(scheduler, 11, PLATEAUS)
    assert values == [0.4] * 6 + [0.2] * 4 + [0.0]


def test_rising_metric_reaches_its_plateau_the_other_way():
    curve = [-value for value in PLATEAUS]
    scheduler = ContinuationScheduler(
        "drop/rate", [0.4, 0.2], patience=2, monitor="curve", mode="max"
    )
    assert fit(scheduler, 11, curve)[0] == [0.4] * 6 + [0.2] * 4 + [0.0]


def test_small_changes_and_nan_are_no_improvement():
    curve = [1.0, 0.95, float("nan"), 1.0, 1.0, 1.0]
    scheduler = ContinuationScheduler(
        "drop/rate", [0.4], patience=2, monitor="curve", mode="min", min_delta=0.1
    )
    assert fit(scheduler, 6, curve)[0] == [0.4] * 3 + [0.0] * 3


def test_whichever_comes_first_ends_the_stage():
    curve = [5.0, 4.0, 3.0, 9.0, 9.0, 9.0, 9.0]
    scheduler = ContinuationScheduler(
        "drop/rate", [0.4, 0.2], epochs=3, patience=1, monitor="curve", mode="min"
    )
    assert fit(scheduler, 7, curve)[0] == [0.4] * 3 + [0.2] * 2 + [0.0] * 2


def test_second_fit_begins_with_the_first_stage():
    scheduler, model = ContinuationScheduler("drop/rate", [0.4], epochs=1), with_dropout()
    for _ in range(2):
        assert fit(scheduler, 3, model=model)[0] == [0.4, 0.0, 0.0]


def test_state_put_back_goes_on_in_the_same_stage():
    options = {"patience": 2, "monitor": "curve", "mode": "min"}
    first = ContinuationScheduler("drop/rate", [0.4, 0.2], **options)
    model = with_dropout()
    with pytest.raises(IndexError):
        fit(first, 11, PLATEAUS[:8], model=model)

    class PutBack(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 8:
                second.set_state(first.get_state())
                model.get_layer("drop").rate.assign(0.2)

    second = ContinuationScheduler("drop/rate", [0.4, 0.2], **options)
    watch = InForce(model.get_layer("drop").rate)
    callbacks = [Curve(PLATEAUS), second, PutBack(), watch]
    model.fit(X, Y, epochs=11, initial_epoch=8, verbose=0, callbacks=callbacks)
    assert watch.values == [0.2, 0.2, 0.0]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("scaled", [False, True])
def test_reset_optimizer_trains_a_stage_as_a_newly_compiled_model(scaled, compiled):
    def optimizer():
        if not scaled:
            return keras.optimizers.Nadam(0.1, use_ema=True)  # its product of momenta begins at 1
        return keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1, use_ema=True), 4.0, 3)

    def ends(scheduler):
        keras.utils.set_random_seed(0)
        model = with_dropout(optimizer(), run_eagerly=not compiled)
        if scheduler is not None:
            fit(scheduler, 4, model=model, shuffle=False)
        else:
            for rate in (0.4, 0.0):
                model.get_layer("drop").rate.assign(rate)
                averaged = model.optimizer.finalize_variable_values
                model.optimizer.finalize_variable_values = lambda weights: None
                model.fit(X, Y, epochs=2, verbose=0, shuffle=False)
                model.optimizer.finalize_variable_values = averaged
                if rate:
                    model.compile(optimizer(), "mse", run_eagerly=not compiled)
            averaged(model.trainable_weights)
        values = [*model.trainable_variables, *model.optimizer.variables]
        return [keras.ops.convert_to_numpy(value) for value in values]

    options = {"stages": [0.4], "epochs": 2}
    made = ends(ContinuationScheduler("drop/rate", reset_optimizer=True, **options))
    kept = ends(ContinuationScheduler("drop/rate", **options))
    expected = ends(None)
    for value, wanted in zip(made, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=1e-6)
    assert not np.allclose(kept[0], expected[0])


def test_learning_rate_survives_a_reset():
    model = with_dropout(keras.optimizers.Adam(0.1))
    model.optimizer.learning_rate.assign(0.025)
    fit(ContinuationScheduler("drop/rate", [0.4], epochs=1, reset_optimizer=True), 2, model=model)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.025)
    assert int(model.optimizer.iterations) == 1


def test_learning_rate_schedule_begins_again_with_a_reset():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    model = with_dropout(keras.optimizers.SGD(schedule, momentum=0.9))
    fit(ContinuationScheduler("drop/rate", [0.4], epochs=3, reset_optimizer=True), 4, model=model)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)


def test_too_few_epochs_are_refused_before_training():
    model = with_dropout()
    before = model.get_weights()
    with pytest.raises(ValueError, match="3 stages down to 0 need at least 7; received 6 epochs"):
        fit(ContinuationScheduler("drop/rate", [0.4, 0.2], epochs=3), 6, model=model)
    with pytest.raises(ValueError, match="3 stages down to 0 need at least 5; received 4 epochs"):
        fit(ContinuationScheduler("drop/rate", [0.4, 0.2], epochs=3, patience=1), 4, model=model)
    for value, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_strength_that_may_not_be_zero_or_a_stage_is_refused():
    model = RegularizedModel(
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), [SelfPaced(1.0)]
    )
    model.compile("sgd", "mse")
    scheduler = ContinuationScheduler("self_paced/threshold", [1.0], epochs=1)
    with pytest.raises(
        ValueError, match=r"may be 0, a stage of it; received 'self_paced/threshold'"
    ):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[scheduler])
    with pytest.raises(
        ValueError, match=r"may be 1, a stage of it; received 'drop/rate', which lies in"
    ):
        fit(ContinuationScheduler("drop/rate", [1.0], epochs=1), 2)


def test_unknown_strength_or_monitor_is_one_sentence():
    with pytest.raises(ValueError, match=r"a strength of the model \(drop/rate\)"):
        fit(ContinuationScheduler("rate", [0.1], epochs=1), 2)
    with pytest.raises(ValueError, match=r"`monitor` must be one of the logs \(loss\)"):
        fit(ContinuationScheduler("drop/rate", [0.1], patience=1, monitor="val_loss"), 3)


class Rastrigin(keras.layers.Layer):
    """Points of the plane as rows of a weight; gives Rastrigin's function at each of them.

    f(w) = Σ_i w_i² + 10 (1 − cos 2π w_i),   its least value 0 at 0, a minimum near each integer
    """

    def __init__(self, starts):
        super().__init__()
        self.starts = starts

    def build(self, input_shape):
        self.points = self.add_weight(shape=self.starts.shape, name="points")
        self.points.assign(self.starts)

    def call(self, inputs):
        waves = 10.0 * (1.0 - keras.ops.cos(2.0 * np.pi * self.points))
        return keras.ops.sum(self.points**2 + waves, axis=-1) + 0.0 * inputs


def in_global_basin(starts, objectives, callbacks, epochs, steps, learning_rate):
    """Trains every start at once: they share no weight, so their gradients are their own."""
    rows = len(starts)
    layer = Rastrigin(starts)
    model = RegularizedModel(keras.Sequential([keras.Input((rows,)), layer]), objectives)
    model.compile(
        keras.optimizers.SGD(learning_rate), lambda y, outputs: keras.ops.sum(outputs, axis=-1)
    )
    x = np.zeros((steps, rows), "float32")
    model.fit(x, x[:, :1], batch_size=1, epochs=epochs, verbose=0, callbacks=callbacks)
    return np.all(np.abs(keras.ops.convert_to_numpy(layer.points)) < 0.5, axis=1)


def test_continuation_reaches_the_global_basin_of_rastrigin_from_far_more_starts():
    """A start is lucky if it ends nearer to the global minimum than to any other."""
    starts = np.random.default_rng(0).uniform(-1.5, 1.5, (40, 2)).astype("float32")
    options = {"steps": 50, "learning_rate": 0.003}
    plain = in_global_basin(starts, [], [], epochs=2, **options)
    nearest = np.all(np.abs(starts) < 0.5, axis=1)
    smoothing = LossSmoothing(0.6, samples=8, seed=0)
    stages = ContinuationScheduler("loss_smoothing/stddev", [0.6, 0.45, 0.3, 0.2], epochs=2)
    continued = in_global_basin(starts, [smoothing], [stages], epochs=9, **options)
    assert np.mean(plain == nearest) > 0.9, "gradient descent ends in the basin it starts in"
    assert plain.sum() > 0
    assert continued.sum() >= 2 * plain.sum()
    assert continued.sum() >= 25


def test_epochs_before_the_first_of_fit_are_none_for_the_stages():
    scheduler = ContinuationScheduler("drop/rate", [0.4, 0.2], epochs=1)
    with pytest.raises(ValueError, match="3 stages down to 0 need at least 3; received 2 epochs"):
        fit(scheduler, 5, initial_epoch=3)
    assert fit(scheduler, 6, initial_epoch=3)[0] == [0.4, 0.2, 0.0]


@pytest.mark.parametrize(("curve", "said"), [([3.0, 2.0, 1.0], True), ([1.0, 2.0, 3.0], False)])
def test_a_strength_that_has_not_come_down_to_zero_is_told(curve, said, caplog):
    scheduler = ContinuationScheduler("drop/rate", [0.4], None, 1, "curve", "min")
    fit(scheduler, 3, curve)
    expected = "drop/rate has not come down to 0: training ended in stage 0 of 1, at 0.4."
    assert caplog.messages == ([expected] if said else [])
