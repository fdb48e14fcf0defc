"""TimeStopping: training for so long."""

from __future__ import annotations

import time
from typing import Any

from keras_regzoo import validation
from keras_regzoo.callbacks.stopping import Stopping


class TimeStopping(Stopping):
    """Stops when training has taken so many seconds, within an epoch too.

        stop after the first step with elapsed > seconds,   elapsed = Σ of all that took time

    It acts after each step, and is active in training alone. The epoch in which it stops ends as
    any other does, with its validation, which is not cut short. The time that a run took before it
    was killed and resumed counts, the time in between does not.

    What passes between two steps, such as validation or what other callbacks do, counts with the
    second of them.

    Args:
        seconds: Seconds of wall clock, above 0.
        **kwargs: Those of `Stopping`: monitor, mode, restore_best_weights, every, validation_data,
            validation_batch_size. If `restore_best_weights` is False the monitor is not read.

    Raises:
        ValueError: If an argument is not as it must be.

    Example:

    >>> stop = keras_regzoo.callbacks.TimeStopping(60.0, monitor="loss")
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> data = np.ones((8, 4)), np.ones((8, 1))
    >>> history = model.fit(*data, epochs=2, verbose=0, callbacks=[stop])
    >>> stop.stopped, 0.0 < stop.elapsed < 60.0
    (False, True)

    Reference: Prechelt (1998), Early Stopping - But When?, sec. 2 (time against generalization).
    """

    STATE = (*Stopping.STATE, "elapsed")
    BETWEEN_LOOKS = True

    def __init__(self, seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seconds = validation.number("seconds", seconds, "(0, inf)")
        if not self.restore_best_weights:
            self.monitors = {}

    def get_state(self) -> dict[str, Any]:
        if not self.stopped:
            self._count()
        return super().get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        if self._before is not None:
            self._before = time.monotonic()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._before = time.monotonic()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_end(logs)
        self._before = None

    def judge(self) -> tuple[bool, str]:
        self._count()
        stop = self.elapsed > self.seconds
        side = "more" if stop else "not more"
        return stop, f"{self.elapsed:.4g} s of training are {side} than seconds={self.seconds:g}"

    def _begin(self) -> None:
        super()._begin()
        self.elapsed = 0.0
        self._before: float | None = None

    def _count(self) -> None:
        if self._before is not None:  # in training
            now = time.monotonic()
            self.elapsed += now - self._before
            self._before = now
