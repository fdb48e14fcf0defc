"""A new model from the user's function, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

Build = Callable[[], keras.Model]


def check_build(build: Any) -> None:
    """Raises a ValueError if `build` cannot be called, or is itself a model."""
    if not callable(build) or isinstance(build, keras.Model):
        raise ValueError(f"`build` must return a compiled model when called; received {build!r}.")


def fresh(build: Build) -> keras.Model:
    """Returns a new compiled model.

    Raises:
        ValueError: If `build` returns something else.
    """
    check_build(build)
    model = build()
    if not isinstance(model, keras.Model) or not model.compiled:
        what = "a model that is not compiled" if isinstance(model, keras.Model) else repr(model)
        raise ValueError(f"`build` must return a compiled model when called; it returned {what}.")
    return model
