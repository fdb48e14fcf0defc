"""The report of a comparison as one HTML page, which needs no network and no other file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from typing import Any

from keras_regzoo import validation
from keras_regzoo.diagnostics import report_charts as charts
from keras_regzoo.diagnostics import report_protocol, report_table
from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.report_axis import Axis
from keras_regzoo.diagnostics.report_cards import cards
from keras_regzoo.diagnostics.report_labels import place
from keras_regzoo.diagnostics.verdict import amount, sentences

TEMPLATE, SCRIPT = "report.html.jinja", "report.js"
CHART_HEIGHT = 320
CHART_WIDTHS = {"wide": 700, "narrow": 290}  # pixels of the chart on a desk and on a phone


def page(comparison: Comparison) -> str:
    """Returns the report as HTML.

    What users have named (data, models, techniques) is escaped, and the page's own policy forbids
    it to load anything or to run another script than its own.

    Args:
        comparison: The finished comparison.

    Raises:
        ImportError: If Jinja is not installed.
    """
    jinja = validation.extra("jinja2", "recipes", "A report")
    environment = jinja.Environment(
        loader=jinja.PackageLoader("keras_regzoo", "diagnostics"),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["minus"] = with_minus
    script = environment.get_template(SCRIPT).render()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(TEMPLATE).render(
        script=script,
        script_hash=f"sha256-{digest}",
        regression=comparison.regression,
        unit="unit of the target" if comparison.regression else "percentage points",
        error_unit="RMSE" if comparison.regression else "%",
        settings=comparison.settings,
        seeds=report_protocol.counted(len(comparison.seeds), "seed"),
        several_seeds=len(comparison.seeds) > 1,
        labels=[result.label for result in comparison.results],
        percents=Axis(0, 100).ticks(),
        verdict=sentences(comparison),
        tiles=_tiles(comparison),
        head=report_table.head(comparison),
        rows=report_table.rows(comparison),
        direction=charts.direction,
        legend=report_protocol.legend(comparison),
        forest=charts.forest(comparison),
        curves=charts.curves(comparison),
        calibration=charts.calibration(comparison),
        pareto=_pareto(comparison),
        chart_height=CHART_HEIGHT,
        cards=cards(comparison),
        facts=_facts(comparison),
        protocol=report_protocol.protocol(comparison),
        command=report_protocol.reproduce(comparison),
        contents=report_protocol.contents(comparison),
        environments=[report_protocol.describe(each) for each in comparison.environments],
    )


def with_minus(text: str) -> str:
    """Returns `text` with a minus sign in place of the hyphen that begins a number."""
    return re.sub(r"(?<![\w=.])-(?=\d)", "−", text)


def _tiles(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Returns the numbers to see first: what it is, the number, and whose it is."""
    baseline = comparison.results[0]
    finished = [r for r in comparison.results if r.test_error is not None]
    tiles = []
    if baseline.test_error is not None:
        tiles.append(("Without a technique", amount(comparison, baseline.test_error), "test error"))
    for part in ("test_error", "validation_error"):
        value, names = _lowest(finished, part)
        if value is not None:
            title = f"Lowest {part.replace('_', ' ')}"
            tiles.append((title, amount(comparison, value), " and ".join(names)))
    seeds = report_protocol.counted(len(comparison.seeds), "seed")
    techniques = report_protocol.counted(len(comparison.results) - 1, "technique")
    return [*tiles, ("Runs", str(len(comparison.runs)), f"{techniques}, {seeds}")]


def _lowest(results: Iterable[TechniqueResult], part: str) -> tuple[float | None, list[str]]:
    values = {r.label: getattr(r, part) for r in results if getattr(r, part) is not None}
    lowest = min(values.values(), default=None)
    return lowest, [label for label, value in values.items() if value == lowest]


def _pareto(comparison: Comparison) -> charts.Chart | None:
    chart = charts.pareto(comparison)
    if chart:
        for name, width in CHART_WIDTHS.items():
            places = place(chart["points"], width, CHART_HEIGHT)
            for point, label in zip(chart["points"], places, strict=True):
                point.setdefault("labels", {})[name] = label
    return chart


def _facts(comparison: Comparison) -> list[tuple[str, Any]]:
    """Returns the settings as a reader would ask for them."""
    s = comparison.settings
    facts = [
        ("Data", s["data"]),
        ("Target", s["target"]),
        ("Task", s["task"]),
        ("Training examples", s["train_size"]),
        ("Validation examples", s["validation_size"]),
        ("Test examples", s["test_size"]),
        ("Network", s["model"]),
        ("Parameters", f"{s['parameters']:,}"),
        ("Optimizer", f"Adam, learning rate {s['learning_rate']:g}"),
        ("Epochs", s["epochs"]),
        ("Batch size", s["batch_size"]),
        ("Seeds", ", ".join(map(str, comparison.seeds))),
        ("Trials of each technique", (s.get("tuning") or {}).get("trials")),
        ("Backend", s["backend"]),
        ("SHA-256 of the data", s["data_sha256"]),
    ]
    return [(name, value) for name, value in facts if value is not None]
