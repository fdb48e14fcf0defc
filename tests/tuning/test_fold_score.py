"""The score of some folds, by hand."""

import math

import pytest

from keras_regzoo.tuning.fold_score import cautious_mean

pytestmark = pytest.mark.one_backend


def test_score_by_hand():
    values = [1.0, 2.0, 6.0]  # mean 3, variance (4 + 1 + 9) / 2 = 7
    assert cautious_mean(values, 0.0, "min") == 3
    assert cautious_mean(values, 2.0, "min") == pytest.approx(3 + 2 * math.sqrt(7 / 3))
    assert cautious_mean(values, 2.0, "max") == pytest.approx(3 - 2 * math.sqrt(7 / 3))


def test_of_two_with_one_mean_the_steadier_is_better():
    steady, wild = [0.9, 1.0, 1.1], [0.0, 1.0, 2.0]
    assert cautious_mean(steady, 0.0, "min") == pytest.approx(cautious_mean(wild, 0.0, "min"))
    assert cautious_mean(steady, 1.0, "min") < cautious_mean(wild, 1.0, "min")
    assert cautious_mean(steady, 1.0, "max") > cautious_mean(wild, 1.0, "max")


def test_one_fold_has_no_spread():
    assert cautious_mean([0.5], 3.0, "min") == 0.5
