"""`regzoo run`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from keras_regzoo.cli import recipes
from keras_regzoo.cli.output import console, plain_table


def run(
    recipe: Annotated[
        str | None, typer.Argument(help="Name of a recipe; without one, list them.")
    ] = None,
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="ARGUMENTS", help="Passed to the recipe, options too."),
    ] = None,
) -> None:
    """Run a recipe, or list the recipes and what each claims."""
    if recipe is None:
        _list_recipes()
        return
    path = recipes.find(recipe)
    passed = arguments or []
    before = sys.argv
    sys.argv = [f"regzoo run {path.stem}", *passed]
    try:
        status = recipes.load(path)(passed)
    finally:
        sys.argv = before
    raise typer.Exit(int(status or 0))


def _list_recipes() -> None:
    scripts = recipes.find_all()
    if not scripts:
        raise ValueError(f"{recipes.NONE_FOUND}.")
    table = plain_table()
    table.add_column("recipe", no_wrap=True)
    table.add_column("claim")
    for name, path in scripts.items():
        table.add_row(name, recipes.claim(path))
    console().print(table)
