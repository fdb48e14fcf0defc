"""Callbacks that average, keep and prune weights."""

from __future__ import annotations

import math
import tempfile

import numpy as np

from keras_regzoo import callbacks
from tests.cases.case import Case, each

_FOLDER = tempfile.TemporaryDirectory()
BY_EPOCH, BY_CYCLE = (f"{_FOLDER.name}/{{{field}}}.weights.h5" for field in ("epoch", "cycle"))
DATA = np.random.default_rng(0).normal(size=(6, 6)).astype("float32")
BAD_COUNTS = (0, -1, 1.5, "2", True, None)
BAD_RATES = (0.0, -0.1, math.nan, "0.1", True)

CASES: tuple[Case, ...] = (
    Case(
        callbacks.StochasticWeightAveraging,
        "callback",
        arguments=lambda: {"start": 0, "batch_norm_data": DATA},
        variations=(
            lambda: {
                "start": 0,
                "learning_rate": (0.1, 0.01),
                "cycle": 1,
                "batch_norm_data": [(DATA, None)],
            },
            lambda: {
                "start": 0.5,
                "learning_rate": 0.1,
                "batch_norm_data": DATA,
                "batch_size": 4,
            },
        ),
        bad=each(
            start=(-1, 1.0, 0.0, math.nan, "1", True, None),
            learning_rate=(*BAD_RATES, (0.1,), (0.1, 0.2)),
            cycle=BAD_COUNTS[:-1],
            batch_norm_data=(3, 0.5),
            batch_size=BAD_COUNTS,
        ),
        zero=lambda: {"start": 100, "batch_norm_data": DATA},
        counted=lambda: {"start": 0, "learning_rate": 0.1, "batch_norm_data": DATA},
    ),
    Case(
        callbacks.TopKCheckpoint,
        "callback",
        arguments=lambda: {"path": BY_EPOCH, "monitor": "loss", "k": 1},
        variations=(lambda: {"path": BY_EPOCH, "monitor": "loss", "mode": "max"},),
        bad=each(
            path=("best.keras", "{epoch}.txt", "{epoch}/best.keras", "{epoch.keras", 3, None),
            monitor=(3, None),
            k=BAD_COUNTS,
            mode=("up", None),
        ),
        zero=lambda: {"path": BY_EPOCH, "monitor": "loss"},
    ),
    Case(
        callbacks.SnapshotCheckpoint,
        "callback",
        arguments=lambda: {"path": BY_CYCLE, "cycles": 1, "learning_rate": 0.1},
        variations=(lambda: {"path": BY_CYCLE, "cycles": 2, "learning_rate": 0.1, "steps": 2},),
        bad=each(
            path=("{epoch}.keras", "{cycle}.h5", 3, None),
            cycles=BAD_COUNTS,
            learning_rate=(*BAD_RATES, None),
            steps=BAD_COUNTS[:-1],
        ),
        zero=lambda: {"path": BY_CYCLE, "cycles": 1, "learning_rate": 0.1, "steps": 10**9},
        counted=lambda: {"path": BY_CYCLE, "cycles": 1, "learning_rate": 0.1},
    ),
    Case(
        callbacks.MagnitudePruning,
        "callback",
        arguments=lambda: {"sparsity": 0.5},
        variations=(
            lambda: {
                "sparsity": 0.5,
                "initial_sparsity": 0.2,
                "begin": 0,
                "every": 1,
                "times": 2,
                "scope": "global",
            },
            lambda: {"sparsity": 0.5, "block": 2, "layers": ["hidden"]},
        ),
        bad=each(
            sparsity=(-0.1, 1.0, math.nan, "0.5", True, None),
            initial_sparsity=(-0.1, 0.6, math.nan, "0", True, None),
            begin=(-1, 1.5, "2", None),
            every=BAD_COUNTS,
            times=(-1, 1.5, "2", None),
            scope=("model", None),
            block=(1, 0, 2.5, "4"),
            layers=("hidden", 3),
        ),
        zero=lambda: {"sparsity": 0.0},
        counted=lambda: {"sparsity": 0.5, "begin": 1},
    ),
)
