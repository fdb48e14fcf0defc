"""As many steps as asked for, in whole epochs and a part of one."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import ContinuationScheduler, ExactResume, StochasticWeightAveraging
from keras_regzoo.objectives import LossSmoothing
from keras_regzoo.training.exact_steps import check_options, examples_of, fit_steps
from tests.backends import BACKEND

X = np.arange(10, dtype="float32")[:, None]
EXAMPLES = examples_of(X, 2 * X, None)


class Summed(keras.losses.Loss):
    """The sum of the outputs, of which each weight of one example has the gradient 1."""

    def __init__(self):
        super().__init__(reduction="sum")

    def call(self, y_true, y_pred):
        return y_pred + 0 * y_true


class StopAfter(keras.callbacks.Callback):
    def __init__(self, batches):
        super().__init__()
        self.left = batches

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            self.model.stop_training = True


def one_weight_an_example(**options):
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((10,)), dense])
    model.compile(keras.optimizers.SGD(1.0), Summed(), **options)
    return model


def linear(optimizer="sgd", **options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse", **options)
    return model


def times_seen(steps, **options):
    """Returns how often each example was trained on, and the logs."""
    model = one_weight_an_example()
    examples = examples_of(np.eye(10, dtype="float32"), np.zeros((10, 1)), None)
    history, taken = fit_steps(model, examples, steps, 4, options)
    assert taken == steps == model.optimizer.iterations
    return -ops.convert_to_numpy(model.layers[0].kernel)[:, 0], history


def test_steps_left_over_are_full_batches_drawn_without_replacement():
    drawn = []
    for seed in (0, 1, 1):
        keras.utils.set_random_seed(seed)
        times, history = times_seen(8)
        assert sorted(times) == [2] * 2 + [3] * 8
        assert len(history["loss"]) == 3
        drawn.append(times.tolist())
    assert drawn[1] == drawn[2] != drawn[0]


def test_part_is_the_first_batches_without_shuffling():
    assert times_seen(2, shuffle=False)[0].tolist() == [1] * 8 + [0] * 2
    assert times_seen(6, shuffle=False)[0].tolist() == [2] * 10


@pytest.mark.parametrize("after", [1, 2, 4, 6, 7, 8])
def test_a_callback_that_stops_earlier_is_heard_and_the_steps_taken_are_returned(after):
    model = linear()
    history, taken = fit_steps(model, EXAMPLES, 7, 4, {"callbacks": lambda: [StopAfter(after)]})
    assert taken == min(after, 7) == model.optimizer.iterations
    assert len(history["loss"]) == -(-taken // 3)


@pytest.mark.parametrize("several", [1, 2, 4])
def test_optimizer_takes_them_whatever_the_steps_of_an_execution(several):
    if BACKEND == "torch" and several > 1:
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    model = linear(steps_per_execution=several)
    taken = 0
    for steps in (5, 6, 1, 4):
        options = {"validation_data": (X, 2 * X)}
        history, counted = fit_steps(model, EXAMPLES, steps, 4, options)
        taken += steps
        assert counted == steps
        assert model.optimizer.iterations == taken
        assert model.steps_per_execution == several
        assert history["val_loss"][-1] == pytest.approx(model.evaluate(X, 2 * X, verbose=0))


def test_steps_are_counted_where_an_optimizer_is_reset():
    reset = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: model.optimizer._iterations.assign(0)
    )
    model = linear()
    assert fit_steps(model, EXAMPLES, 8, 4, {"callbacks": lambda: [reset]})[1] == 8


def test_logs_that_the_last_part_lacks_are_kept():
    options = {"validation_data": (X, 2 * X), "validation_freq": 2}
    history, _ = fit_steps(linear(), EXAMPLES, 8, 4, options)
    assert {name: len(logs) for name, logs in history.items()} == {"loss": 3, "val_loss": 1}


def test_schedule_of_callbacks_spans_all_steps():
    wrapped = RegularizedModel(linear(), [LossSmoothing(seed=0)])
    wrapped.compile("sgd", "mse")
    stages = ("loss_smoothing/stddev", (0.5, 0.25), 1)
    options = {"callbacks": lambda: [ContinuationScheduler(*stages)]}
    history, taken = fit_steps(wrapped, EXAMPLES, 8, 4, options)
    assert (history[stages[0]], taken) == ([0.5, 0.25, 0], 8)
    made = []

    def averaging():
        made.append(StochasticWeightAveraging(start=0.5))
        return made

    fit_steps(linear(), EXAMPLES, 10, 4, {"callbacks": averaging})
    assert [each.models for each in made] == [2]


def test_average_of_an_optimizer_is_that_of_as_many_batches():
    ends = []
    for several in (False, True):
        model = one_weight_an_example()
        model.compile(keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5), Summed())
        x, y = np.eye(10, dtype="float32"), np.zeros((10, 1))
        if several:
            for first in (0, 4, 8, 0):
                model.train_on_batch(x[first : first + 4], y[first : first + 4])
            model.optimizer.finalize_variable_values(model.trainable_variables)
        else:
            fit_steps(model, examples_of(x, y, None), 4, 4, {"shuffle": False})
        ends.append(ops.convert_to_numpy(model.layers[0].kernel))
    np.testing.assert_array_equal(*ends)
    assert ends[0][0] not in (-1, -2)


def test_killed_run_goes_on_to_as_many_steps(tmp_path):
    def run(folder, *others):
        keras.utils.set_random_seed(0)
        model = linear()
        options = {"callbacks": lambda: [*others, ExactResume(folder, every=1)]}
        return model, *fit_steps(model, EXAMPLES, 8, 4, options)

    whole, logs, _ = run(tmp_path / "whole")
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path / "killed", Killing())
    for _ in range(2):  # the second only puts the end back
        model, history, taken = run(tmp_path / "killed", Killing(after=99))
        assert (taken, history) == (8, logs)
        for one, other in zip(model.get_weights(), whole.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


class Killing(keras.callbacks.Callback):
    def __init__(self, after=8):
        super().__init__()
        self.left = after

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise RuntimeError("killed")


@pytest.mark.parametrize("name", ["epochs", "steps_per_epoch", "initial_epoch"])
def test_options_that_count_epochs_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` must be left out, as the steps are counted; r"):
        check_options({name: 3})


def test_examples_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="`y` must have one row for each of 10 examples"):
        examples_of(X, X[:9], None)
    with pytest.raises(ValueError, match="`sample_weight` must have one row for each of 10"):
        examples_of(X, X, np.ones(3))


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("examples", "sentence"),
    [
        ((X[:0], X[:0], None), "`x` must have at least one example; received none."),
        ((X, [0.5] * 16000, None), "`y` must be an array with a row for each example, or a list"),
    ],
)
def test_no_example_and_a_list_of_numbers_are_short_sentences(examples, sentence):
    with pytest.raises(ValueError, match=sentence) as error:
        examples_of(*examples)
    assert len(str(error.value)) < 250
