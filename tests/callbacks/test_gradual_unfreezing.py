"""GradualUnfreezing against training by hand in phases, with Keras's own freezing and compile."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import GradualUnfreezing, SnapshotCheckpoint, TopKCheckpoint
from keras_regzoo.objectives import Mixup
from tests.backends import BACKEND, HAS_XLA

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype("float32")
Y = RNG.normal(size=(24, 2)).astype("float32")
ALL = ("low", "norm", "middle", "top")  # from below


def network():
    keras.utils.set_random_seed(0)
    options = {
        "activation": "relu",
        "kernel_regularizer": keras.regularizers.L2(0.01),
        "kernel_constraint": keras.constraints.MaxNorm(0.9),
    }
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, name="low", **options),
            keras.layers.BatchNormalization(name="norm", momentum=0.5),
            keras.layers.Dense(5, name="middle", **options),
            keras.layers.Dropout(0.2, seed=1),
            keras.layers.Dense(2, name="top"),
        ]
    )


def adam_w():
    return keras.optimizers.AdamW(0.05, weight_decay=0.1, global_clipnorm=1.0)


def averaged():
    return keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.05, use_ema=True), 4.0, 3)


OPTIONS = {"batch_size": 8, "verbose": 0, "shuffle": False}


def weights(model):
    return {
        f"{layer.name}/{variable.name}": keras.ops.convert_to_numpy(variable)
        for layer in getattr(model, "base", model).layers
        for variable in layer.weights
    }


def by_hand(groups, epochs, optimizer, **compiled):
    """Trains each phase in a model compiled anew, with the layers not yet in it frozen."""
    model = network()
    for phase in range(len(groups)):
        trained = [name for group in groups[: phase + 1] for name in group]
        for name in ALL:
            model.get_layer(name).trainable = name in trained
        model.compile(optimizer(), "mse", **compiled)
        model.fit(X, Y, epochs=epochs, **OPTIONS)
    return model


GROUPS = [["top"], ["middle", "norm"], ["low"]]


@pytest.mark.parametrize("compiled", [False, True])
def test_each_phase_is_that_of_a_newly_compiled_model_with_frozen_layers(compiled):
    options = {"run_eagerly": not compiled, "jit_compile": compiled and HAS_XLA}
    expected = weights(by_hand(GROUPS, 2, adam_w, **options))
    model = network()
    model.compile(adam_w(), "mse", **options)
    model.fit(X, Y, epochs=6, callbacks=[GradualUnfreezing(GROUPS, epochs=2)], **OPTIONS)
    for name, value in weights(model).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)


class Weights(keras.callbacks.Callback):
    """Records the weights, and what is trainable, at the end of each step."""

    def __init__(self):
        super().__init__()
        self.steps, self.trainable = [], []

    def on_train_batch_end(self, batch, logs=None):
        if getattr(self.model, "_jax_state", None):
            self.model.jax_state_sync()
        self.steps.append(weights(self.model))
        trainable = self.model.trainable_variables
        self.trainable.append(["/".join(v.path.split("/")[-2:]) for v in trainable])


def changed(before, after):
    return {
        name.split("/")[0]
        for name in before
        if np.asarray(before[name]).tobytes() != np.asarray(after[name]).tobytes()
    }


@pytest.mark.one_backend
@pytest.mark.parametrize("optimizer", [adam_w, averaged])
def test_frozen_weights_and_statistics_stay_bit_for_bit(optimizer):
    model, watch = network(), Weights()
    model.compile(optimizer(), "mse", run_eagerly=True)
    before = weights(model)
    model.fit(X, Y, epochs=3, callbacks=[GradualUnfreezing(GROUPS), watch], **OPTIONS)
    assert changed(before, watch.steps[0]) == changed(before, watch.steps[2]) == {"top"}
    assert changed(before, watch.steps[5]) == {"top", "middle", "norm"}
    assert changed(before, watch.steps[8]) == set(ALL)


@pytest.mark.one_backend
def test_default_unfreezes_one_layer_with_weights_an_epoch_from_the_top():
    model, watch = network(), Weights()
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, Y, epochs=5, callbacks=[GradualUnfreezing(), watch], **OPTIONS)
    assert [len(paths) for paths in watch.trainable[::3]] == [2, 4, 6, 8, 8]
    assert watch.trainable[0] == ["top/kernel", "top/bias"]


@pytest.mark.one_backend
@pytest.mark.parametrize(("groups", "counts"), [(2, [4, 8]), (3, [6, 8]), (9, [8, 8])])
def test_groups_of_several_layers_are_counted_from_the_top(groups, counts):
    model, watch = network(), Weights()
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, Y, epochs=2, callbacks=[GradualUnfreezing(groups), watch], **OPTIONS)
    assert [len(paths) for paths in watch.trainable[::3]] == counts


@pytest.mark.one_backend
def test_layers_in_no_group_and_layers_the_user_froze_are_left_as_they_are():
    model, watch = network(), Weights()
    model.get_layer("low").trainable = False
    model.compile("sgd", "mse", run_eagerly=True)
    thaw = GradualUnfreezing(["top", "middle"])
    model.fit(X, Y, epochs=2, callbacks=[thaw, watch], **OPTIONS)
    assert watch.trainable[0] == ["norm/gamma", "norm/beta", "top/kernel", "top/bias"]
    assert len(watch.trainable[-1]) == 6
    assert not model.get_layer("low").trainable


@pytest.mark.one_backend
def test_without_reset_the_slots_and_steps_of_what_is_trained_go_on():
    """Momentum by hand: the top's is that of one long training, the low's starts from nothing."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(1, use_bias=False, name=name) for name in ("low", "top")]
    model = keras.Sequential([keras.Input((4,)), *layers])
    low, top = (np.asarray(keras.ops.convert_to_numpy(w), "float64") for w in model.weights)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    thaw = GradualUnfreezing(epochs=2, reset_optimizer=False)
    model.fit(X, Y[:, :1], epochs=4, callbacks=[thaw], **{**OPTIONS, "batch_size": 24})
    momenta = [np.zeros_like(low), np.zeros_like(top)]
    for epoch in range(4):
        error = 2 / 24 * (X @ low @ top - Y[:, :1])
        gradients = [X.T @ error @ top.T, (X @ low).T @ error]
        momenta = [0.9 * m - 0.05 * g for m, g in zip(momenta, gradients, strict=True)]
        if epoch < 2:
            momenta[0][:] = 0
        low, top = low + momenta[0], top + momenta[1]
    for made, expected in zip(model.get_weights(), (low, top), strict=True):
        np.testing.assert_allclose(made, expected, atol=1e-5)
    assert int(model.optimizer.iterations) == 4


