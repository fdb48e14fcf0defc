"""The pages of benchmarks that fine-tune networks on digits: what they say of runs over seeds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import machine, results_file
from keras_regzoo.diagnostics import PairedDifference

SEEDS = (0, 1, 2)
TRAINED = {"error": "50 000 digits", "error_of_all": "all 60 000"}  # of a run's test errors


def write(
    result: str,
    plans: Mapping[str, Sequence[Any]],
    page: str,
    described: Callable[[dict[str, list[Any]]], dict[str, Any]],
) -> None:
    """Writes the page of a benchmark; `described` returns fields of it, given the runs."""
    seeds, measured = _complete(result, plans)
    text = page.format(
        result=result,
        seeds=", ".join(seeds),
        exploration=_exploration(results_file.load(result)["exploration"]),
        conditions=_conditions(measured),
        **described(measured),
    )
    (results_file.RESULTS.parent / f"{result}.md").write_text(text)


def _complete(result: str, methods: Iterable[str]) -> tuple[list[str], dict[str, list[Any]]]:
    """Returns the seeds that every method was measured with, and each method's runs of them."""
    saved = results_file.load(result).get("runs", {})
    methods = list(methods)
    seeds = sorted(set.intersection(*(set(saved.get(method, {})) for method in methods)))
    if not seeds:
        sys.exit(f"results/{result}.json holds no seed of every method.")
    return seeds, {method: [saved[method][seed] for seed in seeds] for method in methods}


def percentages(runs: Sequence[dict[str, Any]], of: str) -> list[float]:
    """Returns a test error of each run in %, one that `TRAINED` names."""
    return [100 * run[of] for run in runs]


def spread(runs: Sequence[dict[str, Any]], of: str) -> str:
    """Returns the mean error in % with the least and the greatest one."""
    errors = percentages(runs, of)
    return f"{np.mean(errors):.2f} ({min(errors):.2f} – {max(errors):.2f})"


def interval(gain: PairedDifference) -> str:
    """Returns what is known of a mean difference over seeds."""
    if gain.interval is None:
        return "one seed, no interval"
    low, high = gain.interval
    unclear = ", which contains 0" if low <= 0 <= high else ""
    return f"95 % interval over seeds {low:.2f} to {high:.2f}{unclear}"


def validated(runs: Sequence[dict[str, Any]]) -> float:
    """Returns the mean validation error in % of the best epochs."""
    return float(np.mean([100 * min(run["validation"]) for run in runs]))


def verdict(aims: Mapping[str, bool], runs: Sequence[dict[str, Any]]) -> str:
    """Returns a line for each aim and whether it is met, and how many seeds were run if not all."""
    some = "" if len(runs) == len(SEEDS) else f" ({len(runs)} of {len(SEEDS)} seeds run)"
    return "\n".join(f"- {aim}: {'met' if met else 'not met'}{some}." for aim, met in aims.items())


def minutes(runs: Sequence[dict[str, Any]]) -> str:
    """Returns how long a run took in the mean, pretraining and fine-tuning."""
    return f"{np.mean([run.get('seconds', 0) + run['tuning_seconds'] for run in runs]) / 60:.1f}"


def _exploration(explored: Mapping[str, Any]) -> str:
    """Returns the Markdown table of the plans that were tried."""
    lines = [
        "| pretraining, epochs | fine-tuning, epochs | validation error % |",
        "|---|---|---:|",
    ]
    for plan, found in explored.items():
        before, after = plan.split("; ")
        lines.append(f"| {before} | {after} | {validated([found]):.2f} |")
    return "\n".join(lines)


def _conditions(runs: Mapping[str, Sequence[Any]]) -> str:
    """Returns what the runs were measured with."""
    made = next(iter(runs.values()))[0]["machine"]
    return machine.conditions({made["backend"]: made})
