"""StochasticWeightAveraging: what is averaged, when, at which rate, and batch normalization."""

import keras
import numpy as np
import pytest

from keras_regzoo import backend
from keras_regzoo.callbacks import (
    GeneralizationLossStopping,
    GradualUnfreezing,
    StochasticWeightAveraging,
)
from keras_regzoo.callbacks.batch_norm import reestimate
from keras_regzoo.callbacks.stochastic_weight_averaging import epochs_before
from tests.callback_checks import Batches

RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 4)).astype("float32")
Y = RNG.normal(size=(22, 1)).astype("float32")


def network(optimizer="sgd", normalized=False, **compile_options):
    keras.utils.set_random_seed(0)
    stack = [keras.Input((4,)), keras.layers.Dense(3, "tanh", name="hidden")]
    stack += [keras.layers.BatchNormalization(name="norm")] if normalized else []
    model = keras.Sequential([*stack, keras.layers.Dense(1)])
    model.compile(optimizer, "mse", **compile_options)
    return model


class Watch(keras.callbacks.Callback):
    """Notes rate and trainable weights after every execution."""

    def __init__(self):
        super().__init__()
        self.rates, self.weights = [], []

    def on_train_batch_end(self, batch, logs=None):
        backend.write_back(self.model)
        self.rates.append(float(self.model.optimizer.learning_rate))
        weights = self.model.trainable_variables
        self.weights.append([keras.ops.convert_to_numpy(each) for each in weights])


def averaged_fit(model, averaging, epochs=4, callbacks=(), **options):
    watch = Watch()
    options = {"batch_size": 4, "verbose": 0, **options}
    model.fit(X, Y, epochs=epochs, callbacks=[averaging, watch, *callbacks], **options)
    return watch


def assert_average(model, weights):
    """In NumPy, in float64."""
    for place, variable in enumerate(model.trainable_variables):
        mean = np.mean([each[place].astype("float64") for each in weights], axis=0)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), mean, atol=1e-7)


@pytest.mark.parametrize(
    ("start", "epochs_averaged"), [(0, (0, 1, 2, 3)), (2, (2, 3)), (0.5, (2, 3)), (0.7, (2, 3))]
)
def test_weights_at_the_ends_of_the_last_epochs_are_averaged(start, epochs_averaged):
    model = network(keras.optimizers.Adam(0.1))
    averaging = StochasticWeightAveraging(start)
    watch = averaged_fit(model, averaging)
    assert_average(model, [watch.weights[6 * epoch + 5] for epoch in epochs_averaged])
    assert averaging.models == len(epochs_averaged)


@pytest.mark.one_backend
def test_a_share_of_the_epochs_is_rounded_down_as_a_decimal_number():
    """0.29 · 100 is 28.999999999999996 in floats."""
    hundredths = range(1, 100)
    assert [epochs_before(each / 100, 100) for each in hundredths] == list(hundredths)
    assert [epochs_before(0.7, 4), epochs_before(0.75, 4), epochs_before(0.001, 4)] == [2, 3, 0]


@pytest.mark.one_backend
def test_weights_at_the_ends_of_cycles_are_averaged():
    model = network(keras.optimizers.Adam(0.1))
    averaging = StochasticWeightAveraging(1, cycle=4)
    watch = averaged_fit(model, averaging)
    assert_average(model, [watch.weights[5 + 4 * end] for end in (1, 2, 3, 4)])
    assert averaging.models == 4


@pytest.mark.one_backend
def test_rate_falls_linearly_in_each_cycle():
    watch = averaged_fit(network(), StochasticWeightAveraging(1, (0.5, 0.1), cycle=4), epochs=3)
    cycle = [0.4, 0.3, 0.2, 0.1]
    assert watch.rates == pytest.approx([0.01] * 6 + 3 * cycle)


@pytest.mark.one_backend
@pytest.mark.parametrize("rate", [0.3, None])
def test_rate_is_constant_from_the_start_or_left_alone(rate):
    watch = averaged_fit(network(), StochasticWeightAveraging(1, rate), epochs=2)
    assert watch.rates == pytest.approx([0.01] * 6 + [rate or 0.01] * 6)


@pytest.mark.one_backend
def test_each_step_is_taken_at_its_rate():
    model = network(keras.optimizers.SGD(0.0))
    start = [keras.ops.convert_to_numpy(each) for each in model.trainable_variables]
    watch = averaged_fit(model, StochasticWeightAveraging(1, (0.2, 1e-9), cycle=2), epochs=2)
    moved = [
        any((a != b).any() for a, b in zip(x, y, strict=True))
        for x, y in zip([start, *watch.weights[:-1]], watch.weights, strict=True)
    ]
    assert moved[:7] == [False] * 6 + [True]
    small = [np.abs(a - b).max() for a, b in zip(watch.weights[6], watch.weights[7], strict=True)]
    assert max(np.abs(a - b).max() for a, b in zip(start, watch.weights[6], strict=True)) > 0
    assert max(small) < 1e-6


