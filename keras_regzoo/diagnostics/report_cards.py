"""What the report says of each technique: what it is, its settings, and where it comes from."""

from __future__ import annotations

from typing import Any

from keras_regzoo import catalogue
from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.report_charts import direction
from keras_regzoo.diagnostics.treatments import BASELINE, TECHNIQUES
from keras_regzoo.diagnostics.verdict import amount, change


def cards(comparison: Comparison) -> list[dict[str, Any]]:
    """Returns one card a technique, in the order they were named.

    Returns:
        `label`, `summary`, `outcome`, `direction`, `settings` (name and value of each option), how
        they were `tuned`, if they were, and the catalogue's `entry`, which the baseline has not.
    """
    return [_card(comparison, result) for result in comparison.results]


def _card(comparison: Comparison, result: TechniqueResult) -> dict[str, Any]:
    name = result.label.partition(":")[0]
    technique = TECHNIQUES.get(name)
    return {
        "label": result.label,
        "summary": technique.summary if technique else "",
        "outcome": _outcome(comparison, result),
        "direction": direction(result),
        "settings": _settings(comparison, result.label),
        "tuned": _tuned(comparison, result.label),
        "entry": catalogue.find(name) if technique and name != BASELINE else None,
    }


def _outcome(comparison: Comparison, result: TechniqueResult) -> str:
    if result.test_error is None:
        return f"diverged with {result.diverged} of {len(comparison.seeds)} seeds"
    error = f"{amount(comparison, result.test_error)} test error"
    if result.difference is None:
        return error
    return f"{error}, {change(comparison, result.difference)} against the baseline"


def _settings(comparison: Comparison, label: str) -> list[tuple[str, str]]:
    """Returns every option with its value; with all its values, if seeds had several."""
    values: dict[str, list[str]] = {}
    for run in comparison.runs_of(label):
        for option, value in run.get("options", {}).items():
            values.setdefault(option, []).append(f"{value:g}")
    return [(option, ", ".join(dict.fromkeys(found))) for option, found in values.items()]


def _tuned(comparison: Comparison, label: str) -> str:
    tuning = comparison.settings.get("tuning") or {}
    trials = [e["trials"] for e in tuning.get("techniques", []) if e["tuned"] == label]
    return f"the best of {len(trials[0])} on validation data" if trials and trials[0] else ""
