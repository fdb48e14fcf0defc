"""One monitored quantity of the logs: its value, and which way is better."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

import keras

from keras_regzoo import validation
from keras_regzoo.callbacks.fit_loop import skips_validation

MODES = ("auto", "min", "max")


class Monitor:
    """Reads a quantity from the logs and tells whether it has improved.

    Args:
        name: The log's name, such as `"val_loss"`.
        mode: `"min"` where less is better, `"max"` where more is; `"auto"` knows losses and Keras's
            own metrics.
        min_delta: The least change that counts as an improvement, at least 0.

    Raises:
        ValueError: If an argument is not as it must be.
    """

    def __init__(self, name: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        self.name = validation.instance("monitor", name, str)
        self.mode = validation.one_of("mode", mode, MODES)
        self.min_delta = validation.number("min_delta", min_delta, "[0, inf)")

    def is_due(self, epoch: int) -> bool:
        """Returns whether it is read at this epoch's end: not if `fit` validates only later on."""
        return not (self.name.startswith("val_") and skips_validation(epoch))

    def read(self, logs: Mapping[str, Any] | None) -> float:
        """Returns the value, which may be NaN.

        Raises:
            ValueError: If the logs have no such name; the sentence lists those they have.
        """
        self.check(logs or ())
        return float(cast(Any, logs)[self.name])

    def check(self, names: Collection[str]) -> None:
        """Raises a ValueError unless it is one of these names of logs, which the sentence lists."""
        if self.name not in names:
            listed = ", ".join(sorted(names)) or "none"
            raise ValueError(
                f"`monitor` must be one of the logs ({listed}); received monitor={self.name!r}."
            )

    def rising(self, model: keras.Model) -> bool:
        """Returns whether more is better.

        Raises:
            ValueError: If `mode` is `"auto"` and the metric does not say.
        """
        if self.mode != "auto":
            return self.mode == "max"
        name = self.name.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return False
        for metric in self.metrics(model):
            direction = getattr(metric, "_direction", None)
            if direction:
                return direction == "up"
        raise ValueError(
            f'`mode` must be "min" or "max" for monitor={self.name!r}, of which Keras does not '
            f"know which way is better; received mode={self.mode!r}."
        )

    def metrics(self, model: keras.Model) -> list[keras.Metric]:
        """Returns the compiled metrics that the name may be of."""
        name = self.name.removeprefix("val_")
        return [m for m in metrics_of(model) if name == m.name or name.endswith(f"_{m.name}")]

    def improves(self, model: keras.Model, value: float, best: float | None) -> bool:
        """Returns whether `value` is better than `best` by more than `min_delta`.

        NaN never is; anything else is better than `None`.

        Raises:
            ValueError: If which way is better is not known, whatever the values are.
        """
        rising = self.rising(model)
        if value != value:
            return False
        if best is None:
            return True
        gain = value - best if rising else best - value
        return gain > self.min_delta


def metrics_of(model: keras.Model) -> list[Any]:
    """Returns the metrics of `model` one by one, in its order."""
    return [each for metric in model.metrics for each in getattr(metric, "metrics", [metric])]
