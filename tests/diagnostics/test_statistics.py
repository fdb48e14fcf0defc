"""Paired differences and Holm's correction, against SciPy and the papers' definitions."""

import itertools
from typing import Any

import numpy as np
import pytest
from scipy import stats

from keras_regzoo import diagnostics

pytestmark = pytest.mark.one_backend

# what is `None` in places that these tests exclude
holm: Any = diagnostics.holm
paired_difference: Any = diagnostics.paired_difference


def test_paired_difference_equals_scipys_paired_t_test():
    rng = np.random.default_rng(0)
    for seeds in (2, 5, 11):
        values, reference = rng.normal(size=(2, seeds))
        expected = stats.ttest_rel(values, reference)
        difference = paired_difference(values.tolist(), reference.tolist(), confidence=0.9)
        interval = expected.confidence_interval(0.9)
        np.testing.assert_allclose(difference.mean, np.mean(values - reference))
        np.testing.assert_allclose(difference.p_value, expected.pvalue)
        np.testing.assert_allclose(difference.interval, (interval.low, interval.high))
        assert difference.pairs == seeds


def test_interval_holds_the_true_difference_as_often_as_it_says():
    rng = np.random.default_rng(1)
    draws = rng.normal(0.3, 1.0, size=(2000, 4))
    intervals = [paired_difference(d, np.zeros(4)).interval for d in draws]
    covered = np.mean([low <= 0.3 <= high for low, high in intervals])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 2000)


def test_one_pair_gives_a_difference_but_no_interval_and_no_test():
    difference = paired_difference([0.25], [0.5])
    assert (difference.mean, difference.interval, difference.p_value) == (-0.25, None, None)


def test_equal_differences_are_never_called_significant():
    same = paired_difference([0.1, 0.2], [0.1, 0.2])
    assert (same.mean, same.interval, same.p_value) == (0.0, None, 1.0)
    shifted = paired_difference([0.1 + 0.2, 0.7, 0.4], [0.2, 0.6, 0.3])
    assert shifted.mean == pytest.approx(0.1)
    assert (shifted.interval, shifted.p_value) == (None, None)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_unpaired_values_are_refused(values):
    with pytest.raises(ValueError, match="same length, at least 1"):
        paired_difference(values, [1.0, 2.0])


def _rejected_by_definition(p_values, level):
    """Holm 1979: go through p in ascending order while p <= level / (tests left)."""
    rejected = set()
    for rank, index in enumerate(np.argsort(p_values)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected.add(int(index))
    return rejected


def test_adjusted_p_values_reject_what_the_step_down_procedure_rejects():
    rng = np.random.default_rng(2)
    for tests, level in itertools.product((1, 3, 12), (0.01, 0.05, 0.3)):
        p_values = rng.uniform(size=tests) ** 4
        adjusted = holm(p_values.tolist())
        rejected = {i for i, p in enumerate(adjusted) if p <= level}
        assert rejected == _rejected_by_definition(p_values, level)


def test_adjusted_p_values_of_a_worked_example():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")
    np.testing.assert_allclose(holm([0.01, 0.02, 0.03, 0.04, 0.05]), [0.05, 0.08, 0.09, 0.09, 0.09])


def test_a_test_that_could_not_be_made_still_counts():
    assert holm([0.01, None, 0.5]) == [pytest.approx(0.03), None, 1.0]
    assert holm([]) == []


def test_p_value_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"`p_values` must be a number in \[0, 1\]"):
        holm([1.5])