@pytest.mark.one_backend
def test_rate_is_set_in_the_optimizer_of_a_loss_scale():
    inner = keras.optimizers.SGD(0.1)
    averaging = StochasticWeightAveraging(0, 0.05)
    model = network(keras.optimizers.LossScaleOptimizer(inner))
    watch = averaged_fit(model, averaging, epochs=1)
    assert watch.rates == pytest.approx([0.05] * 6)
    assert_average(model, watch.weights[-1:])


@pytest.mark.one_backend
def test_training_itself_is_not_changed():
    plain, averaged = Watch(), StochasticWeightAveraging(1)
    network().fit(X, Y, batch_size=4, epochs=3, verbose=0, callbacks=[plain])
    watch = averaged_fit(network(), averaged, epochs=3)
    for one, other in zip(watch.weights[-1], plain.weights[-1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.one_backend
@pytest.mark.parametrize(("stop", "averaged"), [(0, ()), (2, (1, 2))])
def test_training_that_stops_early_ends_with_the_average_so_far(stop, averaged):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == stop

    model = network()
    watch = averaged_fit(model, StochasticWeightAveraging(1), callbacks=[Stop()])
    assert_average(model, [watch.weights[6 * e + 5] for e in averaged] or watch.weights[-1:])


@pytest.mark.one_backend
def test_second_fit_averages_anew():
    model, averaging = network(), StochasticWeightAveraging(1)
    averaged_fit(model, averaging, epochs=2)
    watch = averaged_fit(model, averaging, epochs=3)
    assert_average(model, [watch.weights[6 * epoch + 5] for epoch in (1, 2)])


def test_several_steps_an_execution_average_at_its_end():
    if keras.backend.backend() == "torch":
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    model = network(steps_per_execution=3)
    averaging = StochasticWeightAveraging(0, (0.5, 0.1), cycle=6)
    watch = averaged_fit(model, averaging, epochs=3)
    assert watch.rates == pytest.approx([0.5 - 0.4 / 6, 0.5 - 1.6 / 6] * 3)
    assert_average(model, watch.weights[1::2])


def statistics(model, x):
    """Returns in NumPy the mean and variance that the normalization sees in `x`."""
    kernel, bias = (keras.ops.convert_to_numpy(v) for v in model.get_layer("hidden").weights)
    hidden = np.tanh(x.astype("float64") @ kernel + bias)
    return hidden.mean(0), hidden.var(0)


@pytest.mark.parametrize("feed", ["arrays", "generator", "py_dataset"])
def test_batch_statistics_are_those_of_a_full_pass_at_the_average(feed):
    rows = [X[start : start + 8] for start in (0, 8, 16)]
    data = {"arrays": X, "generator": ((x, None) for x in rows), "py_dataset": Batches(X, Y)}
    if feed == "py_dataset":
        rows = [X[0::2], X[1::2]]
    model = network(keras.optimizers.Adam(0.1), normalized=True)
    averaging = StochasticWeightAveraging(1, batch_norm_data=data[feed], batch_size=8)
    watch = averaged_fit(model, averaging)
    assert_average(model, [watch.weights[6 * epoch + 5] for epoch in (1, 2, 3)])
    parts = [(len(x), *statistics(model, x)) for x in rows]
    norm = model.get_layer("norm")
    for variable, place in ((norm.moving_mean, 1), (norm.moving_variance, 2)):
        mean = sum(part[0] * part[place] for part in parts) / 22
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), mean, atol=2e-6)
    assert norm.momentum == 0.99


@pytest.mark.one_backend
def test_second_normalization_sees_the_first_one_in_training_mode():
    keras.utils.set_random_seed(0)
    norms = [keras.layers.BatchNormalization(name=name, momentum=0.9) for name in "ab"]
    frozen = keras.layers.BatchNormalization(trainable=False)
    model = keras.Sequential([keras.Input((4,)), norms[0], norms[1], frozen])
    model.compile("sgd", "mse")
    reestimate(model, X * 3 + 5, 11)
    parts = [X[:11] * 3 + 5, X[11:] * 3 + 5]
    normal = [(x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) for x in parts]
    for norm, inputs in zip(norms, (parts, normal), strict=True):
        mean = np.mean([x.mean(0) for x in inputs], axis=0)
        variance = np.mean([x.var(0) for x in inputs], axis=0)
        actual = [keras.ops.convert_to_numpy(v) for v in (norm.moving_mean, norm.moving_variance)]
        np.testing.assert_allclose(actual[0], mean, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(actual[1], variance, rtol=1e-5)
    assert (keras.ops.convert_to_numpy(frozen.moving_mean) == 0).all()


@pytest.mark.one_backend
def test_other_state_is_kept():
    drop = keras.layers.Dropout(0.5, seed=1)
    keras.utils.set_random_seed(0)
    norm = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input((4,)), drop, norm, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    before = keras.ops.convert_to_numpy(drop.seed_generator.state)
    reestimate(model, X, 8)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(drop.seed_generator.state), before)
    assert (keras.ops.convert_to_numpy(norm.moving_mean) != 0).any()


