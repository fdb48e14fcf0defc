"""What a comparison allows to be said, in words."""

from __future__ import annotations

import math

from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.statistics import PairedDifference


def amount(comparison: Comparison, error: float, signed: bool = False, unit: bool = True) -> str:
    """Returns an error as text: in percent for classes, in the target's unit for a regression."""
    sign = "+" if signed else ""
    if comparison.regression:
        size = math.floor(math.log10(abs(error))) if error else 0
        style = f".{max(0, 3 - size)}f" if -4 <= size < 8 else ".3e"
        return f"{error:{sign}{style}}"
    return f"{100 * error:{sign}.1f}{' %' if unit else ''}"


def change(comparison: Comparison, difference: PairedDifference) -> str:
    """Returns a difference of errors as text, in percentage points for classes."""
    mean = amount(comparison, difference.mean, signed=True, unit=False)
    if difference.interval is None:
        return mean
    low, high = (amount(comparison, e, signed=True, unit=False) for e in difference.interval)
    return f"{mean} [{low}, {high}]"


def verdict(comparison: Comparison) -> str:
    """Returns two sentences: what is significant, and what to choose and how far to trust it."""
    return " ".join(sentences(comparison))


def sentences(comparison: Comparison) -> tuple[str, str]:
    """Returns the two sentences of the verdict."""
    return _significance(comparison), _choice(comparison)


def _significance(comparison: Comparison) -> str:
    tested, seeds = comparison.by_difference, len(comparison.seeds)
    if not tested:
        return "No technique was compared with the baseline."
    if seeds == 1:
        return (
            "With one seed there is neither interval nor test, so no technique can be said to "
            "differ from the baseline."
        )
    better = [r for r in tested if r.significant and r.difference and r.difference.mean < 0]
    worse = [r for r in tested if r.significant and r.difference and r.difference.mean > 0]
    others = len(comparison.results) - 1
    techniques = "technique" if others == 1 else "techniques"
    corrected = f"Over {seeds} seeds and after Holm's correction for {others} {techniques}"
    if not better and not worse:
        return (
            f"{corrected}, no technique's test error differs significantly from the baseline's; "
            f"the lowest is that of {_described(comparison, tested[0])}."
        )
    parts = []
    if better:
        parts.append(f"lower for {_listed(comparison, better)}")
    if worse:
        parts.append(f"higher for {_listed(comparison, list(reversed(worse)))}")
    return f"{corrected}, the test error is significantly {' and '.join(parts)}."


def _choice(comparison: Comparison) -> str:
    finished = [r for r in comparison.results if r.validation_error is not None]
    if not finished:
        return "Every technique's training diverged: lower the learning rate."
    lowest = min(r.validation_error for r in finished if r.validation_error is not None)
    chosen = [r for r in finished if r.validation_error == lowest]
    names = " and ".join(r.label for r in chosen)
    best, one = chosen[0], len(chosen) == 1
    has = "has" if one else "share"
    tested = (
        ""
        if best.test_error is None or not one
        else (f" (its test error is {amount(comparison, best.test_error)})")
    )
    caution = (
        "an interval that contains 0 means that these data do not tell, not that the technique "
        "does nothing"
        if len(comparison.seeds) > 1
        else "another seed may well order them differently"
    )
    return (
        f"To choose without looking at test data: {names} {has} the lowest validation error, "
        f"{amount(comparison, lowest)}{tested}; {caution}."
    )


def _listed(comparison: Comparison, results: list[TechniqueResult]) -> str:
    described = [_described(comparison, result) for result in results]
    return ", ".join(described[:-1]) + (" and " if described[1:] else "") + described[-1]


def _described(comparison: Comparison, result: TechniqueResult) -> str:
    if result.difference is None:
        return result.label
    points = "" if comparison.regression else " points"
    text = change(comparison, result.difference)
    mean, bracket, interval = text.partition(" [")
    return f"{result.label} ({mean}{points}{',' if bracket else ''}{bracket}{interval})"
