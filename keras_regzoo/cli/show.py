"""`regzoo show`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from keras_regzoo import catalogue
from keras_regzoo.cli.output import console


def show(
    name: Annotated[str, typer.Argument(help="Name of a technique or of its class.")],
) -> None:
    """Show everything the catalogue knows about a technique."""
    entry = catalogue.find(name)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    cost = f"{entry.cost} a step" + (f": {entry.cost.note}" if entry.cost.note else "")
    for label, fact in (
        ("kind", entry.kind),
        ("symbol", entry.symbol),
        ("equation", entry.equation),
        ("when", entry.when),
        ("when not", entry.when_not),
        ("suggested", entry.suggested),
        ("cost", cost),
        ("beware of", entry.composes_badly_with),
        ("reference", "\n".join(str(reference) for reference in entry.references)),
        ("evidence", entry.evidence),
    ):
        if fact:
            facts.add_row(label, fact)
    out = console()
    out.print(Text(entry.name, style="bold"))
    out.print(entry.summary, end="\n\n")
    out.print(facts)
