"""SelfPacedScheduler: the threshold in force, the examples it takes in, and when it moves."""

import math

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import SelfPacedScheduler
from keras_regzoo.callbacks.self_paced_scheduler import admitting
from keras_regzoo.data import pacing
from keras_regzoo.objectives import SelfPaced

pytestmark = pytest.mark.one_backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype("float32")
Y = (X @ [[1.0], [2.0], [-1.0]] + RNG.normal(size=(20, 1))).astype("float32")


def paced(threshold=1.0, learning_rate=0.05, dropout=0.0, seed=0, **options):
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((3,)), keras.layers.Dropout(dropout, seed=1), keras.layers.Dense(1)]
    model = RegularizedModel(keras.Sequential(layers), [SelfPaced(threshold)])
    options = {"run_eagerly": True, **options}
    model.compile(keras.optimizers.SGD(learning_rate), "mse", **options)
    return model


class InForce(keras.callbacks.Callback):
    """Records the threshold at each step, and the losses of all examples then."""

    def __init__(self):
        super().__init__()
        self.values, self.losses = [], []

    def on_train_batch_begin(self, batch, logs=None):
        if getattr(self.model, "_jax_state", None):
            self.model.jax_state_sync()
        self.values.append(float(self.model.objectives[0].threshold))
        kernel, bias = (keras.ops.convert_to_numpy(w) for w in self.model.base.layers[-1].weights)
        self.losses.append(np.square(X @ kernel + bias - Y)[:, 0])


def fit(scheduler, model=None, epochs=3, **options):
    watch = InForce()
    model = model or paced()
    options = {"batch_size": 5, "verbose": 0, "shuffle": False, **options}
    logs = model.fit(X, Y, epochs=epochs, callbacks=[scheduler, watch], **options).history
    return watch, logs


def test_growth_by_epoch_multiplies_the_threshold_that_training_begins_with():
    watch, logs = fit(SelfPacedScheduler(growth=1.5), paced(2.0))
    assert watch.values == pytest.approx([2.0] * 4 + [3.0] * 4 + [4.5] * 4)
    assert logs["self_paced/threshold"] == pytest.approx([2.0, 3.0, 4.5])


def test_growth_by_step_counts_steps():
    watch, logs = fit(SelfPacedScheduler(growth=2.0, per="step", every=3), epochs=2)
    assert watch.values == pytest.approx([1, 1, 1, 2, 2, 2, 4, 4])
    assert logs["self_paced/threshold"] == pytest.approx([2.0, 4.0])


def test_growth_ends_at_the_limit():
    assert fit(SelfPacedScheduler(growth=2.0, limit=3.0))[1]["self_paced/threshold"] == [1, 2, 3]
    assert fit(SelfPacedScheduler(growth=1e300), epochs=4)[0].values[-1] == math.inf


def test_growth_by_plateau_moves_when_the_monitored_value_stops_improving():
    class Curve(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert logs is not None
            logs["curve"] = [5.0, 4.0, 4.0, 4.5, 9.0, 8.0, 8.0, 8.0, 1.0][epoch]

    options = {"per": "plateau", "monitor": "curve", "mode": "min", "patience": 2}
    scheduler = SelfPacedScheduler(growth=2.0, **options)
    model = paced()
    callbacks = [Curve(), scheduler]
    logs = model.fit(X, Y, epochs=9, verbose=0, callbacks=callbacks).history
    assert logs["self_paced/threshold"] == pytest.approx([1] * 4 + [2] * 4 + [4])


@pytest.mark.parametrize("compiled", [False, True])
def test_pacing_takes_in_exactly_the_share_of_examples_with_the_least_losses(compiled):
    """Counted on the whole data at the weights that each epoch starts from, dropout left out."""
    share = pacing.linear(0.3, length=4)
    scheduler = SelfPacedScheduler(pacing=share, data=(X, Y))
    model = paced(dropout=0.5, run_eagerly=not compiled)
    watch, logs = fit(scheduler, model, epochs=6)
    taken = [int(np.sum(watch.losses[4 * epoch] < watch.values[4 * epoch])) for epoch in range(6)]
    assert taken == [round(20 * share(epoch)) for epoch in range(6)] == [6, 10, 13, 16, 20, 20]
    assert logs["self_paced/threshold"][4:] == [math.inf, math.inf]


def test_pacing_by_step_moves_within_an_epoch():
    shares = {0: 0.2, 2: 0.5, 4: 0.7, 6: 1.0, 8: 1.0}
    scheduler = SelfPacedScheduler(pacing=shares.__getitem__, data=(X, Y), per="step", every=2)
    watch, _ = fit(scheduler, epochs=2)
    taken = [int(np.sum(watch.losses[step] < watch.values[step])) for step in (0, 2, 4, 6)]
    assert taken == [4, 10, 14, 20]


def test_share_that_the_objective_logs_is_the_pacing_s():
    """With one batch of all examples and no learning the log counts those taken in."""
    scheduler = SelfPacedScheduler(pacing=pacing.linear(0.25, length=3), data=(X, Y))
    _, logs = fit(scheduler, paced(learning_rate=0.0), epochs=4, batch_size=20)
    assert logs["self_paced"] == pytest.approx([0.25, 0.5, 0.75, 1.0])


@pytest.mark.parametrize("compiled", [False, True])
def test_evaluating_the_losses_disturbs_nothing(compiled):
    """Always all examples: the trajectory, with dropout and shuffling, is that without pacing."""

    def end(scheduler):
        model = paced(math.inf, dropout=0.5, run_eagerly=not compiled)
        fit(scheduler, model, epochs=2, shuffle=True)
        return model.get_weights()

    all_in = SelfPacedScheduler(pacing=lambda count: 1.0, data=(X, Y))
    expected, made = end(all_in), end(_Looking(all_in))
    for value, wanted in zip(made, expected, strict=True):
        np.testing.assert_array_equal(value, wanted)


class _Looking(keras.callbacks.Callback):
    """Evaluates the losses as the scheduler does, before every step."""

    def __init__(self, scheduler):
        super().__init__()
        self.scheduler = scheduler

    def set_model(self, model):
        super().set_model(model)
        self.scheduler.set_model(model)

    def on_train_begin(self, logs=None):
        self.scheduler.on_train_begin()

    def on_train_batch_begin(self, batch, logs=None):
        self.scheduler._losses()


@pytest.mark.parametrize(
    ("share", "expected"), [(0.25, 1.5), (0.5, 3.0), (0.01, 1.5), (0.6, 3.0), (1.0, math.inf)]
)
def test_threshold_lies_between_the_last_taken_in_and_the_next(share, expected):
    assert admitting(share, np.array([4.0, 1.0, 8.0, 2.0])) == expected


def test_losses_of_zero_leave_a_threshold_above_zero():
    assert 0 < admitting(0.5, np.zeros(4)) < 1e-30


def test_state_put_back_goes_on_with_the_same_thresholds():
    expected = fit(SelfPacedScheduler(growth=2.0), epochs=4)[0].values
    first, model = SelfPacedScheduler(growth=2.0), paced()
    begun = fit(first, model, epochs=2)[0].values

    class PutBack(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                second.set_state(first.get_state())

    second, watch = SelfPacedScheduler(growth=2.0), InForce()
    options = {"epochs": 4, "initial_epoch": 2, "batch_size": 5, "verbose": 0}
    model.fit(X, Y, callbacks=[second, PutBack(), watch], **options)
    assert begun + watch.values == expected


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "Either `growth` or `pacing` must be given; received growth=None and pacing=None"),
        ({"growth": 2.0, "data": (X, Y)}, r"`data` must be given with `pacing`, and only then"),
        ({"pacing": pacing.linear(0.5, 2)}, r"`data` must be given with `pacing`"),
    ],
)
def test_arguments_that_exclude_each_other_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        SelfPacedScheduler(**arguments)


