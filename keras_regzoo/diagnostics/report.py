"""The report of a comparison: a page, Markdown, JSON and figures."""

from __future__ import annotations

import dataclasses
from typing import Any

from keras_regzoo.diagnostics import plots, report_table
from keras_regzoo.diagnostics.comparison import Comparison
from keras_regzoo.diagnostics.figure_style import png
from keras_regzoo.diagnostics.report_page import page
from keras_regzoo.diagnostics.report_protocol import (
    contents,
    describe,
    legend,
    protocol,
    reproduce,
)
from keras_regzoo.diagnostics.run_store import to_json, write_files
from keras_regzoo.diagnostics.verdict import verdict


def write(comparison: Comparison) -> None:
    """Writes `results.json`, the figures, `report.md` and `report.html` into the folder.

    Args:
        comparison: The finished comparison.
    """
    files = {
        "results.json": to_json(results(comparison)),
        "differences.png": png(plots.differences(comparison)),
        "learning_curves.png": png(plots.learning_curves(comparison)),
        "report.md": markdown(comparison),
        "report.html": page(comparison),
    }
    write_files(comparison.folder, files)


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
    rows = report_table.rows(comparison)
    return report_table.head(comparison), [[cell.text for cell in row.cells] for row in rows]


def markdown(comparison: Comparison) -> str:
    """Returns the report."""
    head, rows = table(comparison)
    lines = [
        f"# Which regularizer for {comparison.settings['data']}?",
        "",
        verdict(comparison),
        "",
        f"| {' | '.join(head)} |",
        f"|{'|'.join([' --- ', *[' ---: '] * (len(head) - 1)])}|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        legend(comparison),
        "",
        "![Differences from the baseline](differences.png)",
        "",
        "![Learning curves](learning_curves.png)",
        "",
        "## Protocol",
        "",
        *(f"- {item}" for item in protocol(comparison)),
        "",
        "## Reproduce",
        "",
        "```",
        reproduce(comparison),
        "```",
        "",
        f"{contents(comparison)} Made with:",
        "",
        *(f"- {describe(environment)}" for environment in comparison.environments),
        "",
    ]
    return "\n".join(lines)