@pytest.mark.one_backend
def test_average_of_weights_begins_where_they_are_unfrozen():
    """The averages, put into the model in the end, never fall toward the zeros they were."""
    model = network()
    model.compile(averaged(), "mse", run_eagerly=True)
    before = weights(model)
    model.fit(X, Y, epochs=2, callbacks=[GradualUnfreezing(GROUPS)], **OPTIONS)
    after = weights(model)
    assert changed(before, after) == {"top", "middle", "norm"}
    for name in ("middle/kernel", "top/kernel"):
        norm = np.linalg.norm(before[name])
        assert np.linalg.norm(after[name] - before[name]) < 0.7 * norm


@pytest.mark.one_backend
def test_objectives_work_on_what_is_unfrozen():
    wrapped = RegularizedModel(network(), [Mixup(0.2)])
    watch, thaw = Weights(), GradualUnfreezing()
    wrapped.compile(adam_w(), "mse", run_eagerly=BACKEND == "tensorflow")
    before = weights(wrapped)
    wrapped.fit(X, Y, epochs=4, callbacks=[thaw, watch], **OPTIONS)
    assert changed(before, watch.steps[2]) == {"top"}
    assert changed(before, watch.steps[-1]) == set(ALL)


@pytest.mark.one_backend
def test_model_is_whole_at_the_end_of_each_epoch_and_of_training(tmp_path):
    path = str(tmp_path / "{epoch}.keras")
    model = network()
    model.compile(adam_w(), "mse", run_eagerly=True)
    saving = keras.callbacks.ModelCheckpoint(path)
    callbacks = [GradualUnfreezing(GROUPS), saving]
    model.fit(X, Y, epochs=2, callbacks=callbacks, validation_data=(X, Y), **OPTIONS)
    assert all(model.get_layer(name).trainable for name in ALL)
    loaded = keras.saving.load_model(path.format(epoch=2))
    assert len(loaded.trainable_variables) == 8
    for value, expected in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (value, expected)))
    expected = model.evaluate(X, Y, verbose=0)
    assert loaded.evaluate(X, Y, verbose=0) == pytest.approx(expected, rel=1e-5)
    low = loaded.get_weights()[0]
    loaded.fit(X, Y, verbose=0)
    assert np.any(low != loaded.get_weights()[0])


