"""The Dataset holds together, and its training set can be made smaller."""

import dataclasses

import numpy as np
import pytest

from keras_regzoo import data

pytestmark = pytest.mark.one_backend


def make(labels=None, **changes):
    y = np.repeat([0, 1, 2], [60, 30, 10]) if labels is None else labels
    x = np.arange(len(y) * 2, dtype=np.float32).reshape(-1, 2)
    arguments = {
        "x_train": x,
        "y_train": y,
        "x_validation": x[:5],
        "y_validation": y[:5],
        "x_test": x[:7],
        "y_test": y[:7],
        "name": "made",
        "task": "multiclass",
        "classes": ("a", "b", "c"),
        "features": ("height", "width"),
    }
    return data.Dataset(**(arguments | changes))


def test_properties_follow_from_the_arrays():
    dataset = make()
    assert dataset.shape == (2,)
    assert dataset.num_classes == dataset.num_outputs == 3
    assert "100 train, 5 validation, 7 test" in repr(dataset)


def test_binary_and_regression_need_one_output():
    binary = make(labels=np.arange(20) % 2, task="binary", classes=("no", "yes"))
    regression = make(labels=np.linspace(0, 1, 20), task="regression", classes=())
    assert (binary.num_classes, binary.num_outputs) == (2, 1)
    assert (regression.num_classes, regression.num_outputs) == (0, 1)


def test_fields_cannot_be_set():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().name = "other"


def test_smaller_training_set_keeps_pairs_proportions_and_the_other_sets():
    dataset = make()
    smaller = dataset.with_training_size(20)
    assert np.bincount(smaller.y_train).tolist() == [12, 6, 2]
    rows = smaller.x_train[:, 0].astype(int) // 2
    np.testing.assert_array_equal(smaller.y_train, dataset.y_train[rows])
    assert len(set(rows.tolist())) == 20
    assert smaller.x_test is dataset.x_test and smaller.y_validation is dataset.y_validation


@pytest.mark.parametrize("n", [3, 4, 17, 99, 100])
def test_every_class_keeps_an_example_and_its_proportion(n):
    counts = np.bincount(make().with_training_size(n).y_train, minlength=3)
    assert counts.sum() == n and counts.min() >= 1
    assert np.all(np.abs(counts - n * np.array([0.6, 0.3, 0.1])) <= 2)


@pytest.mark.parametrize("regression", [False, True])
def test_smaller_training_sets_are_nested_and_seeded(regression):
    changes = {"task": "regression", "classes": ()} if regression else {}
    dataset = make(**changes)

    def rows(n, seed=None):
        return set(dataset.with_training_size(n, seed).x_train[:, 0].tolist())

    assert rows(10) < rows(30) < rows(100)
    assert rows(30) == rows(30, dataset.seed) != rows(30, 1)


@pytest.mark.parametrize("n", [2, 101, 5.0, True])
def test_training_size_out_of_range_is_refused(n):
    with pytest.raises(ValueError, match=rf"`n` must be an integer in \[3, 100\]; received n={n}"):
        make().with_training_size(n)


def test_seed_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"`seed` must be an integer in .* received seed=-1"):
        make().with_training_size(10, seed=-1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"task": "ranking"}, r"`task` must be one of 'binary', 'multiclass', 'regression'"),
        ({"y_test": np.zeros(3)}, r"`x_test` and `y_test` must have the same length; received 7"),
        ({"x_test": np.zeros((7, 3))}, r"`x_test` must have the input shape of `x_train`, \(2,\)"),
        ({"features": ("height",)}, r"`features` must name each of the columns .* received 1 name"),
        ({"task": "binary"}, r"`classes` must hold 2 names for the task 'binary'; received 3"),
        ({"task": "regression"}, r"`classes` must hold no name for the task 'regression'"),
        ({"seed": 0.5}, r"`seed` must be an integer in"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        make(**changes)
