"""Wrong labels: how many, which ones, and what is refused."""

import numpy as np
import pytest
from scipy import stats

from keras_regzoo.data import add_label_noise

pytestmark = pytest.mark.one_backend

LABELS = np.arange(3000) % 5


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("transition", ["uniform", "next"])
def test_the_share_of_wrong_labels_is_exact(transition, rate):
    noisy = add_label_noise(LABELS, rate, transition, seed=3)
    assert np.sum(noisy != LABELS) == round(rate * 3000)
    assert noisy.min() >= 0 and noisy.max() <= 4
    assert noisy.dtype == LABELS.dtype


def test_wrong_classes_are_uniform_over_the_others():
    noisy = add_label_noise(LABELS, 1.0, seed=1)
    steps = np.bincount((noisy - LABELS) % 5, minlength=5)
    assert steps[0] == 0
    assert stats.chisquare(steps[1:]).pvalue > 1e-3


def test_next_is_the_following_class_and_the_first_after_the_last():
    np.testing.assert_array_equal(add_label_noise(LABELS, 1.0, "next"), (LABELS + 1) % 5)


def test_labels_are_drawn_from_the_rows_of_a_matrix():
    matrix = [[0.8, 0.2, 0.0], [0.0, 1.0, 0.0], [0.3, 0.3, 0.4]]
    labels = np.repeat(np.arange(3), 4000)
    noisy = add_label_noise(labels, transition=matrix, seed=2)
    for label, row in enumerate(matrix):
        counts = np.bincount(noisy[labels == label], minlength=3)
        possible = np.array(row) > 0
        assert not counts[~possible].any()
        if possible.sum() > 1:
            expected = 4000 * np.array(row)[possible]
            assert stats.chisquare(counts[possible], expected).pvalue > 1e-3


def test_one_hot_rows_stay_one_hot_and_the_given_labels_stay():
    hot = np.eye(5, dtype="float32")[LABELS]
    before = hot.copy()
    noisy = add_label_noise(hot, 0.5, seed=4)
    np.testing.assert_array_equal(hot, before)
    np.testing.assert_array_equal(noisy.argmax(1), add_label_noise(LABELS, 0.5, seed=4))
    assert noisy.dtype == hot.dtype
    np.testing.assert_array_equal(noisy.sum(1), 1)


def test_a_seed_gives_the_same_labels_and_another_one_others():
    first, second, other = (add_label_noise(LABELS, 0.3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, second)
    assert np.any(first != other)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"y": LABELS}, "`rate` must be a number in"),
        ({"y": LABELS, "rate": 1.2}, "`rate` must be a number in"),
        ({"y": LABELS, "rate": 0.5, "transition": "pairs"}, "`transition` must be one of"),
        ({"y": LABELS, "rate": 0.5, "transition": None}, "`transition` must be one of"),
        ({"y": LABELS, "transition": [[1], [0, 1]]}, "`transition` must be 'uniform', 'next' or"),
        ({"y": LABELS, "rate": 0.5, "seed": -1}, "`seed` must be an integer"),
        ({"y": LABELS, "rate": 0.5, "transition": np.eye(5)}, "`rate` must be left out"),
        ({"y": LABELS, "transition": np.eye(4)}, r"`transition` must have the shape \(5, 5\)"),
        ({"y": LABELS, "transition": 2 * np.eye(5)}, "`transition` must hold probabilities"),
        ({"y": LABELS, "transition": np.eye(5) * np.nan}, "`transition` must hold probabilities"),
        ({"y": LABELS + 0.5, "rate": 0.5}, "`y` must be integer labels"),
        ({"y": LABELS - 1, "rate": 0.5}, "`y` must be integer labels"),
        ({"y": [], "rate": 0.5}, "`y` must be integer labels"),
        ({"y": ["a", "b"], "rate": 0.5}, "`y` must be integer labels"),
        ({"y": [0, 0], "rate": 0.5}, "`y` must have at least two classes"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        add_label_noise(**arguments)
