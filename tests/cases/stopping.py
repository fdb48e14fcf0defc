"""Stopping callbacks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_regzoo import callbacks
from tests.cases.case import Arguments, Case, each

HELD_OUT = np.ones((4, 6), "float32"), np.ones((4, 2), "float32")
BAD: dict[str, tuple[Any, ...]] = {
    "monitor": (3, None),
    "mode": ("up", None),
    "restore_best_weights": (1, None),
    "every": (0, 1.5, "2"),
    "validation_data": ((1,), [1, 2], "data", iter([1])),
    "validation_batch_size": (0, 1.5, "2", 3),
}


def case(cls: type, bad: dict[str, tuple[Any, ...]], **never_stops: Any) -> Case:
    """A callback that looks at the training loss, and in a variation at data of its own."""

    def at_the_loss() -> dict[str, Any]:
        return {"monitor": "loss", **never_stops}

    def at_each_step() -> dict[str, Any]:
        looks: dict[str, Any] = {"every": 1, "validation_data": HELD_OUT}
        return {"monitor": "val_loss", "validation_batch_size": 2, **looks, **never_stops}

    def changes_nothing() -> dict[str, Any]:
        return {**at_each_step(), "restore_best_weights": False}

    arguments: tuple[Arguments, ...] = (at_the_loss, at_each_step)
    return Case(
        cls,
        "callback",
        arguments=arguments[0],
        variations=arguments[1:],
        bad=each(**bad, **BAD),
        zero=changes_nothing,
    )


NEVER = 10**6

CASES = (
    case(
        callbacks.GeneralizationLossStopping,
        {"alpha": (-1.0, math.nan, "1", None)},
        alpha=1e300,
    ),
    case(
        callbacks.ProgressQuotientStopping,
        {"alpha": (-1.0, math.nan, "1", None), "strip": (0, 1.5, "2", None)},
        alpha=1e300,
        strip=NEVER,
    ),
    case(
        callbacks.ConsecutiveRiseStopping,
        {"strips": (0, 1.5, "2", None), "strip": (0, 1.5, "2", None)},
        strips=NEVER,
        strip=1,
    ),
    case(
        callbacks.MultiMonitorStopping,
        {
            "patience": ({}, 3, {"loss": 0}, {1: 2}, None),
            "require": ("one", None),
            "modes": ({"other": "min"}, 3),
            "min_delta": (-1.0, math.nan, "1", None),
        },
        patience={"loss": NEVER},
        require="all",
        modes={"loss": "min"},
        min_delta=0.1,
    ),
    case(callbacks.TargetStopping, {"target": (math.inf, math.nan, "1", None)}, target=-1e9),
    case(callbacks.TimeStopping, {"seconds": (0.0, math.nan, "1", None)}, seconds=1e9),
)
