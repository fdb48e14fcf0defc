"""`regzoo --version`."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform

import typer


def print_versions(wanted: bool) -> None:
    """Prints the versions that a report of a fault should hold, and ends the program."""
    if not wanted:
        return
    import keras

    backend = keras.config.backend()
    typer.echo(f"keras_regzoo {importlib.metadata.version('keras-regzoo')}")
    typer.echo(f"Keras {keras.__version__}")
    typer.echo(f"backend {backend} {importlib.import_module(backend).__version__}")
    typer.echo(f"Python {platform.python_version()}")
    raise typer.Exit
