"""A search that runs as chief, as worker or alone, as KerasTuner's environment says.

python -m tests.tuning.search_process FOLDER
"""

import gc
import sys

import keras
import keras_tuner
import numpy as np

from keras_regzoo.quiet import QUIET
from keras_regzoo.tuning import CrossValidatedTuner

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 3)).astype("float32")
Y = X @ np.array([[1.0], [-1.0], [0.5]], "float32")
TRIALS = 4
FOLDS = 3


def build(hp):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    rate = hp.Float("rate", 1e-3, 0.3, sampling="log")
    eager = keras.backend.backend() != "jax"
    model.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=eager)
    return model


def tuner(folder, make=build, trials=TRIALS, patience=None, oracle=None, spread=0.0):
    if oracle is None:
        oracle = keras_tuner.oracles.RandomSearchOracle("val_loss", max_trials=trials, seed=1)
    options = {"directory": str(folder), "project_name": "search", "spread": spread}
    return CrossValidatedTuner(oracle, make, FOLDS, patience, seed=3, **options)


if __name__ == "__main__":
    gc.freeze()  # KerasTuner collects garbage at every build
    tuner(sys.argv[1]).search(X, Y, epochs=3, batch_size=8, shuffle=False, verbose=QUIET)