@pytest.mark.one_backend
def test_state_put_back_in_mid_cycle_goes_on_exactly():
    whole = StochasticWeightAveraging(0, (0.5, 0.1), cycle=4)
    model = network()
    averaged_fit(model, whole, epochs=4, shuffle=False)

    first, half = StochasticWeightAveraging(0, (0.5, 0.1), cycle=4), network()
    watch = averaged_fit(half, first, epochs=2, shuffle=False)
    state, arrays = first.get_state(), first.get_arrays()
    last = watch.weights[-1]

    class PutBack(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                for variable, value in zip(self.model.trainable_variables, last, strict=True):
                    variable.assign(value)
                self.model.optimizer.iterations.assign(12)
                resumed.set_state(state)
                resumed.set_arrays(arrays)

    resumed, again = StochasticWeightAveraging(0, (0.5, 0.1), cycle=4), network()
    averaged_fit(again, resumed, callbacks=[PutBack()], initial_epoch=2, shuffle=False)
    for one, other in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.one_backend
def test_batch_normalization_without_data_is_refused_before_training():
    with pytest.raises(ValueError, match="`batch_norm_data` must be given"):
        averaged_fit(network(normalized=True), StochasticWeightAveraging(1))


@pytest.mark.one_backend
def test_schedule_of_the_optimizer_is_refused_where_a_rate_is_given():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    with pytest.raises(ValueError, match=r"learning rate must be a number .* ExponentialDecay"):
        averaged_fit(network(keras.optimizers.SGD(schedule)), StochasticWeightAveraging(1, 0.1))
    averaged_fit(network(keras.optimizers.SGD(schedule)), StochasticWeightAveraging(0), epochs=1)


@pytest.mark.one_backend
def test_data_without_a_batch_is_one_sentence():
    with pytest.raises(ValueError, match="`batch_norm_data` must have at least one batch"):
        reestimate(network(normalized=True), [], 8)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("options", "when"),
    [({"start": 4}, "before an average begins"), ({"start": 1, "cycle": 99}, "within the first")],
)
def test_average_of_nothing_is_told(caplog, options, when):
    averaged_fit(network(), StochasticWeightAveraging(**options))
    assert f"No weights were averaged: training ended after 24 steps, {when}" in caplog.text


@pytest.mark.one_backend
def test_a_start_behind_the_last_epoch_is_told_before_training_and_stops_no_fit(caplog):
    class Begun(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.told = list(caplog.messages)

    model, averaging, begun = network(), StochasticWeightAveraging(2), Begun()
    averaged_fit(model, averaging, epochs=2, callbacks=[begun])
    assert begun.told == [
        "No weights will be averaged in this training: its 2 epochs end before the start, which is "
        "2 epochs from the first."
    ]
    averaged_fit(model, averaging, epochs=4, initial_epoch=2, callbacks=[begun])
    assert len(begun.told) == 2, "the second is that of the first training's end."
    assert averaging.models == 2


@pytest.mark.parametrize("first", [True, False])
def test_layers_that_are_frozen_meanwhile_are_averaged_too(first):
    model, averaging = network(), StochasticWeightAveraging(0, cycle=3)
    before = [weight.copy() for weight in model.get_weights()]
    options = {"batch_size": 8, "epochs": 3, "verbose": 0}
    listed = [averaging, GradualUnfreezing()]
    model.fit(X, Y, callbacks=listed if first else listed[::-1], **options)
    assert averaging.models == 3
    assert [each.shape for each in averaging.average or ()] == [each.shape for each in before]
    for old, new in zip(before, model.get_weights(), strict=True):
        assert np.any(old != new)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "make",
    [keras.callbacks.EarlyStopping, lambda *a, **k: GeneralizationLossStopping(1e9, *a, **k)],
)
def test_best_weights_that_would_replace_the_average_are_told(caplog, make):
    def told(*listed):
        caplog.clear()
        network().fit(X, Y, epochs=2, verbose=0, callbacks=list(listed))
        return "will be replaced by the best weights of" in caplog.text

    def restoring(restore):
        return make(monitor="loss", restore_best_weights=restore)

    average = StochasticWeightAveraging(0)
    assert told(average, restoring(True))
    assert not told(restoring(True), average)
    assert not told(average, restoring(False))