@pytest.mark.one_backend
@pytest.mark.parametrize("compiled", [False, True])
def test_fit_after_a_training_that_ended_early_trains_all(compiled):
    model = network()
    model.compile("sgd", "mse", run_eagerly=not compiled)
    model.fit(X, Y, callbacks=[GradualUnfreezing()], **OPTIONS)
    before = weights(model)
    model.fit(X, Y, **OPTIONS)
    assert changed(before, weights(model)) == set(ALL)


@pytest.mark.one_backend
def test_interrupted_fit_can_be_taken_up_with_the_same_callback():
    class Interruption(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model, thaw = network(), GradualUnfreezing()
    model.compile("sgd", "mse", run_eagerly=True)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[thaw, Interruption()], **OPTIONS)
    watch = Weights()
    model.fit(X, Y, epochs=4, initial_epoch=2, callbacks=[thaw, watch], **OPTIONS)
    assert [len(paths) for paths in watch.trainable[::3]] == [6, 8]


class Counted(keras.layers.Layer):
    """Counts how often Python runs its call."""

    calls = 0

    def call(self, inputs):
        self.calls += 1
        return inputs


def test_epochs_of_one_group_share_a_compiled_step():
    if not HAS_XLA:
        pytest.skip("nothing is compiled")

    def traces(epochs):
        counted = Counted()
        layers = [keras.layers.Dense(1, name="low"), counted, keras.layers.Dense(1, name="top")]
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.compile("sgd", "mse")
        thaw = GradualUnfreezing(epochs=epochs)
        model.fit(X, Y[:, :1], epochs=2 * epochs, callbacks=[thaw], **OPTIONS)
        return counted.calls

    assert traces(1) == traces(4)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        (
            ["top", "bottom"],
            r"with trainable weights \(low, middle, norm, top\); received 'bottom'",
        ),
        (["dropout"], r"with trainable weights"),
        (["top", ["low", "top"]], "must name each layer once; received 'top' twice"),
        ([["top"], []], r"must hold names or lists of them; received \[\]"),
    ],
)
def test_groups_that_do_not_fit_are_refused(groups, sentence):
    model = network()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=sentence):
        model.fit(X, Y, callbacks=[GradualUnfreezing(groups)], **OPTIONS)


@pytest.mark.parametrize("first", [True, False])
def test_checkpoints_hold_the_model_as_it_was_built_from_any_place_in_the_list(first, tmp_path):
    model = network()
    model.compile("adam", "mse", run_eagerly=BACKEND != "jax")
    best = TopKCheckpoint(tmp_path / "{epoch}.keras", "loss")
    snapshots = SnapshotCheckpoint(tmp_path / "cycle-{cycle}.keras", 2, 0.1)
    listed, watch = [best, snapshots, GradualUnfreezing(GROUPS)], Weights()
    before = weights(model)
    listed = listed if first else listed[::-1]
    model.fit(X, Y, epochs=2, callbacks=[*listed, watch], **OPTIONS)
    for path in (*best.paths, *snapshots.paths):
        loaded = keras.saving.load_model(path)
        assert len(loaded.trainable_variables) == len(model.trainable_variables) == 8
    assert changed(before, watch.steps[-1]) == {"top", "middle", "norm"}  # saving thawed nothing


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_another_callback_unfreezes_what_an_interrupted_fit_has_left(error):
    class Interrupts(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise error

    model = network()
    model.compile("adam", "mse", run_eagerly=BACKEND != "jax")
    with pytest.raises(error):
        model.fit(X, Y, callbacks=[GradualUnfreezing(GROUPS), Interrupts()], **OPTIONS)
    before = weights(model)
    model.fit(X, Y, epochs=3, callbacks=[GradualUnfreezing(GROUPS)], **OPTIONS)
    assert changed(before, weights(model)) == set(ALL)
    assert all(model.get_layer(name).trainable for name in ALL)
