"""The `regzoo` program: its commands, and what they have in common."""

from __future__ import annotations

import io
import logging
import sys
from typing import Annotated

import typer

from keras_regzoo.cli.cite import cite
from keras_regzoo.cli.compare import compare
from keras_regzoo.cli.list import list_techniques
from keras_regzoo.cli.mistakes import one_sentence
from keras_regzoo.cli.run import run
from keras_regzoo.cli.show import show
from keras_regzoo.cli.tune import tune
from keras_regzoo.cli.version import print_versions

app = typer.Typer(
    name="regzoo",
    help="Regularization techniques and autoencoders for Keras.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _regzoo(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the versions of keras_regzoo, Keras, its backend and Python.",
            callback=one_sentence(print_versions),
            is_eager=True,
        ),
    ] = False,
) -> None:
    pass


app.command("list")(one_sentence(list_techniques))
app.command("show")(one_sentence(show))
app.command("cite")(one_sentence(cite))
app.command("run", context_settings={"allow_interspersed_args": False})(one_sentence(run))
app.command("compare")(one_sentence(compare))
app.command("tune")(one_sentence(tune))


def main() -> None:
    """Runs `regzoo` on the arguments of the process and ends it with the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # equations, on a terminal without Unicode
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns that many models are built
    app(prog_name="regzoo")