def test_share_out_of_range_and_nan_losses_are_one_sentence():
    with pytest.raises(
        ValueError, match=r"`pacing` must be a number in \(0, 1\]; received pacing=0"
    ):
        fit(SelfPacedScheduler(pacing=lambda count: 0, data=(X, Y)))
    with pytest.raises(
        ValueError, match=r"`self_paced/threshold` must be a number .* received .*nan"
    ):
        fit(SelfPacedScheduler(pacing=lambda count: 0.5, data=(X * np.nan, Y)))


@pytest.mark.parametrize(
    ("share", "options", "sentence"),
    [
        (
            lambda count: 0.5,
            {},
            r"within the 3 epochs that are planned; received .* 0\.5 at the last",
        ),
        (pacing.linear(0.25, length=3), {}, "within the 3 epochs"),
        (pacing.linear(0.25, length=12), {"per": "step"}, "within the 12 steps"),
        (pacing.linear(0.25, length=11), {"per": "step", "every": 2}, "within the 12 steps"),
        (pacing.linear(0.25, length=2), {"per": "plateau", "patience": 1}, "within the 2 levels"),
    ],
)
def test_pacing_that_never_takes_in_all_is_refused_before_the_first_step(share, options, sentence):
    model = paced()
    with pytest.raises(ValueError, match=rf"`pacing` must reach 1 {sentence}"):
        fit(SelfPacedScheduler(pacing=share, data=(X, Y), **options), model)
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize(
    ("share", "options"),
    [
        (pacing.linear(0.25, length=2), {}),
        (pacing.linear(0.25, length=11), {"per": "step"}),
        (pacing.linear(0.25, length=10), {"per": "step", "every": 2}),
        (pacing.linear(0.25, length=1), {"per": "plateau", "patience": 1}),
        (lambda count: 0.5, {"limit": 100.0}),
    ],
)
def test_pacing_that_can_come_to_all_or_is_limited_trains(share, options):
    scheduler = SelfPacedScheduler(pacing=share, data=(X, Y), **options)
    fit(scheduler)
    assert scheduler.first_epoch == 0


def test_epochs_before_the_initial_one_are_not_counted():
    scheduler = SelfPacedScheduler(pacing=pacing.linear(0.25, length=2), data=(X, Y))
    with pytest.raises(ValueError, match="`pacing` must reach 1 within the 2 epochs"):
        fit(scheduler, epochs=4, initial_epoch=2)


def test_model_without_the_objective_says_so():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"strength of the model \(none\); received 'self_paced/"):
        model.fit(X, Y, verbose=0, callbacks=[SelfPacedScheduler(growth=2.0)])


def test_pacing_needs_a_single_loss():
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")]
    model = RegularizedModel(keras.Model(inputs, outputs), [SelfPaced(1.0)])
    model.compile("sgd", ["mse", "mse"], run_eagerly=True)
    scheduler = SelfPacedScheduler(pacing=pacing.linear(0.5, 2), data=(X, Y))
    with pytest.raises(ValueError, match="`pacing` must have a single loss"):
        model.fit(X, [Y, Y], verbose=0, callbacks=[scheduler])
