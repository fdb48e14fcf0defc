"""Callbacks that move something while training, or watch it."""

from __future__ import annotations

from keras_regzoo import callbacks
from tests.cases.case import Case, each

CASES: tuple[Case, ...] = (
    Case(
        callbacks.ContinuationScheduler,
        "callback",
        arguments=lambda: {"strength": "drop/rate", "stages": [0.0], "epochs": 1},
        variations=(
            lambda: {
                "strength": "drop/rate",
                "stages": [0.0],
                "patience": 2,
                "monitor": "loss",
                "mode": "min",
                "min_delta": 0.1,
                "reset_optimizer": True,
            },
        ),
        bad=each(
            strength=(3, None),
            stages=(0.5, None, [], [0.1, 0.1], [0.1, 0.2], [0.1, -0.1], ["0.1"]),
            epochs=(0, 1.5, "1", True, None),
            patience=(0, 1.5, "1", True),
            monitor=(3, None),
            mode=("down", None),
            min_delta=(-0.1, "0", None),
            reset_optimizer=("yes", None),
        ),
        zero=lambda: {"strength": "drop/rate", "stages": [0.0], "epochs": 1},
    ),
)
