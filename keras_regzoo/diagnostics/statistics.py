"""Paired differences over seeds, and Holm's correction for testing many of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_regzoo import validation


@dataclass(frozen=True)
class PairedDifference:
    """The mean of the differences over pairs, and what they allow to be said about it.

    Attributes:
        mean: Mean difference.
        pairs: Number of pairs.
        interval: Ends of the t-interval of the mean; `None` where there is one pair, or where
            all differences are equal, so that their spread says nothing.
        p_value: Two-sided p value of the paired t-test; `None` where there is no interval. Equal
            differences of 0 have the p value 1.
    """

    mean: float
    pairs: int
    interval: tuple[float, float] | None
    p_value: float | None


def paired_difference(
    values: Sequence[float], reference: Sequence[float], confidence: float = 0.95
) -> PairedDifference:
    """Returns the mean of `values - reference` over pairs, with its t-interval and t-test.

    With the differences d₁ … dₙ, their mean m and standard deviation s, the interval is
    m ± t s / √n, where t is the quantile of Student's distribution with n − 1 degrees of freedom.

    Args:
        values: Numbers of one treatment, one a seed.
        reference: Numbers of the other treatment at the same seeds, in the same order.
        confidence: Coverage of the interval, in `(0, 1)`.

    Raises:
        ValueError: If the two do not have the same length, at least 1, or `confidence` is outside
            its range.
        ImportError: If SciPy is not installed.

    Example:

    >>> from keras_regzoo.diagnostics import paired_difference
    >>> difference = paired_difference([3.0, 5.0, 4.0], [2.0, 2.0, 2.0])
    >>> difference.mean, [round(end, 3) for end in difference.interval]
    (2.0, [-0.484, 4.484])

    Reference: Student (1908), The probable error of a mean, Biometrika 6(1).
    """
    validation.number("confidence", confidence, "(0, 1)")
    if len(values) != len(reference) or len(values) == 0:
        raise ValueError(
            "`values` and `reference` must have the same length, at least 1; received "
            f"{len(values)} and {len(reference)}."
        )
    stats = validation.extra("scipy.stats", "recipes", "A t-interval")
    first, second = np.asarray(values, np.float64), np.asarray(reference, np.float64)
    differences = first - second
    count = len(differences)
    mean = float(differences.mean())
    rounding = 8 * np.finfo(np.float64).eps * np.maximum(np.abs(first), np.abs(second)).max()
    if count == 1:
        return PairedDifference(mean, count, None, None)
    if np.ptp(differences) <= rounding:
        return PairedDifference(mean, count, None, 1.0 if abs(mean) <= rounding else None)
    error = float(differences.std(ddof=1) / np.sqrt(count))
    reach = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * error
    p_value = float(2 * stats.t.sf(abs(mean) / error, count - 1))
    return PairedDifference(mean, count, (mean - reach, mean + reach), p_value)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Returns the p values adjusted by Holm's step-down method for the number of tests.

    In ascending order, p₍ₖ₎ becomes the largest of (m − j + 1) p₍ⱼ₎ over j ≤ k, at most 1: those
    not above α are significant with a family-wise error rate of α.

    Args:
        p_values: One a test, in `[0, 1]`; `None` for a test that could not be made. It counts
            among the m tests, and stays `None`.

    Returns:
        The adjusted p values in the order given.

    Raises:
        ValueError: If a p value is outside its range.

    Example:

    >>> from keras_regzoo.diagnostics import holm
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]

    Reference: Holm (1979), A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6(2).
    """
    made = [(index, p) for index, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (index, p) in enumerate(sorted(made, key=lambda test: test[1])):
        p = validation.number("p_values", p, "[0, 1]")
        largest = max(largest, (len(p_values) - rank) * p)
        adjusted[index] = min(1.0, largest)
    return adjusted
