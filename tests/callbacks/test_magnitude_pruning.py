"""MagnitudePruning: exact zeros at every step, in exactly the scheduled number."""

from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import backend
from keras_regzoo.callbacks import (
    GradualUnfreezing,
    MagnitudePruning,
    MultiMonitorStopping,
    StochasticWeightAveraging,
)
from keras_regzoo.callbacks.magnitude_pruning import sparsity_at
from keras_regzoo.callbacks.pruned_weights import prune
from tests.backends import HAS_XLA

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 8)).astype("float32")
Y = RNG.normal(size=(24, 3)).astype("float32")
OPTIMIZERS = {
    "momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(0.1),
    "adamw": lambda: keras.optimizers.AdamW(0.1, weight_decay=0.1),
    "accumulated": lambda: keras.optimizers.Adam(0.1, gradient_accumulation_steps=2),
    "averaged": lambda: keras.optimizers.Adam(0.1, use_ema=True, ema_overwrite_frequency=3),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1)),
}


def network(optimizer="sgd", constraint=None, **compile_options):
    keras.utils.set_random_seed(0)
    stack = [keras.Input((8,)), keras.layers.Dense(12, "relu", name="hidden")]
    output = keras.layers.Dense(3, kernel_constraint=constraint, name="output")
    model = keras.Sequential([*stack, output])
    model.compile(optimizer, "mse", **compile_options)
    return model


def kernels_of(model):
    return [value for value in model.get_weights() if value.ndim == 2]


class Watch(keras.callbacks.Callback):
    """Notes the kernels after every execution."""

    def __init__(self):
        super().__init__()
        self.kernels = []

    def on_train_batch_end(self, batch, logs=None):
        backend.write_back(self.model)
        self.kernels.append(kernels_of(self.model))


def pruned_fit(model, pruning, epochs=2, **options):
    watch = Watch()
    history = model.fit(
        X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=[pruning, watch], **options
    )
    return watch.kernels, history.history


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_pruned_weights_are_zero_after_every_step_in_the_scheduled_number(optimizer):
    model = network(OPTIMIZERS[optimizer]())
    pruning = MagnitudePruning(0.75, initial_sparsity=0.25, begin=3, every=2, times=3)
    kernels, history = pruned_fit(model, pruning)
    shares = [0, 0, 0, *np.repeat([0.75 - 0.5 * (1 - k / 3) ** 3 for k in range(3)], 2), 0.75]
    shares += [0.75] * (len(kernels) - len(shares))
    before = [np.zeros(kernel.shape, bool) for kernel in kernels[0]]
    for share, after in zip(shares, kernels, strict=True):
        for was_zero, kernel in zip(before, after, strict=True):
            zero = kernel == 0
            assert zero.sum() == round(share * kernel.size)
            assert not (was_zero & ~zero).any()
        before = [kernel == 0 for kernel in after]
    assert history["sparsity"] == pytest.approx([0.75 - 0.5 * (2 / 3) ** 3, 0.75], abs=0.01)
    assert [(kernel == 0).mean() for kernel in kernels_of(model)] == [0.75, 0.75]


@pytest.mark.one_backend
def test_the_smallest_magnitudes_of_each_kernel_are_pruned():
    model = network(keras.optimizers.SGD(0.0))
    before = kernels_of(model)
    pruned_fit(model, MagnitudePruning(0.5), epochs=1)
    for kernel, old in zip(kernels_of(model), before, strict=True):
        kept = np.abs(old) > np.median(np.abs(old))
        np.testing.assert_array_equal(kernel, np.where(kept, old, 0))


