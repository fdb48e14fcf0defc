"""Callbacks that move something while training, or watch it."""

from __future__ import annotations

import math
import tempfile

import numpy as np

from keras_regzoo import callbacks, objectives
from tests.cases.case import Case, each

NO_WARNINGS = {"vanishing": 0.0, "exploding": math.inf, "dead": 1.0, "saturated": 1.0}

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
    Case(
        callbacks.SelfPacedScheduler,
        "callback",
        arguments=lambda: {
            "pacing": lambda count: 0.5,
            "data": (np.eye(6), np.ones((6, 2))),
            "limit": 1e6,  # else the pacing would have to reach 1 in each training
        },
        variations=(
            lambda: {"growth": 1.3, "limit": 2.0, "threshold": "self_paced/threshold"},
            lambda: {
                "pacing": lambda count: 0.5,
                "data": (np.eye(6), np.ones((6, 2))),
                "limit": 1e6,
                "per": "step",
                "every": 2,
                "batch_size": 4,
            },
            lambda: {
                "growth": 1.3,
                "per": "plateau",
                "monitor": "loss",
                "mode": "min",
                "patience": 1,
                "min_delta": 0.1,
            },
        ),
        bad=each(
            growth=(1.0, 0.5, "1", 2.0),
            pacing=(0.5, None),
            data=(None, 3, (1, 2), ([1.0],)),
            limit=(0.0, -1.0, "1", None),
            per=("batch", None),
            every=(0, 1.5, None),
            monitor=(3, None),
            mode=("down", None),
            patience=(0, 1.5, None),
            min_delta=(-0.1, "0", None),
            threshold=(3, None),
            batch_size=(0, 1.5),
        ),
        zero=lambda: {"growth": 2.0},
        objectives=lambda: [objectives.SelfPaced(math.inf)],
    ),
    Case(
        callbacks.GradualUnfreezing,
        "callback",
        arguments=lambda: {"reset_optimizer": False},
        variations=(
            lambda: {"groups": 2, "epochs": 2},
            lambda: {"groups": ["outputs", ["hidden"]]},
        ),
        bad=each(
            groups=(0, 1.5, "top", None, [], [3], [[]], ["top", "top"]),
            epochs=(0, 1.5, "1", None),
            reset_optimizer=("yes", None),
        ),
        zero=lambda: {"groups": 9},
    ),
    Case(
        callbacks.GradientMonitor,
        "callback",
        arguments=lambda: {"x": np.eye(6, dtype="float32"), "y": np.ones((6, 2)), **NO_WARNINGS},
        variations=(
            lambda: {
                "x": np.eye(6, dtype="float32"),
                "y": np.ones((6, 2)),
                "every": 1,
                **NO_WARNINGS,
            },
        ),
        bad=each(
            x=(3, "x", None),
            y=(3, "y"),
            every=(0, 1.5, "1"),
            vanishing=(-0.1, 1.0, "0", None),
            exploding=(0.0, -1.0, "1", None),
            dead=(-0.1, 1.1, "1", None),
            saturated=(-0.1, 1.1, "1", None),
        ),
        zero=lambda: {"x": np.eye(6, dtype="float32"), "y": np.ones((6, 2)), **NO_WARNINGS},
    ),
    Case(
        callbacks.ExactResume,
        "callback",
        arguments=lambda: {"path": tempfile.mkdtemp()},
        variations=(lambda: {"path": tempfile.mkdtemp(), "every": 1, "per": "epoch"},),
        bad=each(path=(3, None), every=(0, 1.5, "1"), per=("batch", None)),
        zero=lambda: {"path": tempfile.mkdtemp()},
    ),
)
