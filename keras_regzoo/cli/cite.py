"""`regzoo cite`."""

from __future__ import annotations

from typing import Annotated

import typer

from keras_regzoo import catalogue


def cite(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Names of techniques or their classes.")
    ],
) -> None:
    """Print the BibTeX of techniques, each publication once."""
    references = [reference for name in names for reference in catalogue.find(name).references]
    bibtex = {reference.key: reference.bibtex for reference in references}
    typer.echo("\n\n".join(bibtex.values()))
