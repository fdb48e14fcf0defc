"""Splits are complete, disjoint, repeatable, and keep what they promise to keep."""

import numpy as np
import pytest

from keras_regzoo import data

pytestmark = pytest.mark.one_backend

LABELS = np.repeat([0, 1, 2], [60, 30, 10])
HOWS = ("stratified", "random", "chronological")


@pytest.mark.parametrize("split", HOWS)
def test_parts_are_disjoint_and_complete_with_their_fractions(split):
    parts = data.split_indices(LABELS, validation=0.1, test=0.2, split=split)
    assert sorted(np.concatenate(parts).tolist()) == list(range(100))
    assert [len(part) for part in parts] == [70, 10, 20]


@pytest.mark.parametrize("split", HOWS)
def test_same_seed_gives_the_same_split(split):
    first = data.split_indices(LABELS, split=split, seed=3)
    again = data.split_indices(LABELS, split=split, seed=3)
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("split", ["stratified", "random"])
def test_another_seed_gives_another_split(split):
    first, other = (data.split_indices(LABELS, split=split, seed=s)[2] for s in (0, 1))
    assert set(first.tolist()) != set(other.tolist())


def test_stratified_parts_keep_the_proportions_of_the_classes():
    for part in data.split_indices(LABELS, validation=0.2, test=0.2):
        proportions = np.bincount(LABELS[part]) / len(part)
        np.testing.assert_allclose(proportions, [0.6, 0.3, 0.1], atol=1 / len(part))


def test_chronological_parts_follow_each_other():
    train, validation, test = data.split_indices(np.zeros(50), split="chronological")
    assert train.max() < validation.min() and validation.max() < test.min()
    assert all(np.all(np.diff(part) == 1) for part in (train, validation, test))


@pytest.mark.parametrize("n", range(3, 12))
@pytest.mark.parametrize("fractions", [(0.01, 0.01), (0.05, 0.9), (0.9, 0.05), (0.49, 0.5)])
def test_no_part_of_a_small_set_is_empty(n, fractions):
    validation, test = fractions
    parts = data.split_indices(range(n), validation=validation, test=test, split="random")
    assert min(len(part) for part in parts) >= 1
    assert sorted(np.concatenate(parts).tolist()) == list(range(n))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"validation": 0}, r"`validation` must be a number in \(0, 1\); received validation=0"),
        ({"test": 1.0}, r"`test` must be a number in \(0, 1\); received test=1.0"),
        ({"validation": 0.6, "test": 0.4}, r"`validation` \+ `test` must be below 1; received"),
        ({"split": "even"}, r"`split` must be one of 'stratified', 'random', 'chronological'"),
        ({"seed": -1}, r"`seed` must be an integer in \[0, 4294967295\]; received seed=-1"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        data.split_indices(LABELS, **arguments)


def test_too_few_examples_are_refused():
    with pytest.raises(ValueError, match="`y` must have at least 3 examples to split; received 2"):
        data.split_indices([0, 1], split="random")


def test_a_rare_class_is_refused_by_name():
    labels = np.repeat([0, 1], [50, 2])
    with pytest.raises(ValueError, match=r"at least 3 examples of each class .* class 'rare'"):
        data.split_indices(labels, classes=("common", "rare"))


def test_more_classes_than_examples_in_a_part_are_refused():
    with pytest.raises(ValueError, match=r"at least one example of each of the 20 classes"):
        data.split_indices(np.repeat(np.arange(20), 5), test=0.1, validation=0.3)


def test_values_are_no_classes_to_stratify():
    with pytest.raises(ValueError, match=r"`split` must be 'random' or 'chronological'"):
        data.split_indices(np.linspace(0, 1, 50))
