"""MultiMonitorStopping: patience with several metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keras_regzoo import validation
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.callbacks.stopping import Stopping


class MultiMonitorStopping(Stopping):
    """Stops when any, or all, of several monitors have not improved for their patience.

        stop at the first t with p_m ≤ t − t*_m for any, or for all, of the monitors m,
        t*_m = the last look at which m was better than its best before by more than min_delta

    It acts at each look, and is active in training alone. With one monitor it stops where
    `keras.callbacks.EarlyStopping` does. NaN is no improvement. With `"all"` a monitor that goes
    on improving keeps training going, so limit the epochs too.

    Args:
        patience: A dict from the name of each monitor to its patience p, in looks, at least 1.
        require: `"any"` or `"all"`.
        modes: A dict from names of monitors to their modes, `"min"`, `"max"` or `"auto"`, which
            those have that are not in it.
        min_delta: The least change that counts as an improvement, at least 0.
        **kwargs: Those of `Stopping`: monitor, mode, restore_best_weights, every, validation_data,
            validation_batch_size. `monitor`, by which weights are best, is the first of
            `patience` by default, and has its mode from `modes`.

    Raises:
        ValueError: If an argument is not as it must be.

    Example:

    >>> stop = keras_regzoo.callbacks.MultiMonitorStopping({"val_loss": 5, "val_accuracy": 10})
    >>> stop.monitor
    'val_loss'

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, algorithm 7.1 (patience with
    one error).
    """

    def __init__(
        self,
        patience: Mapping[str, int],
        require: str = "any",
        modes: Mapping[str, str] | None = None,
        min_delta: float = 0.0,
        **kwargs: Any,
    ) -> None:
        if not isinstance(patience, Mapping) or not patience:
            raise ValueError(
                "`patience` must be a dict of one monitor or more, with the patience of each; "
                f"received patience={patience!r}."
            )
        self.patience = {
            validation.instance("patience", name, str): validation.integer(
                "patience", looks, "[1, inf)"
            )
            for name, looks in patience.items()
        }
        if not isinstance(modes, Mapping | None) or set(modes or ()) - set(patience):
            raise ValueError(
                f"`modes` must be a dict of monitors in `patience`; received modes={modes!r}."
            )
        self.modes = dict(modes or {})
        self.require = validation.one_of("require", require, ("any", "all"))
        self.min_delta = validation.number("min_delta", min_delta, "[0, inf)")
        best_by = kwargs.pop("monitor", next(iter(self.patience)))
        mode = kwargs.pop("mode", self.modes.get(best_by, "auto"))
        super().__init__(best_by, mode, **kwargs)
        for name in self.patience:
            own = mode if name == best_by else self.modes.get(name, "auto")
            self.monitors[name] = Monitor(name, own)

    def judge(self) -> tuple[bool, str]:
        waited = {
            name: looks_without_improvement(self._signed(name), self.min_delta)
            for name in self.patience
        }
        over = [name for name, looks in waited.items() if looks >= self.patience[name]]
        stop = bool(over) if self.require == "any" else len(over) == len(waited)
        listed = ", ".join(f"{name} for {looks}" for name, looks in waited.items())
        return stop, (
            f"the looks without improvement were {listed}, and {self.require} of them "
            + ("had to reach" if stop else "must reach")
            + f" patience={self.patience}"
        )

    def _signed(self, name: str) -> Sequence[float]:
        rising = self.monitors[name].rising(self.model)
        return [-value for value in self.curves[name]] if rising else self.curves[name]


def looks_without_improvement(errors: Sequence[float], min_delta: float) -> int:
    """Returns how many looks ago the error was last below its least by more than `min_delta`."""
    best, last = None, -1
    for look, error in enumerate(errors):
        if error == error and (best is None or best - error > min_delta):
            best, last = error, look
    return len(errors) - 1 - last
