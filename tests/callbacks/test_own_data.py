"""Data that a callback holds are refused where it is made, not when training has come to them."""

import itertools

import keras
import numpy as np
import pytest

from keras_regzoo import callbacks
from tests.callback_checks import EndlessBatches

pytestmark = pytest.mark.one_backend

X, Y = np.ones((8, 4), "float32"), np.ones((8, 1), "float32")
TAKE = {
    "`validation_data`": lambda x, y: callbacks.TargetStopping(0.1, validation_data=(x, y)),
    "`x` and `y`": callbacks.GradientMonitor,
    "`data`": lambda x, y: callbacks.SelfPacedScheduler(pacing=lambda t: 0.5, data=(x, y)),
    "`batch_norm_data`": lambda x, y: callbacks.StochasticWeightAveraging(
        batch_norm_data={"a": x, "b": y}
    ),
}


@pytest.mark.parametrize("name", TAKE)
def test_arrays_of_other_lengths_and_of_no_example_are_refused(name):
    TAKE[name](X, Y)
    for x, y, received in ((X, Y[:5], "8, 5"), (X[:0], Y[:0], "0, 0")):
        with pytest.raises(ValueError, match=f"{name} must have as many .* received {received}"):
            TAKE[name](x, y)


class Repeated:
    """As a `tf.data.Dataset` that is repeated says it."""

    def __iter__(self):
        return itertools.repeat((X, Y))

    def cardinality(self):
        return np.int64(-1)


@pytest.mark.parametrize("data", [Repeated(), EndlessBatches(X, Y)])
@pytest.mark.parametrize("name", ["validation_data", "batch_norm_data"])
def test_batches_without_an_end_are_refused_where_they_are_given(name, data):
    take = {
        "validation_data": lambda: callbacks.TargetStopping(0.1, validation_data=data),
        "batch_norm_data": lambda: callbacks.StochasticWeightAveraging(batch_norm_data=data),
    }
    with pytest.raises(ValueError, match=rf"^`{name}` must be .* received .*, which never ends\.$"):
        take[name]()


@pytest.mark.parametrize("data", ["x", {"a": 1}, 3])
def test_what_holds_no_batches_is_refused(data):
    with pytest.raises(ValueError, match="`batch_norm_data` must be inputs in arrays, or a data"):
        callbacks.StochasticWeightAveraging(batch_norm_data=data)


WIDE = np.ones((8, 5), "float32")


class Wide(keras.utils.PyDataset):
    num_batches = 1  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    def __getitem__(self, index):
        return WIDE, Y


def normalized():
    stack = [keras.layers.Dense(3), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((4,)), *stack])
    model.compile("sgd", "mse", run_eagerly=True)
    return model


@pytest.mark.parametrize(
    ("callback", "name"),
    [
        (lambda: callbacks.GradientMonitor(WIDE, Y), "`x`"),
        (lambda: callbacks.StochasticWeightAveraging(batch_norm_data=WIDE), "`batch_norm_data`"),
        (lambda: callbacks.StochasticWeightAveraging(batch_norm_data=Wide()), "`batch_norm_data`"),
        (lambda: callbacks.TargetStopping(1.0, validation_data=(WIDE, Y)), "`validation_data`"),
        (lambda: callbacks.TimeStopping(9, every=5, validation_data=Wide()), "`validation_data`"),
    ],
)
def test_data_of_another_width_are_refused_before_the_first_step(callback, name):
    model = normalized()
    with pytest.raises(ValueError, match=rf"^{name} must be .* that .* says: Input .*5\)$"):
        model.fit(X, Y, verbose=0, callbacks=[callback()])
    assert int(model.optimizer.iterations) == 0


def test_data_that_can_be_read_once_are_left_for_the_end():
    model = normalized()
    average = callbacks.StochasticWeightAveraging(0, batch_norm_data=(each for each in [X]))
    model.fit(X, Y, verbose=0, callbacks=[average])
    assert average.models == 1


def test_what_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="`batch_norm_data` must be finite; received NaN or inf"):
        callbacks.StochasticWeightAveraging(batch_norm_data={"a": X, "b": np.nan * X})
    with pytest.raises(ValueError, match="`data` must hold targets that are numbers; received NaN"):
        TAKE["`data`"](X, np.nan * Y)
