"""Resumable: what all callbacks here are, so that a run that was killed can go on exactly."""

from __future__ import annotations

from typing import Any, ClassVar

import keras
import numpy as np


class Resumable(keras.callbacks.Callback):
    """A callback whose state can be read and put back. Abstract.

    A final class keeps what changes in training in attributes and names them; `ExactResume` then
    saves and restores it like Keras's own `EarlyStopping`. The attributes get their first values in
    `__init__` or `on_train_begin`, and are put back after `on_train_begin` and the `on_epoch_begin`
    of the epoch in which training goes on.

    Attributes:
        STATE: Names of the attributes that hold plain values: `None`, booleans, numbers, strings,
            and lists and dicts of those.
        ARRAYS: Names of the attributes that hold lists of NumPy arrays, such as the best weights,
            or `None`.

    Example:

    >>> class Counter(keras_regzoo.callbacks.Resumable):
    ...     STATE = ("epochs",)
    ...     epochs = 0
    ...
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.epochs += 1
    >>> counter = Counter()
    >>> counter.on_epoch_end(0)
    >>> counter.get_state()
    {'epochs': 1}
    """

    STATE: ClassVar[tuple[str, ...]] = ()
    ARRAYS: ClassVar[tuple[str, ...]] = ()

    def get_state(self) -> dict[str, Any]:
        """Returns the plain part of the state, which `json.dumps` takes."""
        return {name: getattr(self, name) for name in self.STATE}

    def set_state(self, state: dict[str, Any]) -> None:
        """Puts back what `get_state` returned."""
        for name in self.STATE:
            setattr(self, name, state[name])

    def get_arrays(self) -> dict[str, list[np.ndarray] | None]:
        """Returns the arrays of the state."""
        return {name: getattr(self, name) for name in self.ARRAYS}

    def set_arrays(self, arrays: dict[str, list[np.ndarray] | None]) -> None:
        """Puts back what `get_arrays` returned."""
        for name in self.ARRAYS:
            setattr(self, name, arrays[name])
