"""TargetStopping: training until a value is reached."""

from __future__ import annotations

import math
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.callbacks.stopping import Stopping

_NONNEGATIVE = (
    keras.losses.MeanSquaredError,
    keras.losses.MeanAbsoluteError,
    keras.losses.MeanAbsolutePercentageError,
    keras.losses.MeanSquaredLogarithmicError,
    keras.losses.SparseCategoricalCrossentropy,
    keras.losses.Huber,
    keras.losses.LogCosh,
    keras.losses.Hinge,
    keras.losses.SquaredHinge,
)


class TargetStopping(Stopping):
    """Stops when a monitor has reached a target.

        stop at the first t with m(t) ≤ target, or m(t) ≥ target where more is better

    It acts at each look, and is active in training alone. If the target is never reached training
    ends by itself, and `reason` says how near it came.

    Args:
        target: The value to reach, a finite number in the units of the monitor.
        **kwargs: Those of `Stopping`: monitor, mode, restore_best_weights, every, validation_data,
            validation_batch_size.

    Raises:
        ValueError: If an argument is not as it must be; when training begins, or at the first look,
            if no value of the monitor can reach the target: above 1, or below 0, of a metric or a
            loss of Keras that ends there.

    Example:

    >>> stop = keras_regzoo.callbacks.TargetStopping(0.5, monitor="loss")
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(
    ...     *(np.ones((8, 4)), np.ones((8, 1))), epochs=99, verbose=0, callbacks=[stop]
    ... )
    >>> stop.stopped, history.history["loss"][-1] <= 0.5 < history.history["loss"][-2]
    (True, True)

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, algorithm 7.3 (an objective
    as the target).
    """

    def __init__(self, target: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = validation.number("target", target, "(-inf, inf)")

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        name = self.monitor.removeprefix("val_")
        if name == "loss" and self.target < 0 and _nonnegative(self.model):
            raise ValueError(
                f"`target` must be one that monitor={self.monitor!r} can reach, which is never "
                f"below 0; received target={self.target!r}."
            )

    def judge(self) -> tuple[bool, str]:
        curve = self.curves[self.monitor]
        rising = self.monitors[self.monitor].rising(self.model)
        self._check_reachable(rising)
        if curve[-1] >= self.target if rising else curve[-1] <= self.target:
            return True, f"{self.monitor}, {curve[-1]:.4g}, has reached target={self.target:g}"
        best = math.nan if self.best_look is None else curve[self.best_look]
        return False, f"{self.monitor}, {best:.4g} at best, has not reached target={self.target:g}"

    def _check_reachable(self, rising: bool) -> None:
        for metric in self.monitors[self.monitor].metrics(self.model):
            bound = _bound(metric)
            if bound is not None and (self.target > bound if rising else self.target < bound):
                raise ValueError(
                    f"`target` must be one that monitor={self.monitor!r} can reach, which is never "
                    f"{'above' if rising else 'below'} {bound:g}; received target={self.target!r}."
                )


def _bound(metric: keras.Metric) -> float | None:
    """Returns the best value that a metric of Keras can have: all that rise end at 1."""
    if type(metric).__module__.partition(".")[0] != "keras":
        return None
    if isinstance(metric, keras.metrics.Poisson):
        return None
    return {"up": 1.0, "down": 0.0}.get(getattr(metric, "_direction", None) or "")


def _nonnegative(model: keras.Model) -> bool:
    """Whether the loss is one of Keras's that are never negative, and nothing is added to it."""
    given = keras.tree.flatten(model.loss)
    loss = given[0] if len(given) == 1 else None
    loss = keras.losses.get(loss) if isinstance(loss, str) else loss
    known = any(type(loss) is each or loss is each().fn for each in _NONNEGATIVE)
    layers = model._flatten_layers()
    own = any(type(layer).__module__.partition(".")[0] != "keras" for layer in layers)
    return known and not own and not model.losses
