"""A user's mistake is one line on stderr, never a traceback."""

from __future__ import annotations

import functools
import re
import typing
from collections.abc import Callable, Collection
from typing import Any

import typer
from typer.models import OptionInfo

from keras_regzoo import validation

FAILURE = 1
MISTAKE = 2
INTERRUPTED = 130
DATA = {"data": "--data", "source": "--data"}  # recipes take it, too; `data.load` calls it source


def one_sentence(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a command: mistakes it reports become `regzoo: <sentence>` and exit status 2.

    A mistake is what `validation.is_mistake` takes for one, but for an `OSError` that has an error
    number and is about no file (a full disk): that is a sentence and exit status 1. Any other
    exception is a failure that keeps its traceback. Sentences name the options that were typed.
    """
    options = _options(command)

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
            typer.echo(f"regzoo: {as_typed(sentence, options)}.", err=True)
            raise typer.Exit(MISTAKE if where or error.errno is None else FAILURE) from error
        except (ValueError, ImportError) as error:
            if not validation.is_mistake(error):
                raise
            sentence = " ".join(str(error).split())
            typer.echo(f"regzoo: {as_typed(sentence, options)}", err=True)
            raise typer.Exit(MISTAKE) from error

    return wrapped


def as_typed(sentence: str, options: Collection[str]) -> str:
    """Returns a sentence about arguments as one about the options that stand for them.

    Args:
        sentence: Names an argument as `` `train_size` ``, and what came as `train_size=3`.
        options: The arguments that are options of the command.
    """
    typed = {name: f"--{name.replace('_', '-')}" for name in options} | DATA
    names = "|".join(typed)
    return re.sub(
        rf"(?<=`)({names})(?=`)|(?<= )({names})(?==)", lambda found: typed[found[0]], sentence
    )


def _options(command: Callable[..., Any]) -> list[str]:
    """Returns the arguments of a command that are typed as options."""
    hints = typing.get_type_hints(command, include_extras=True)
    return [
        name
        for name, hint in hints.items()
        if any(isinstance(each, OptionInfo) for each in getattr(hint, "__metadata__", ()))
    ]
