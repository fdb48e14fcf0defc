"""The strengths of a model, by their paths."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.strengths import Strength


def strengths_of(model: keras.Model) -> list[tuple[str, Strength]]:
    """Returns every strength of `model`, its layers and its objectives, with its path."""
    return [
        (f"{layer.name}/{name}", strength)
        for layer in model._flatten_layers()
        for name, strength in getattr(layer, "strengths", {}).items()
    ]


def check_wanted(wanted: Any) -> None:
    """Raises a ValueError if `wanted` is neither the path of a strength nor its variable."""
    validation.instance("strength", wanted, (str, keras.Variable))


def find_strength(wanted: str | keras.Variable, model: keras.Model) -> tuple[str, Strength]:
    """Returns the path and the strength that a path or a variable names.

    Raises:
        ValueError: If the model has no such strength (the sentence lists those it has) or several
            of that path.
    """
    known = strengths_of(model)
    found = [
        (path, strength)
        for path, strength in known
        if wanted is strength.variable or (isinstance(wanted, str) and wanted == path)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(
            f"`strength` must be one strength of the model; received {wanted!r}, of which there "
            f"are {len(found)}: give the layers names that differ, or pass the variable itself."
        )
    given = wanted if isinstance(wanted, str) else wanted.path
    listed = ", ".join(path for path, _ in known) or "none"
    raise ValueError(f"`strength` must be a strength of the model ({listed}); received {given!r}.")
