"""The options of one fit among several."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from keras_regzoo import validation
from keras_regzoo.callbacks import ExactResume
from keras_regzoo.quiet import QUIET


def check_callbacks(callbacks: Any) -> None:
    """Raises a ValueError for callbacks that several fits would share."""
    if callbacks is not None and not callable(callbacks):
        raise ValueError(
            "`callbacks` must be a function that returns a list of new callbacks for each fit, "
            f"such as `lambda: [...]`; received {callbacks!r}."
        )


def check_metrics(metrics: Any) -> None:
    """Raises a ValueError for metrics that are no list or tuple."""
    if not isinstance(metrics, list | tuple | None):
        raise ValueError(
            f"`metrics` must be a list or tuple of metrics; received metrics={metrics!r}."
        )


def check_counts(options: dict[str, Any]) -> None:
    """Raises a ValueError for numbers of epochs, of examples or of steps below 1."""
    for name in ("epochs", "batch_size", "steps_per_epoch"):
        if options.get(name) is not None:
            validation.integer(name, options[name], "[1, inf)")


@contextlib.contextmanager
def default_epochs(model: Any, epochs: int) -> Iterator[None]:
    """Makes a model fit for so many epochs, within the context, unless `fit` is told otherwise."""
    model.fit = functools.partial(model.fit, epochs=epochs)
    try:
        yield
    finally:
        del model.fit


def for_one_fit(options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options with callbacks of their own, silent unless `verbose` is among them.

    Raises:
        ValueError: If `callbacks` returns no list.
    """
    made = {"verbose": QUIET, **options}
    if made.get("callbacks") is not None:
        found = made["callbacks"]()
        if not isinstance(found, list | tuple):
            raise ValueError(
                f"`callbacks` must return a list of callbacks when called; it returned {found!r}."
            )
        made["callbacks"] = list(found)
        for callback in made["callbacks"]:
            if isinstance(callback, ExactResume):
                callback.origin = options["callbacks"]
    return made
