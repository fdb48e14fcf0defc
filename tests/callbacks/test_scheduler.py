"""Scheduler: what it sets, when, without recompiling, and what it refuses."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.layers import MaskingNoise, ScheduledDropout
from keras_regzoo.objectives import WeightPenalty
from tests.backends import HAS_XLA

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4)).astype("float32")
Y = RNG.normal(size=(12, 1)).astype("float32")


def with_dropout(*before, **compile_options):
    stack = [keras.Input((4,)), *before, ScheduledDropout(0.5, seed=1, name="drop")]
    model = keras.Sequential([*stack, keras.layers.Dense(1, name="dense")])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **compile_options})
    return model


class Values(keras.callbacks.Callback):
    """Records the value each step is about to read, and each batch's logs."""

    def __init__(self, variable):
        super().__init__()
        self.variable, self.values, self.logs = variable, [], []

    def on_train_batch_begin(self, batch, logs=None):
        if getattr(self.model, "_jax_state", None):
            self.model.jax_state_sync()
        self.values.append(round(float(self.variable), 5))

    def on_train_batch_end(self, batch, logs=None):
        self.logs.append(dict(logs or {}))


def values_in_force(model, scheduler, epochs=2, **fit_options):
    watch = Values(model.get_layer("drop").rate)
    options = {"batch_size": 4, "verbose": 0, **fit_options}
    history = model.fit(X, Y, epochs=epochs, callbacks=[scheduler, watch], **options)
    return watch, history.history


def test_epoch_schedule_holds_for_each_epoch_and_is_logged():
    watch, history = values_in_force(with_dropout(), Scheduler("drop/rate", lambda e: 0.1 + e / 4))
    assert watch.values == [0.1] * 3 + [0.35] * 3
    assert history["drop/rate"] == pytest.approx([0.1, 0.35])


def test_step_schedule_holds_for_each_step_and_is_logged():
    scheduler = Scheduler("drop/rate", lambda step: step / 10, per="step")
    watch, history = values_in_force(with_dropout(), scheduler)
    assert watch.values == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert [logs["drop/rate"] for logs in watch.logs] == pytest.approx(watch.values)
    assert history["drop/rate"] == pytest.approx([0.2, 0.5])


def test_strength_is_named_by_its_variable_too_and_keeps_its_last_value():
    model = with_dropout()
    rate = model.get_layer("drop").rate
    values, history = values_in_force(model, Scheduler(rate, lambda epoch: 0.2 * epoch))
    assert values.values[-1] == pytest.approx(0.2)
    assert history["drop/rate"] == pytest.approx([0.0, 0.2])
    assert float(rate) == pytest.approx(0.2)


@pytest.mark.parametrize("per", ["epoch", "step"])
def test_learning_rate_schedule_of_keras_works(per):
    schedule = keras.optimizers.schedules.PolynomialDecay(0.8, decay_steps=4, end_learning_rate=0.0)
    watch, _ = values_in_force(with_dropout(), Scheduler("drop/rate", schedule, per))
    closed_form = [0.8, 0.6, 0.4, 0.2, 0.0, 0.0] if per == "step" else [0.8] * 3 + [0.6] * 3
    assert watch.values == pytest.approx(closed_form, abs=1e-5)


