"""What self-training adds to 50 labelled digits.

    KERAS_BACKEND=jax python -m benchmarks.self_training

Two hidden layers classify 8 x 8 digits, of which 50 training digits have a label. Supervised
training is the first round of self-training; both are measured on test digits. The share of wrong
ones among the labels that self-training gave is measured too. Each seed is another split and
another start.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from benchmarks import results_file
from keras_regzoo import data
from keras_regzoo.diagnostics import study
from keras_regzoo.quiet import QUIET
from keras_regzoo.training import self_train

LABELS, UNITS, EPOCHS, BATCH, ROUNDS, TEST = 50, 128, 60, 32, 5, 0.3
SEEDS = (0, 1, 2, 3, 4)
THRESHOLDS = {"supervised": None, "threshold 0.9": 0.9, "threshold 0.99": 0.99}


def build() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(UNITS, "relu"),
            layers.Dense(UNITS, "relu"),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy")
    return model


def measure(method: str, seed: int) -> dict[str, float]:
    """Trains once with one seed; returns the accuracy, and how many labels were given wrongly."""
    digits = data.load("digits", test=TEST, seed=seed)
    few = digits.with_training_size(LABELS)
    threshold = THRESHOLDS[method]
    known = {row.tobytes() for row in few.x_train}
    rest = np.array([row.tobytes() not in known for row in digits.x_train])
    rest &= threshold is not None
    found = self_train(
        build,
        few.x_train,
        few.y_train,
        digits.x_train[rest],
        1.0 if threshold is None else threshold,
        ROUNDS,
        seed=seed,
        epochs=EPOCHS,
        batch_size=BATCH,
    )
    given = found.labels >= 0
    wrong = found.labels[given] != digits.y_train[rest][given]
    right = found.model.predict(digits.x_test, verbose=QUIET).argmax(-1) == digits.y_test
    keras.backend.clear_session()
    return {
        "test_accuracy": float(np.mean(right)),
        "labels_given": float(np.sum(given)),
        "labels_wrong": float(np.mean(wrong)) if len(wrong) else 0.0,
        "trainings": float(len(found.histories)),
    }


if __name__ == "__main__":
    settings: dict[str, Any] = {"labels": LABELS, "units": UNITS, "epochs": EPOCHS, "batch": BATCH}
    settings.update(rounds=ROUNDS, test=TEST)
    found = study(list(THRESHOLDS), measure, SEEDS, settings)
    for name in list(THRESHOLDS)[1:]:
        print(name, found.gain(name, "supervised", "test_accuracy"))
    found.save(results_file.RESULTS / "self_training.json")
