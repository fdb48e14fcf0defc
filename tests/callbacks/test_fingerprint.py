"""A run on some arrays is not taken for one on others."""

import itertools

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import ExactResume
from keras_regzoo.callbacks.fingerprint import fingerprint
from keras_regzoo.training import cross_validate

RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 4)).astype("float32")
Y = RNG.normal(size=(22, 1)).astype("float32")


def test_a_fold_does_not_take_the_run_of_another_for_its_own(tmp_path):
    def build():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("adam", "mse", run_eagerly=True)
        return model

    def validated(folder):
        options = {"epochs": 1, "callbacks": lambda: [ExactResume(folder())]}
        return cross_validate(build, X, Y, 2, **options)

    with pytest.raises(ValueError, match="`path` must be a folder for each fit of its own"):
        validated(lambda: tmp_path / "shared")
    numbers, again = itertools.count(), itertools.count()
    first = validated(lambda: tmp_path / str(next(numbers)))
    second = validated(lambda: tmp_path / str(next(again)))  # as in a script that is run again
    np.testing.assert_array_equal(first.predictions, second.predictions)
    assert first.scores["loss"][0] != first.scores["loss"][1]


@pytest.mark.one_backend
@pytest.mark.parametrize("change", ["a value", "the order", "a type", "a name"])
def test_arrays_are_told_apart(change):
    def of(x, y):
        return fingerprint((x, y, None))

    names = np.array(["a", "b"], dtype=object)
    assert of(X, names) == of(X.copy(), names.copy())
    assert of(keras.ops.convert_to_tensor(X), names) == of(X, names)
    other, others = X.copy(), names.copy()
    if change == "a value":
        other[21, 3] += 1e-3
    elif change == "the order":
        other = other[::-1]
    elif change == "a type":
        other = other.astype("float64")
    else:
        others[1] = "c"
    assert of(other, others) != of(X, names)