def test_strengths_inside_nested_models_and_wrappers_are_found():
    inner = keras.Sequential([keras.Input((4,)), MaskingNoise(0.0, name="noise")], name="inner")
    wrapper = keras.layers.TimeDistributed(inner)
    model = keras.Sequential([keras.Input((3, 4)), wrapper, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    scheduler = Scheduler("noise/rate", lambda epoch: 0.25)
    model.fit(np.ones((2, 3, 4)), np.ones((2, 3, 1)), verbose=0, callbacks=[scheduler])
    assert float(inner.layers[-1].rate) == 0.25


def test_two_schedules_move_two_strengths():
    model = with_dropout(MaskingNoise(0.0, name="noise"))
    schedulers = [
        Scheduler("noise/rate", lambda epoch: 0.5 - epoch / 4),
        Scheduler("drop/rate", lambda step: step / 10, per="step"),
    ]
    history = model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=schedulers).history
    assert history["noise/rate"] == pytest.approx([0.5, 0.25])
    assert history["drop/rate"] == pytest.approx([0.2, 0.5])


class Counted(keras.layers.Layer):
    """Counts how often Python runs its call: once a trace, or a step where nothing compiles."""

    calls = 0

    def call(self, inputs):
        self.calls += 1
        return inputs


def test_moving_strength_compiles_nothing_again():
    def calls(schedule, per):
        counted = Counted()
        values_in_force(with_dropout(counted), Scheduler("drop/rate", schedule, per), epochs=3)
        return counted.calls

    constant = calls(lambda step: 0.3, "step")
    assert calls(lambda step: step / 20, "step") == constant
    assert calls(lambda epoch: epoch / 20, "epoch") == calls(lambda epoch: 0.3, "epoch")


@pytest.mark.parametrize("per", ["epoch", "step"])
def test_number_of_traces_depends_on_neither_steps_nor_epochs(per):
    if not HAS_XLA:
        pytest.skip("nothing is traced: each step runs the layer")

    def traces(batch_size, epochs):
        counted = Counted()
        model = with_dropout(counted, jit_compile=True)
        scheduler = Scheduler("drop/rate", lambda count: count / 100, per)
        watch, _ = values_in_force(model, scheduler, epochs=epochs, batch_size=batch_size)
        assert len(watch.values) == epochs * 12 / batch_size
        return counted.calls

    few, many = traces(batch_size=4, epochs=1), traces(batch_size=2, epochs=5)
    assert 0 < few == many < 5


@pytest.mark.parametrize("jit_compile", ["auto", False])
def test_each_step_is_taken_at_the_strength_of_that_step(jit_compile):
    """Gradient descent on ridge regression, λ moving at every step, against NumPy."""
    dense = keras.layers.Dense(1, use_bias=False)
    base = keras.Sequential([keras.Input((4,)), dense])
    penalty = WeightPenalty({"kernel": keras.regularizers.L2(1.0)}, strength=7.0)
    model = RegularizedModel(base, [penalty])
    model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=jit_compile)
    weight = np.asarray(keras.ops.convert_to_numpy(dense.kernel), "float64")
    scheduler = Scheduler("weight_penalty/strength", lambda step: 0.3 * (step % 4), per="step")
    model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[scheduler])
    for step in range(6):
        rows = slice(4 * (step % 3), 4 * (step % 3) + 4)
        gradient = 2 / 4 * X[rows].T @ (X[rows] @ weight - Y[rows])
        weight = weight - 0.1 * (gradient + 2 * 0.3 * (step % 4) * weight)
    actual = keras.ops.convert_to_numpy(dense.kernel)
    np.testing.assert_allclose(actual, weight, atol=1e-5)


def test_continued_fit_goes_on_with_the_steps():
    model = with_dropout()
    scheduler = Scheduler("drop/rate", lambda step: step / 20, per="step")
    values_in_force(model, scheduler, epochs=2)
    watch, _ = values_in_force(model, scheduler, epochs=1)
    assert watch.values == [0.3, 0.35, 0.4]


def test_initial_epoch_goes_on_with_the_epochs():
    scheduler = Scheduler("drop/rate", lambda epoch: epoch / 10)
    watch, history = values_in_force(with_dropout(), scheduler, epochs=4, initial_epoch=2)
    assert watch.values == [0.2] * 3 + [0.3] * 3
    assert history["drop/rate"] == pytest.approx([0.2, 0.3])


def test_steps_are_batches_where_gradients_accumulate():
    optimizer = keras.optimizers.SGD(gradient_accumulation_steps=2)
    model = with_dropout(optimizer=optimizer)
    scheduler = Scheduler("drop/rate", lambda step: step / 20, per="step")
    values_in_force(model, scheduler, epochs=1)
    watch, _ = values_in_force(model, scheduler, epochs=2)
    assert watch.values == [0.15, 0.2, 0.25, 0.3, 0.35, 0.4]


