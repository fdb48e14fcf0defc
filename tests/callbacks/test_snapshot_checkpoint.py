"""SnapshotCheckpoint: the rate of every step, and what is saved at the end of which."""

import math
import os
from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import backend
from keras_regzoo.callbacks import SnapshotCheckpoint

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 2)).astype("float32")


def network(optimizer="sgd", **compile_options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse", **compile_options)
    return model


class Watch(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.rates, self.kernels = [], []

    def on_train_batch_end(self, batch, logs=None):
        backend.write_back(self.model)
        self.rates.append(float(self.model.optimizer.learning_rate))
        self.kernels.append(self.model.get_weights()[0])


def snapshots_of(model, snapshots, epochs=3, x: Any = X, **options):
    watch = Watch()
    options = {"batch_size": 3, "verbose": 0, **options}
    y = None if x is not X else X[:, :1]
    model.fit(x, y, epochs=epochs, callbacks=[snapshots, watch], **options)
    return watch


def kernel_in(path):
    return keras.saving.load_model(path).get_weights()[0]


@pytest.mark.parametrize(("cycles", "ends"), [(2, (6, 12)), (3, (4, 8, 12))])
def test_rate_is_annealed_and_the_model_saved_in_each_cycle(cycles, ends, tmp_path):
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", cycles, 0.2)
    watch = snapshots_of(network(), snapshots)
    length = math.ceil(12 / cycles)
    rates = [0.1 * (math.cos(math.pi * (t % length) / length) + 1) for t in range(12)]
    assert watch.rates == pytest.approx(rates, rel=1e-5)
    assert [os.path.basename(path) for path in snapshots.paths] == [
        f"{cycle + 1}.keras" for cycle in range(cycles)
    ]
    for path, end in zip(snapshots.paths, ends, strict=True):
        np.testing.assert_array_equal(kernel_in(path), watch.kernels[end - 1])


def test_last_cycle_is_shorter_where_the_cycles_do_not_divide_the_steps(tmp_path):
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.2, steps=7)
    watch = snapshots_of(network(), snapshots, epochs=2)
    length = [0, 1, 2, 3, 0, 1, 2]
    rates = [0.1 * (math.cos(math.pi * t / 4) + 1) for t in length]
    assert watch.rates[:7] == pytest.approx(rates, rel=1e-5)
    for path, end in zip(snapshots.paths, (4, 7), strict=True):
        np.testing.assert_array_equal(kernel_in(path), watch.kernels[end - 1])


def test_weights_alone_are_saved_where_the_path_says_so(tmp_path):
    model = network()
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.weights.h5", 1, 0.2)
    watch = snapshots_of(model, snapshots, epochs=1)
    model.set_weights([np.zeros((2, 1)), np.zeros(1)])
    model.load_weights(snapshots.paths[0])
    np.testing.assert_array_equal(model.get_weights()[0], watch.kernels[-1])


def test_second_fit_counts_from_its_own_begin(tmp_path):
    model = network()
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.2)
    first = snapshots_of(model, snapshots)
    second = snapshots_of(model, snapshots)
    assert second.rates == first.rates
    assert len(snapshots.paths) == 2


def test_several_steps_an_execution_save_at_its_end(tmp_path):
    if keras.backend.backend() == "torch":
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 3, 0.2)
    watch = snapshots_of(network(steps_per_execution=2), snapshots)
    rates = [0.1 * (math.cos(math.pi * t / 4) + 1) for t in (0, 2)]
    assert watch.rates == pytest.approx(rates * 3, rel=1e-5)
    for path, end in zip(snapshots.paths, (2, 4, 6), strict=True):
        np.testing.assert_array_equal(kernel_in(path), watch.kernels[end - 1])


def test_state_put_back_goes_on_with_the_cycle(tmp_path):
    whole = snapshots_of(network(), SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.2))
    first = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.2, steps=12)
    snapshots_of(network(), first, epochs=2)
    state = first.get_state()

    class PutBack(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                resumed.set_state(state)

    resumed = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.2)
    watch, model = Watch(), network()
    options = {"batch_size": 3, "epochs": 3, "initial_epoch": 2, "verbose": 0}
    model.fit(X, X[:, :1], callbacks=[resumed, PutBack(), watch], **options)
    assert watch.rates == whole.rates[8:]
    assert len(resumed.paths) == 2


def test_steps_that_nobody_knows_must_be_given(tmp_path):
    def endless():
        while True:
            yield X[:3], X[:3, :1]

    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.2)
    with pytest.raises(ValueError, match="`steps` must be given"):
        snapshots_of(network(), snapshots, x=endless(), batch_size=None, shuffle=False)


def test_cycles_that_do_not_go_into_the_steps_are_refused(tmp_path):
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 5, 0.2)
    with pytest.raises(ValueError, match=r"`cycles` must go into the 12 steps; .* which 4, of 3"):
        snapshots_of(network(), snapshots)


def test_schedule_of_the_optimizer_is_refused(tmp_path):
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    with pytest.raises(ValueError, match=r"learning rate must be a number .* ExponentialDecay"):
        snapshots_of(network(optimizer), SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.2))


def test_folder_that_is_missing_is_one_sentence_before_training(tmp_path):
    snapshots = SnapshotCheckpoint(tmp_path / "absent" / "{cycle}.keras", 2, 0.2)
    with pytest.raises(ValueError, match="`path` must lie in a folder that exists"):
        snapshots_of(network(), snapshots)


@pytest.mark.one_backend
def test_steps_that_a_loss_scale_leaves_out_belong_to_a_cycle_too(tmp_path):
    sgd = keras.optimizers.SGD(0.1)
    model = network(keras.optimizers.LossScaleOptimizer(sgd, initial_scale=3e38), run_eagerly=True)
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 3, 0.01)
    snapshots_of(model, snapshots)
    assert int(sgd.iterations) < 12
    assert (snapshots.step, len(snapshots.paths)) == (12, 3)


@pytest.mark.one_backend
def test_cycles_share_the_epochs_that_fit_has_left(tmp_path):
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 4, 0.1)
    watch = snapshots_of(network(), snapshots, epochs=4, initial_epoch=2)
    assert (len(snapshots.paths), len(watch.rates)) == (4, 8)


@pytest.mark.one_backend
def test_training_that_ends_before_the_last_model_says_so(tmp_path, caplog):
    snapshots = SnapshotCheckpoint(tmp_path / "{cycle}.keras", 2, 0.1, steps=20)
    snapshots_of(network(), snapshots)
    assert "1 of 2 models were saved: training ended after 12 of 20 steps." in caplog.text
