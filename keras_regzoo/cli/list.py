"""`regzoo list`."""

from __future__ import annotations

from typing import Annotated

import typer

from keras_regzoo import catalogue, validation
from keras_regzoo.cli.output import console, plain_table


def list_techniques(
    kind: Annotated[
        str | None,
        typer.Option(help=f"Only this kind: {', '.join(catalogue.kinds())}."),
    ] = None,
) -> None:
    """List the techniques, ours and Keras's own."""
    if kind is not None:
        validation.one_of("--kind", kind, catalogue.kinds())
    table = plain_table()
    for column in ("technique", "kind", "from"):
        table.add_column(column, no_wrap=True)
    table.add_column("what it does")
    table.add_column("cost", no_wrap=True)
    for entry in catalogue.entries():
        if kind in (None, entry.kind):
            origin = "Keras" if entry.origin == "keras" else "ours"
            table.add_row(entry.name, entry.kind, origin, entry.summary, str(entry.cost))
    console().print(table)