def test_steps_go_on_after_an_epoch_that_no_execution_divides():
    if keras.backend.backend() == "torch":
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    model = with_dropout(steps_per_execution=2)
    scheduler = Scheduler("drop/rate", lambda step: step / 10, per="step")
    watch, _ = values_in_force(model, scheduler, epochs=2)
    assert watch.values == [0.0, 0.2, 0.3, 0.5]


def test_steps_go_on_from_a_backup_restored_after_it_began(tmp_path):
    backup = str(tmp_path / "backup")

    def fit(epochs, stop=None):
        model = with_dropout()
        scheduler = Scheduler("drop/rate", lambda step: step / 20, per="step")
        restore = keras.callbacks.BackupAndRestore(backup)
        watch = Values(model.get_layer("drop").rate)
        callbacks = [scheduler, restore, watch, *([stop] if stop else [])]
        model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks)
        return watch.values

    class Interruption(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(2, Interruption())
    assert fit(2) == [0.15, 0.2, 0.25]


@pytest.mark.parametrize("unknown", ["drop/rates", "rate", "dense/kernel"])
def test_unknown_strength_fails_before_the_first_step_and_lists_the_known(unknown):
    model = with_dropout(MaskingNoise(0.1, name="noise"))
    before = model.get_weights()
    with pytest.raises(
        ValueError, match=r"strength of the model \(noise/rate, drop/rate\)"
    ) as error:
        values_in_force(model, Scheduler(unknown, lambda epoch: 0.1))
    assert repr(unknown) in str(error.value)
    for value, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_model_without_strengths_says_so():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"a strength of the model \(none\); received 'drop/rate'"):
        model.fit(X, Y, verbose=0, callbacks=[Scheduler("drop/rate", lambda epoch: 0.1)])


def test_variable_of_another_model_is_unknown():
    other = ScheduledDropout(0.5, name="other")
    with pytest.raises(ValueError, match=r"a strength of the model \(drop/rate\)"):
        values_in_force(with_dropout(), Scheduler(other.rate, lambda epoch: 0.1))


def test_path_that_two_layers_share_is_refused_and_a_variable_tells_them_apart():
    def part(name):
        return keras.Sequential([keras.Input((4,)), ScheduledDropout(0.5, name="drop")], name=name)

    first, second = part("first"), part("second")
    model = keras.Sequential([keras.Input((4,)), first, second, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(
        ValueError, match="'drop/rate', of which there are 2: give the layers names"
    ):
        model.fit(X, Y, verbose=0, callbacks=[Scheduler("drop/rate", lambda epoch: 0.1)])
    rate = first.get_layer("drop").rate
    model.fit(X, Y, verbose=0, callbacks=[Scheduler(rate, lambda epoch: 0.1)])
    assert float(rate) == pytest.approx(0.1)
    assert float(second.get_layer("drop").rate) == 0.5


def test_layer_used_twice_is_one_strength():
    drop = ScheduledDropout(0.5, name="drop")
    model = keras.Sequential([keras.Input((4,)), keras.Sequential([drop]), keras.layers.Dense(4)])
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(1)(model(drop(inputs))))
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=[Scheduler("drop/rate", lambda epoch: 0.1)])
    assert float(drop.rate) == pytest.approx(0.1)


@pytest.mark.parametrize("value", [1.0, -0.1, float("nan"), None, "high"])
@pytest.mark.parametrize("per", ["epoch", "step"])
def test_value_outside_the_range_is_refused_in_one_sentence(value, per):
    model = with_dropout()
    with pytest.raises(ValueError, match=r"`drop/rate` must be a number in \[0, 1\); received"):
        values_in_force(model, Scheduler("drop/rate", lambda count: value, per))
    assert float(model.get_layer("drop").rate) == 0.5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("drop/rate", 0.5), "`schedule` must be callable; received schedule=0.5"),
        (("drop/rate", abs, "batch"), "`per` must be one of 'epoch', 'step'; received per='batch'"),
        ((3, abs), "`strength` must be a str or"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        Scheduler(*arguments)
