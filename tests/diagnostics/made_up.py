"""Comparisons that nobody trained, with the errors that a test asks for."""

from pathlib import Path
from typing import Any

from keras_regzoo.diagnostics.comparison import Comparison

ENVIRONMENT = {
    "keras_regzoo": "0.1",
    "keras": "3.15",
    "backend": "torch 2",
    "numpy": "2",
    "python": "3.12",
    "system": "Linux",
    "cpus": 2,
}


def made_up(errors, task="multiclass", epochs=3, **settings) -> Any:
    """A comparison whose runs have the given test errors, by technique.

    One called `"b"` takes twice the baseline's time.
    """
    runs, seeds = [], len(errors["baseline"])
    for seed in range(seeds):
        for technique, values in errors.items():
            measured = {"error": values[seed], "loss": values[seed]}
            if task != "regression":
                measured["ece"] = values[seed]
            runs.append(
                {
                    "technique": technique,
                    "seed": seed,
                    "train": {**measured, "error": 0.0},
                    "validation": measured,
                    "test": dict(measured),
                    "epochs_trained": epochs - 1,
                    "kept_epoch": 1,
                    "seconds_per_epoch": 2.0 if technique == "b" else 1.0,
                    "curves": {"error": [0.5, 0.4], "loss": [0.5, 0.4]},
                    "environment": ENVIRONMENT,
                }
            )
    common = {
        "task": task,
        "data": "data",
        "data_sha256": "0123abcd",
        "target": None,
        "train_size": 40,
        "validation_size": 20,
        "test_size": 20,
        "model": "mlp",
        "parameters": 12345,
        "epochs": epochs,
        "batch_size": 20,
        "learning_rate": 1e-3,
        "backend": "torch",
    }
    return Comparison({**common, **settings}, list(range(seeds)), runs, Path())
