"""What the runs of a comparison say about each technique."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from keras_regzoo.diagnostics.statistics import PairedDifference, holm, paired_difference

LEVEL = 0.05
Run = dict[str, Any]


@dataclass(frozen=True)
class TechniqueResult:
    """One technique's means over seeds, and its difference from the baseline.

    Attributes:
        label: The technique as it is written.
        validation_error: Mean validation error: a fraction, or in the unit of the target.
        test_error: Mean test error.
        test_error_stddev: Standard deviation of the test error over seeds; `None` for one seed.
        gap: Mean test error minus mean training error.
        nll: Mean test log loss in nats; `None` for a regression.
        ece: Mean expected calibration error on the test set; `None` for a regression.
        difference: Test error minus the baseline's, over seeds; `None` for the baseline.
        p_adjusted: Its p value after Holm's correction; `None` where there is no test.
        relative_time: Seconds per epoch over the baseline's, each of the seed that other processes
            disturbed the least.
        epochs_trained: Mean number of epochs.
        diverged: Number of seeds whose training did not end with finite outputs. With any, errors
            and difference are `None`.
    """

    label: str
    validation_error: float | None
    test_error: float | None
    test_error_stddev: float | None
    gap: float | None
    nll: float | None
    ece: float | None
    difference: PairedDifference | None
    p_adjusted: float | None
    relative_time: float
    epochs_trained: float
    diverged: int = 0

    @property
    def significant(self) -> bool:
        """Whether the difference is significant at 5 % after Holm's correction."""
        return self.p_adjusted is not None and self.p_adjusted <= LEVEL


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes:
        settings: What every run has in common.
        seeds: The seeds.
        runs: Every run, as it was saved: seed by seed, the baseline first.
        folder: Where the report lies.
    """

    settings: dict[str, Any]
    seeds: list[int]
    runs: list[Run] = field(repr=False)
    folder: Path

    @functools.cached_property
    def results(self) -> list[TechniqueResult]:
        """One a technique, the baseline first, in the order they were named."""
        return summarize(self.runs)

    @property
    def environments(self) -> list[dict[str, Any]]:
        """The versions and machines that made the runs, each once."""
        distinct: list[dict[str, Any]] = []
        for run in self.runs:
            if run["environment"] not in distinct:
                distinct.append(run["environment"])
        return distinct

    @property
    def regression(self) -> bool:
        """Whether errors are root mean squared errors."""
        return self.settings["task"] == "regression"

    @property
    def by_difference(self) -> list[TechniqueResult]:
        """The techniques with a difference from the baseline, the lowest test error first."""
        tested = [result for result in self.results if result.difference is not None]
        return sorted(tested, key=lambda result: result.difference.mean if result.difference else 0)

    def runs_of(self, label: str) -> list[Run]:
        """Returns the runs of one technique in the order of their seeds."""
        return [run for run in self.runs if run["technique"] == label]


def summarize(runs: Sequence[Run]) -> list[TechniqueResult]:
    """Returns the result of each technique.

    Args:
        runs: Their runs, seed by seed, the baseline first.
    """
    labels = list(dict.fromkeys(run["technique"] for run in runs))
    grouped = {label: [run for run in runs if run["technique"] == label] for label in labels}
    baseline = grouped[labels[0]]
    differences = [_difference(grouped[label], baseline) for label in labels[1:]]
    adjusted = holm([d.p_value if d else None for d in differences])
    return [
        _result(label, grouped[label], baseline, difference, p_adjusted)
        for label, difference, p_adjusted in zip(
            labels, [None, *differences], [None, *adjusted], strict=True
        )
    ]


def _difference(runs: list[Run], baseline: list[Run]) -> PairedDifference | None:
    errors = [run["test"]["error"] for run in runs]
    reference = [run["test"]["error"] for run in baseline]
    if None in errors or None in reference:
        return None
    return paired_difference(errors, reference)


def _result(
    label: str,
    runs: list[Run],
    baseline: list[Run],
    difference: PairedDifference | None,
    p_adjusted: float | None,
) -> TechniqueResult:
    errors = [run["test"]["error"] for run in runs]
    test, train = _mean(runs, "test", "error"), _mean(runs, "train", "error")
    quickest, reference = (
        min(run["seconds_per_epoch"] for run in group) for group in (runs, baseline)
    )
    classes = "ece" in runs[0]["test"]
    return TechniqueResult(
        label=label,
        validation_error=_mean(runs, "validation", "error"),
        test_error=test,
        test_error_stddev=float(np.std(errors, ddof=1))
        if test is not None and errors[1:]
        else None,
        gap=test - train if test is not None and train is not None else None,
        nll=_mean(runs, "test", "loss") if classes else None,
        ece=_mean(runs, "test", "ece") if classes else None,
        difference=difference,
        p_adjusted=p_adjusted,
        relative_time=quickest / reference,
        epochs_trained=float(np.mean([run["epochs_trained"] for run in runs])),
        diverged=errors.count(None),
    )


def _mean(runs: list[Run], part: str, name: str) -> float | None:
    values = [run[part][name] for run in runs]
    return None if None in values else float(np.mean(values))