@pytest.mark.one_backend
def test_global_scope_prunes_the_smallest_of_all_kernels_together():
    model = network(keras.optimizers.SGD(0.0))
    hidden, output = kernels_of(model)
    model.get_layer("hidden").kernel.assign(hidden / 10)
    before = np.concatenate([hidden.ravel() / 10, output.ravel()])
    pruned_fit(model, MagnitudePruning(0.5, scope="global"), epochs=1)
    after = np.concatenate([kernel.ravel() for kernel in kernels_of(model)])
    kept = np.abs(before) > np.sort(np.abs(before))[before.size // 2 - 1]
    np.testing.assert_allclose(after, np.where(kept, before, 0), rtol=1e-6)
    assert kept.sum() == before.size // 2


@pytest.mark.one_backend
@pytest.mark.parametrize(("sparsity", "block", "zeros"), [(0.5, 4, 2), (0.75, 4, 3), (0.5, 2, 1)])
def test_each_block_along_the_input_axis_has_its_zeros(sparsity, block, zeros):
    model = network("adam")
    before = kernels_of(model)
    kernels, _ = pruned_fit(model, MagnitudePruning(sparsity, block=block), epochs=1)
    for kernel in kernels[-1]:
        columns = kernel.T.reshape(-1, block)
        np.testing.assert_array_equal((columns == 0).sum(1), zeros)
    for kernel, old in zip(kernels[0], before, strict=True):
        pruned = np.where(kernel == 0, np.abs(old), 0).T.reshape(-1, block).max(1)
        kept = np.where(kernel != 0, np.abs(old), np.inf).T.reshape(-1, block).min(1)
        assert (pruned < kept).all()


@pytest.mark.one_backend
def test_convolutions_are_pruned_along_their_input_channels():
    values = RNG.normal(size=(3, 3, 8, 5)).astype("float32")
    (kept,) = prune([values], [np.ones(values.shape, bool)], 0.5, block=4)
    for row, column, out in np.ndindex(3, 3, 5):
        for start in (0, 4):
            magnitudes = np.abs(values[row, column, start : start + 4, out])
            expected = magnitudes >= np.sort(magnitudes)[2]
            actual = kept[row, column, start : start + 4, out]
            np.testing.assert_array_equal(actual, expected)


@pytest.mark.one_backend
def test_of_equal_magnitudes_exactly_the_number_is_pruned():
    (kept,) = prune([np.ones((4, 5))], [np.ones((4, 5), bool)], 0.25)
    assert kept.sum() == 15


@pytest.mark.one_backend
def test_pruned_weights_are_never_kept_again():
    value, mask = np.array([[3.0, 0.5], [2.0, 1.0]]), np.array([[False, True], [True, True]])
    (kept,) = prune([value], [mask], 0.5)
    np.testing.assert_array_equal(kept, [[False, False], [True, True]])
    (kept,) = prune([value], [mask], 0.0)
    np.testing.assert_array_equal(kept, mask)


@pytest.mark.one_backend
def test_schedule_is_cubic_and_ends_at_the_final_share():
    shares = [sparsity_at(0.8, 0.2, pruning, 4) for pruning in range(5)]
    assert shares == pytest.approx([0.2, 0.8 - 0.6 * 27 / 64, 0.8 - 0.6 / 8, 0.8 - 0.6 / 64, 0.8])
    assert sparsity_at(0.8, 0.2, 0, 0) == 0.8


@pytest.mark.one_backend
def test_weights_train_as_under_a_fixed_mask():
    """One dense layer, SGD with momentum, against NumPy."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(3, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    kernel = model.get_weights()[0].astype("float64")
    mask = np.abs(kernel) > np.sort(np.abs(kernel), axis=None)[11]
    kernel, velocity = kernel * mask, 0.0
    model.fit(X, Y, batch_size=6, shuffle=False, verbose=0, callbacks=[MagnitudePruning(0.5)])
    for rows in np.arange(24).reshape(4, 6):
        gradient = 2 / 18 * X[rows].T @ (X[rows] @ kernel - Y[rows])
        velocity = 0.9 * velocity - 0.05 * gradient
        kernel = (kernel + velocity) * mask
    np.testing.assert_allclose(model.get_weights()[0], kernel, atol=1e-5)


@pytest.mark.one_backend
def test_constraint_of_the_kernel_holds_beside_the_zeros():
    model = network("adam", keras.constraints.UnitNorm(axis=0))
    kernels, _ = pruned_fit(model, MagnitudePruning(0.5, block=2, layers=["output"]), epochs=1)
    for hidden, output in kernels:
        assert (hidden != 0).all()
        assert (output == 0).sum() == 18
        np.testing.assert_allclose(np.linalg.norm(output, axis=0), 1, rtol=1e-5)


@pytest.mark.one_backend
def test_averages_of_the_optimizer_are_zero_where_weights_are():
    optimizer = keras.optimizers.Adam(0.1, use_ema=True)
    model = network(optimizer)
    pruned_fit(model, MagnitudePruning(0.5, begin=2))
    averages = [keras.ops.convert_to_numpy(v) for v in optimizer._model_variables_moving_average]
    for kernel, average in zip(kernels_of(model), averages[::2], strict=True):
        np.testing.assert_array_equal(kernel == 0, average == 0)
        assert (kernel == 0).sum() == kernel.size // 2


@pytest.mark.skipif(not HAS_XLA, reason="nothing is compiled on PyTorch")
def test_changing_masks_compile_nothing_again():
    class Counted(keras.layers.Layer):
        calls = 0

        def call(self, inputs):
            self.calls += 1
            return inputs

    def calls(times):
        counted = Counted()
        model = keras.Sequential([keras.Input((8,)), counted, keras.layers.Dense(3)])
        model.compile("adam", "mse")
        pruned_fit(model, MagnitudePruning(0.5, every=1, times=times))
        return counted.calls

    assert calls(8) == calls(0)


def test_several_steps_an_execution_keep_the_zeros():
    if keras.backend.backend() == "torch":
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    model = network("adam", steps_per_execution=4)
    kernels, _ = pruned_fit(model, MagnitudePruning(0.5, begin=3), epochs=2)
    shares = [[(kernel == 0).mean() for kernel in after] for after in kernels]
    assert shares == [[0, 0], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]


@pytest.mark.one_backend
def test_saved_model_keeps_the_zeros_and_loads_with_its_optimizer(tmp_path):
    model = network("adam")
    pruned_fit(model, MagnitudePruning(0.5), epochs=1)
    model.save(tmp_path / "pruned.keras")
    loaded = keras.saving.load_model(tmp_path / "pruned.keras")
    for kernel, again in zip(kernels_of(model), kernels_of(loaded), strict=True):
        np.testing.assert_array_equal(again, kernel)
        assert (again == 0).sum() == again.size // 2
    for one, other in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (one, other)))


@pytest.mark.one_backend
def test_zeros_stay_in_a_further_fit_without_the_callback_and_with_another():
    model = network("adam")
    pruned_fit(model, MagnitudePruning(0.5), epochs=1)
    zeros = [kernel == 0 for kernel in kernels_of(model)]
    model.fit(X, Y, batch_size=4, verbose=0)
    for kernel, zero in zip(kernels_of(model), zeros, strict=True):
        np.testing.assert_array_equal(kernel == 0, zero)
    variables = len(model.optimizer.variables)
    pruned_fit(model, MagnitudePruning(0.75), epochs=1)
    assert len(model.optimizer.variables) == variables
    for kernel, zero in zip(kernels_of(model), zeros, strict=True):
        assert (kernel == 0).mean() == 0.75
        assert (kernel == 0)[zero].all()


@pytest.mark.one_backend
def test_fit_that_was_interrupted_leaves_a_model_that_trains_on():
    class Interruption(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model = network("adam")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, verbose=0, callbacks=[MagnitudePruning(0.5), Interruption()])
    variables = len(model.optimizer.variables) - 2
    pruned_fit(model, MagnitudePruning(0.5), epochs=1)
    assert len(model.optimizer.variables) == variables


@pytest.mark.one_backend
def test_state_put_back_goes_on_with_the_same_masks():
    def fit(epochs, resumed=None, **options):
        model = network("adam")
        pruning = MagnitudePruning(0.75, every=4, times=2)
        callbacks = [pruning, *([resumed(model, pruning)] if resumed else [])]
        options = {"batch_size": 4, "shuffle": False, "verbose": 0, **options}
        model.fit(X, Y, epochs=epochs, callbacks=callbacks, **options)
        return model, pruning

    first, pruning = fit(1)
    state, arrays = pruning.get_state(), pruning.get_arrays()
    values = [keras.ops.convert_to_numpy(v) for v in (*first.weights, *first.optimizer.variables)]

    class PutBack(keras.callbacks.Callback):
        def __init__(self, model, pruning):
            super().__init__()
            self.target, self.pruning = model, pruning

        def on_epoch_begin(self, epoch, logs=None):
            known = (*self.target.weights, *self.target.optimizer.variables)
            for variable, value in zip(known, values, strict=False):
                variable.assign(value)
            self.pruning.set_state(state)
            self.pruning.set_arrays(arrays)

    resumed, _ = fit(2, PutBack, initial_epoch=1)
    whole, _ = fit(2)
    for one, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"layers": ["absent"]}, r"layers of the model that have .* \(hidden, output\)"),
        ({"block": 3}, r"`block` must divide the inputs of .* block=3 for '.*hidden/kernel'"),
    ],
)
def test_what_the_model_lacks_is_one_sentence_before_training(arguments, sentence):
    model = network()
    before = model.get_weights()
    with pytest.raises(ValueError, match=sentence):
        pruned_fit(model, MagnitudePruning(0.5, **arguments))
    for value, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.mark.one_backend
def test_layers_that_are_no_names_are_refused():
    with pytest.raises(ValueError, match=r"`layers` must be a list of layers' names; received \[3"):
        MagnitudePruning(0.5, layers=[3, "x"])  # pyright: ignore


def test_block_of_all_layers_together_is_refused():
    with pytest.raises(ValueError, match=r'`block` must go with scope="layer"'):
        MagnitudePruning(0.5, scope="global", block=4)


@pytest.mark.one_backend
def test_zeros_stay_where_the_optimizer_begins_anew_with_each_group_unfrozen():
    model = network(keras.optimizers.Adam(0.1))
    pruning, thaw = MagnitudePruning(0.5), GradualUnfreezing()
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[pruning, thaw])
    for kernel in kernels_of(model):
        assert (kernel == 0).sum() == round(0.5 * kernel.size)


@pytest.mark.one_backend
@pytest.mark.parametrize("pruning_first", [False, True])
@pytest.mark.parametrize(
    "beside",
    [lambda: StochasticWeightAveraging(0), lambda: MultiMonitorStopping({"loss": 9})],
)
def test_zeros_stay_in_weights_that_another_callback_puts_back(beside, pruning_first):
    model = network(keras.optimizers.SGD(1e-6), run_eagerly=True)
    callbacks = [MagnitudePruning(0.75, begin=4), Worsening(), beside()]
    callbacks = callbacks if pruning_first else callbacks[::-1]
    model.fit(X, Y, batch_size=6, epochs=3, verbose=0, callbacks=callbacks)
    assert [round(float(np.mean(kernel == 0)), 2) for kernel in kernels_of(model)] == [0.75, 0.75]


@pytest.mark.one_backend
def test_blocks_lie_along_what_attention_and_transposed_convolutions_sum_over():
    keras.utils.set_random_seed(0)
    given = keras.Input((6, 16))
    attended = keras.layers.MultiHeadAttention(2, 6, output_shape=8)(given, given)
    model = keras.Model(given, keras.layers.Conv1DTranspose(3, 2)(attended))
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = RNG.normal(size=(4, 6, 16)), RNG.normal(size=(4, 7, 3))
    model.fit(x, y, verbose=0, callbacks=[MagnitudePruning(0.5, block=4)])
    rows = {
        "query": lambda kernel: kernel.reshape(16, -1).T,
        "key": lambda kernel: kernel.reshape(16, -1).T,
        "value": lambda kernel: kernel.reshape(16, -1).T,
        "attention_output": lambda kernel: kernel.reshape(12, 8).T,
        "conv1d_transpose": lambda kernel: kernel.reshape(6, 8),
    }
    kernels = [variable for variable in model.trainable_variables if variable.name == "kernel"]
    for variable, (name, inputs_last) in zip(kernels, rows.items(), strict=True):
        assert f"{name}" in variable.path
        blocks = inputs_last(keras.ops.convert_to_numpy(variable)).reshape(-1, 4)
        np.testing.assert_array_equal((blocks == 0).sum(axis=1), 2, err_msg=name)


class Worsening(keras.callbacks.Callback):
    """Has the first epoch, before anything is pruned, log the best loss."""

    def on_epoch_end(self, epoch, logs: Any = None):
        logs["loss"] = float(epoch)


@pytest.mark.one_backend
@pytest.mark.parametrize(("begin", "times", "told"), [(99, 0, True), (0, 5, True), (2, 1, False)])
def test_pruning_that_has_not_ended_is_told(caplog, begin, times, told):
    pruned_fit(network(), MagnitudePruning(0.5, begin=begin, every=4, times=times))
    assert ("Pruning has not come to sparsity 0.5: training ended" in caplog.text) == told
