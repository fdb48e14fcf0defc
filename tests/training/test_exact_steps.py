"""As many steps as asked for, in whole epochs and a part of one."""

import keras
import numpy as np
import pytest

from keras_regzoo.training.exact_steps import check_options, examples_of, fit_steps
from tests.backends import BACKEND

X = np.arange(10, dtype="float32")[:, None]
EXAMPLES = examples_of(X, 2 * X, None)


class Served:
    """Notes what each fit would be given."""

    optimizer = None

    def __init__(self, stops=False):
        self.fits, self.stop_training = [], stops

    def fit(self, x, y, sample_weight, batch_size, **options):
        self.fits.append((x[:, 0].tolist(), options["initial_epoch"], options["epochs"]))
        np.testing.assert_array_equal(y, 2 * x)
        self.history = {"loss": [0.0] * (options["epochs"] - options["initial_epoch"])}
        return self


def served(steps, **options):
    model = Served(options.pop("stops", False))
    history = fit_steps(model, EXAMPLES, steps, 4, {"initial_epoch": 0, **options})  # pyright: ignore
    return model.fits, history


def test_steps_left_over_are_full_batches_drawn_without_replacement():
    keras.utils.set_random_seed(0)
    (whole, part), history = served(8)
    assert whole == (list(range(10)), 0, 2)
    assert part[1:] == (2, 3)
    assert len(set(part[0])) == 8
    assert part[0] != sorted(part[0])
    assert len(history["loss"]) == 3
    assert served(8)[0][1][0] != part[0]


def test_part_is_the_first_batches_without_shuffling_and_follows_the_seed_with_it():
    assert served(2, shuffle=False)[0] == [(list(range(8)), 0, 1)]
    drawn = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        drawn.append(served(1)[0])
    assert drawn[0] == drawn[1]


def test_whole_epochs_leave_no_part_and_a_stop_leaves_it_out():
    assert [fit[1:] for fit in served(6)[0]] == [(0, 2)]
    assert [fit[1:] for fit in served(7, stops=True)[0]] == [(0, 2)]
    assert [fit[1:] for fit in served(1, stops=True)[0]] == [(0, 1)]


@pytest.mark.parametrize("several", [1, 4])
def test_optimizer_takes_them_whatever_the_steps_of_an_execution(several):
    if BACKEND == "torch" and several > 1:
        pytest.skip("Keras refuses steps_per_execution on PyTorch")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", steps_per_execution=several)
    taken = 0
    for steps in (5, 6, 1):
        fit_steps(model, EXAMPLES, steps, 4, {})
        taken += steps
        assert model.optimizer.iterations == taken


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


@pytest.mark.one_backend
@pytest.mark.parametrize("scaled", [False, True])
def test_average_that_two_fits_would_put_in_place_of_the_weights_is_refused(scaled):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    optimizer = keras.optimizers.SGD(use_ema=True)
    model.compile(keras.optimizers.LossScaleOptimizer(optimizer) if scaled else optimizer, "mse")
    options = {"verbose": 0}
    with pytest.raises(ValueError, match=r"use_ema.* received 4 steps, 3 of which are an epoch"):
        fit_steps(model, EXAMPLES, 4, 4, options)
    assert optimizer.iterations == 0
    for steps in (2, 6):  # one fit each
        assert len(fit_steps(model, EXAMPLES, steps, 4, options)["loss"]) == max(1, steps // 3)
