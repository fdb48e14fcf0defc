"""A small study: several methods, each measured over seeds, on the same splits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.environment import environment
from keras_regzoo.diagnostics.run_store import to_json, write_atomically
from keras_regzoo.diagnostics.statistics import PairedDifference, paired_difference

Measured = dict[str, float]


@dataclass(frozen=True)
class Study:
    """What several methods gave over seeds.

    Attributes:
        seeds: The seeds; each method was measured once with each.
        runs: Under each method what each seed gave, in the order of `seeds`.
        settings: What all runs had in common.
        seconds: How long it took.
        processor_seconds: How much of a processor it took, which a busy machine does not change
            much; `None` where that was not measured.
    """

    seeds: tuple[int, ...]
    runs: dict[str, list[Measured]]
    settings: dict[str, Any]
    seconds: float
    processor_seconds: float | None = None

    def values(self, method: str, measure: str) -> list[float]:
        """Returns one measure of a method, a number a seed."""
        return [run[measure] for run in self.runs[method]]

    def mean(self, method: str, measure: str) -> float:
        """Returns the mean over the seeds."""
        return float(np.mean(self.values(method, measure)))

    def gain(self, method: str, baseline: str, measure: str) -> PairedDifference:
        """Returns how much a method measures above another, paired by seed."""
        return paired_difference(self.values(method, measure), self.values(baseline, measure))

    def save(self, path: Path) -> None:
        """Writes all runs as JSON, with seeds, settings, versions and machine, whole or not.

        JSON has no numbers that are not finite: they are written as null.
        """
        summary = {
            method: {
                name: {
                    "mean": _or_none(self.mean(method, name)),
                    "std": _or_none(_spread(self.values(method, name))),
                }
                for name in runs[0]
            }
            for method, runs in self.runs.items()
        }
        runs = {
            method: [{name: _or_none(value) for name, value in run.items()} for run in runs]
            for method, runs in self.runs.items()
        }
        results = {
            "settings": self.settings,
            "seeds": list(self.seeds),
            "runs": runs,
            "summary": summary,
            "environment": environment(),
            "seconds": round(self.seconds, 1),
            "processor_seconds": self.processor_seconds,
        }
        write_atomically(path, to_json(results))


def study(
    methods: Sequence[str],
    measure: Callable[[str, int], Measured],
    seeds: Sequence[int],
    settings: dict[str, Any],
    report: Callable[[str], Any] = print,
) -> Study:
    """Measures every method with every seed, and reports each method's means as they come.

    Args:
        methods: Names of the methods.
        measure: Returns what one method gives with one seed, such as accuracies in [0, 1].
        seeds: The seeds; they should decide split and initial weights, alike for all methods.
        settings: What all runs have in common, to be saved.
        report: Is given one line a method.

    Raises:
        ValueError: If there is no method or no seed, or what is to be called cannot be.

    Example:

    >>> found = keras_regzoo.diagnostics.study(
    ...     ["a", "b"], lambda method, seed: {"error": seed + (method == "a")}, [0, 1], {}
    ... )
    a: error 1.500
    b: error 0.500
    >>> found.gain("b", "a", "error").mean
    -1.0
    """
    methods = validation.items("methods", methods, "names")
    seeds = validation.items("seeds", seeds, "numbers")
    for name, function in (("measure", measure), ("report", report)):
        validation.function(name, function)
    started, used = time.perf_counter(), time.process_time()
    runs: dict[str, list[Measured]] = {}
    for method in methods:
        runs[method] = [measure(method, seed) for seed in seeds]
        means = (f"{k} {np.mean([run[k] for run in runs[method]]):.3f}" for k in runs[method][0])
        report(f"{method}: {', '.join(means)}")
    seconds = time.perf_counter() - started
    return Study(tuple(seeds), runs, settings, seconds, round(time.process_time() - used, 1))


def _or_none(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _spread(values: list[float]) -> float | None:
    with np.errstate(invalid="ignore"):  # of values that are not finite
        return float(np.std(values, ddof=1)) if len(values) > 1 else None
