"""A user's mistake is one line on stderr, never a traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import typer

PACKAGE = Path(__file__).parents[1]
FAILURE = 1
MISTAKE = 2
INTERRUPTED = 130


def one_sentence(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a command: mistakes it reports become `regzoo: <sentence>` and exit status 2.

    A mistake is an `ImportError`, an `OSError` about a file or without an error number (this
    package's own), or a `ValueError` raised in this package or in a recipe. Another `OSError` (a
    full disk) is a sentence and exit status 1, any other exception a failure that keeps its
    traceback.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            typer.echo("regzoo: interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename is not None else ""
            sentence = f"{where}{error.strerror or error}".rstrip(".")
            typer.echo(f"regzoo: {sentence}.", err=True)
            raise typer.Exit(MISTAKE if where or error.errno is None else FAILURE) from error
        except (ValueError, ImportError) as error:
            if not isinstance(error, ImportError) and not _is_ours(error.__traceback__):
                raise
            typer.echo(f"regzoo: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(MISTAKE) from error

    return wrapped


def _is_ours(traceback: TracebackType | None) -> bool:
    file = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        traceback = traceback.tb_next
    return Path(file).is_relative_to(PACKAGE) or Path(file).parent.name == "recipes"
