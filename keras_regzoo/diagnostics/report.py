"""The report of a comparison: Markdown, JSON and figures."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

from keras_regzoo.diagnostics import plots
from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.figure_style import png
from keras_regzoo.diagnostics.run_store import to_json, write_atomically
from keras_regzoo.diagnostics.verdict import amount, change, verdict


def write(comparison: Comparison) -> None:
    """Writes `results.json`, the figures and `report.md` into the comparison's folder.

    Args:
        comparison: The finished comparison.
    """
    folder = comparison.folder
    write_atomically(folder / "results.json", to_json(results(comparison)))
    write_atomically(folder / "differences.png", png(plots.differences(comparison)))
    write_atomically(folder / "learning_curves.png", png(plots.learning_curves(comparison)))
    write_atomically(folder / "report.md", markdown(comparison))


def results(comparison: Comparison) -> dict[str, Any]:
    """Returns the whole comparison as what JSON can hold."""
    return {
        "settings": comparison.settings,
        "seeds": comparison.seeds,
        "environments": comparison.environments,
        "techniques": [
            {**dataclasses.asdict(result), "significant": result.significant}
            for result in comparison.results
        ],
        "runs": comparison.runs,
    }


def table(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Returns the head and the rows of the table of results, the lowest test error first."""
    unit = "" if comparison.regression else ", %"
    head = ["technique", f"val. error{unit}", f"test error{unit}", f"gap{unit}"]
    if not comparison.regression:
        head += ["NLL", "ECE"]
    head += ["Δ test error [95 % interval]", "p (Holm)", "time / epoch"]
    last = float("inf")
    ordered = sorted(
        comparison.results, key=lambda r: last if r.test_error is None else r.test_error
    )
    return head, [_row(comparison, result) for result in ordered]


def _row(comparison: Comparison, result: TechniqueResult) -> list[str]:
    def error(value: float | None) -> str:
        return "diverged" if value is None else amount(comparison, value, unit=False)

    test = error(result.test_error)
    if result.test_error_stddev is not None:
        test += f" ± {error(result.test_error_stddev)}"
    row = [result.label, error(result.validation_error), test, error(result.gap)]
    if not comparison.regression:
        row += ["–" if v is None else f"{v:.3f}" for v in (result.nll, result.ece)]
    p = "–"
    if result.p_adjusted is not None:
        p = f"{result.p_adjusted:.3f}" if result.p_adjusted >= 0.001 else "< 0.001"
        p += " *" if result.significant else ""
    difference = "–" if result.difference is None else change(comparison, result.difference)
    return [*row, difference, p, f"{result.relative_time:.2f}"]


def markdown(comparison: Comparison) -> str:
    """Returns the report."""
    settings, seeds = comparison.settings, len(comparison.seeds)
    head, rows = table(comparison)
    lines = [
        f"# Which regularizer for {settings['data']}?",
        "",
        verdict(comparison),
        "",
        f"| {' | '.join(head)} |",
        f"|{'|'.join([' --- ', *[' ---: '] * (len(head) - 1)])}|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        f"{_legend(comparison)}",
        "",
        "![Differences from the baseline](differences.png)",
        "",
        "![Learning curves](learning_curves.png)",
        "",
        "## Protocol",
        "",
        *(f"- {item}" for item in _protocol(comparison)),
        "",
        "## Reproduce",
        "",
        "```",
        reproduce(comparison),
        "```",
        "",
        f"`results.json` holds all {len(comparison.runs)} runs ({len(comparison.results)} "
        f"techniques, {seeds} {'seed' if seeds == 1 else 'seeds'}) with settings, seeds and "
        "versions. Made with:",
        "",
        *(f"- {_environment(environment)}" for environment in comparison.environments),
        "",
    ]
    return "\n".join(lines)


def _legend(comparison: Comparison) -> str:
    measured = (
        "Errors are root mean squared errors in the unit of the target"
        if comparison.regression
        else "Errors: percentage classified wrong; NLL (nats) and ECE (15 bins) of the test set"
    )
    spread = " ± standard deviation over seeds" if len(comparison.seeds) > 1 else ""
    return (
        f"{measured}, means{spread}. Gap: test minus training error. Δ: the technique's test error "
        "minus the baseline's, paired by seed; below 0 is better. p: paired t-test, Holm's "
        f"correction for {len(comparison.results) - 1} techniques; * is significant at 5 %. "
        "Time: seconds of training per epoch over the baseline's (median epoch, quickest seed)."
    )


def _protocol(comparison: Comparison) -> list[str]:
    s, seeds = comparison.settings, len(comparison.seeds)
    items = [
        f"Data: {s['data']} ({s['task']}), {s['train_size']} training, {s['validation_size']} "
        f"validation and {s['test_size']} test examples. Each seed draws its own training set, and "
        "its own split where the data bring none.",
        f"Network: {s['model']}, {s['parameters']:,} parameters, Adam with learning rate "
        f"{s['learning_rate']:g}, {s['epochs']} epochs of batches of {s['batch_size']}. "
        "Strengths are the defaults unless written out; none was tuned on these data.",
        f"Paired design over {seeds} {'seed' if seeds == 1 else 'seeds'}: with one seed, every "
        "technique has the same data, initial weights and mini-batches in the same order.",
        "The network of the last epoch is measured, early stopping's of its best epoch; validation "
        "data chose nothing else, test data nothing at all.",
    ]
    if seeds == 1:
        items.append("One seed gives neither interval nor test: run more of them.")
    else:
        items.append(
            "Intervals assume independent seeds. Where seeds draw their sets from one pool these "
            "overlap, and intervals are somewhat too narrow (Nadeau & Bengio 2003)."
        )
    if comparison.regression:
        items.append("Targets are standardized for training; errors are in their own unit.")
    return items


def _environment(e: dict[str, Any]) -> str:
    return (
        f"keras_regzoo {e['keras_regzoo']}, Keras {e['keras']}, {e['backend']}, NumPy "
        f"{e['numpy']}, Python {e['python']}, {e['system']}, {e['cpus']} CPUs"
    )


def reproduce(comparison: Comparison) -> str:
    """Returns the command that makes the same comparison again."""
    settings = comparison.settings
    arguments = {
        "data": settings["data"],
        "target": settings["target"],
        "task": settings["task"] if settings["data"].endswith((".csv", ".npz")) else None,
        "techniques": ",".join(result.label for result in comparison.results),
        "seeds": len(comparison.seeds),
        "epochs": settings["epochs"],
        "train-size": settings["train_size"],
        "model": settings["model"],
        "batch-size": settings["batch_size"],
        "learning-rate": settings["learning_rate"],
        "out": "comparison",
    }
    options = [f"--{k} {shlex.quote(str(v))}" for k, v in arguments.items() if v is not None]
    return f"KERAS_BACKEND={settings['backend']} regzoo compare {' '.join(options)}"
