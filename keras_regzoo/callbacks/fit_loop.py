"""The `fit` that a callback runs in: its other callbacks, and its batches."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import keras

_KNOWN = ("keras", "keras_regzoo")


class FitLoop(NamedTuple):
    """What a running `fit` holds.

    Attributes:
        callbacks: The list that it calls.
        batches: Its epoch iterator.
    """

    callbacks: keras.callbacks.CallbackList
    batches: Any


def enclosing_fit(callback: keras.callbacks.Callback) -> FitLoop:
    """Returns the `fit` that has just called `callback`, which Keras tells to no callback.

    Raises:
        ValueError: If no `fit` of Keras did, with `callback` in its list.
    """
    callbacks = None
    frame = sys._getframe(1)
    while frame is not None:
        found = frame.f_locals
        owner = found.get("self")
        if isinstance(owner, keras.callbacks.CallbackList) and callback in _listed(owner):
            callbacks = owner
        if callbacks is not None and hasattr(found.get("epoch_iterator"), "_enumerate_iterator"):
            return FitLoop(callbacks, found["epoch_iterator"])
        frame = frame.f_back
    name = type(callback).__name__
    raise ValueError(
        f"`callbacks` of `fit` must have {name} itself among them; received one that something "
        "else calls."
    )


def callbacks_after(callback: keras.callbacks.Callback) -> list[keras.callbacks.Callback]:
    """Returns those after `callback` in the list of the `fit` around; none where there is none."""
    try:
        listed = enclosing_fit(callback).callbacks.callbacks
    except ValueError:
        return []
    return listed[listed.index(callback) + 1 :]


def may_be_given_logs(callback: keras.callbacks.Callback) -> bool:
    """Returns whether a callback of the user's own comes before it, which may log what it likes."""
    try:
        listed = enclosing_fit(callback).callbacks.callbacks
    except ValueError:
        return True
    before = listed[: listed.index(callback)]
    return any(
        isinstance(each, keras.callbacks.LambdaCallback)
        or type(each).__module__.partition(".")[0] not in _KNOWN
        for each in before
    )


def restores(callback: Any) -> bool:
    """Returns whether a callback puts the best weights back when training ends."""
    return getattr(callback, "restore_best_weights", False) is True


def skips_validation(epoch: int) -> bool:
    """Returns whether the `fit` around validates, but not at the end of this epoch."""
    frame = sys._getframe(1)
    while frame is not None:
        found = frame.f_locals
        if "epoch_iterator" in found and "validation_freq" in found:
            validates = found["self"]._should_eval(epoch, found["validation_freq"])
            return found.get("validation_data") is not None and not validates
        frame = frame.f_back
    return False


def _listed(callbacks: Any) -> list[Any]:
    return callbacks.callbacks
