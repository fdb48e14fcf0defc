"""The table of results, as text and as the values that it is sorted by."""

from __future__ import annotations

from typing import NamedTuple

from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.verdict import amount, change


class Cell(NamedTuple):
    """What a cell shows, and what its column is sorted by: `None` comes last."""

    text: str
    value: float | str | None


class Row(NamedTuple):
    """One technique's result, and its cells in the order of the table's head."""

    result: TechniqueResult
    cells: list[Cell]


def head(comparison: Comparison) -> list[str]:
    """Returns the names of the columns."""
    unit = "" if comparison.regression else ", %"
    return [
        "technique",
        f"val. error{unit}",
        f"test error{unit}",
        f"gap{unit}",
        *([] if comparison.regression else ["NLL", "ECE"]),
        "Δ test error [95 % interval]",
        "p (Holm)",
        "time / epoch",
    ]


def rows(comparison: Comparison) -> list[Row]:
    """Returns one row a technique, the lowest test error first and diverged ones last."""
    last = float("inf")
    ordered = sorted(
        comparison.results, key=lambda r: last if r.test_error is None else r.test_error
    )
    return [Row(result, _cells(comparison, result)) for result in ordered]


def _cells(comparison: Comparison, result: TechniqueResult) -> list[Cell]:
    def error(value: float | None) -> Cell:
        missing = value is None
        return Cell("diverged" if missing else amount(comparison, value, unit=False), value)

    test = error(result.test_error)
    if result.test_error_stddev is not None:
        test = Cell(f"{test.text} ± {error(result.test_error_stddev).text}", test.value)
    scores = [] if comparison.regression else [_score(result.nll), _score(result.ece)]
    return [
        Cell(result.label, result.label),
        error(result.validation_error),
        test,
        error(result.gap),
        *scores,
        _difference(comparison, result),
        _p_value(result),
        Cell(f"{result.relative_time:.2f}", result.relative_time),
    ]


def _score(value: float | None) -> Cell:
    return Cell("–" if value is None else f"{value:.3f}", value)


def _difference(comparison: Comparison, result: TechniqueResult) -> Cell:
    if result.difference is None:
        return Cell("–", None)
    return Cell(change(comparison, result.difference), result.difference.mean)


def _p_value(result: TechniqueResult) -> Cell:
    p = result.p_adjusted
    if p is None:
        return Cell("–", None)
    text = f"{p:.3f}" if p >= 0.001 else "< 0.001"
    return Cell(text + (" *" if result.significant else ""), p)
