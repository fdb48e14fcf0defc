"""The techniques as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable

from keras_regzoo.catalogue.entry import Entry

HEADER = ("technique", "kind", "what it does", "cost", "reference", "symbol")


def markdown_table(entries: Iterable[Entry]) -> str:
    """Returns a Markdown table of `entries`, one row each, ending in a line break."""
    rows = [HEADER, ("---",) * len(HEADER), *(_row(entry) for entry in entries)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        entry.name.replace("_", " "),
        entry.kind,
        entry.summary.replace("|", "\\|"),
        str(entry.cost),
        "; ".join(reference.short for reference in entry.references),
        f"`{entry.symbol}`",
    )
