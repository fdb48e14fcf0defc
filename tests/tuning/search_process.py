"""A search that runs as chief, as worker or alone, as KerasTuner's environment says.

python -m tests.tuning.search_process FOLDER ORACLE [MOST]

Every fold that was trained is a line in FOLDER/trained.txt. The process kills itself as it is to
train another fold after MOST of them, those of processes before it counted.
"""

import gc
import hashlib
import os
import signal
import sys
from pathlib import Path

import keras
import keras_tuner
import numpy as np
from keras_tuner import oracles

from keras_regzoo.quiet import QUIET
from keras_regzoo.tuning import CrossValidatedTuner

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 3)).astype("float32")
Y = X @ np.array([[1.0], [-1.0], [0.5]], "float32")
TRIALS = 4
FOLDS = 3
FIT = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": QUIET}
ORACLES = {
    "random": lambda: oracles.RandomSearchOracle("val_loss", max_trials=TRIALS, seed=1),
    "grid": lambda: oracles.GridSearchOracle("val_loss", max_trials=TRIALS, seed=1),
    "bayesian": lambda: oracles.BayesianOptimizationOracle(
        "val_loss", max_trials=7, num_initial_points=2, seed=1
    ),
    "hyperband": lambda: oracles.HyperbandOracle("val_loss", max_epochs=4, factor=2, seed=1),
}


def build(hp):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    rate = hp.Float("rate", 1e-3, 0.3, sampling="log")
    eager = keras.backend.backend() != "jax"
    model.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=eager)
    return model


class Noted(keras_tuner.HyperModel):
    """Notes each fold that was trained, and by whom; kills its process at a certain one."""

    def __init__(self, folder, most=None):
        super().__init__()
        self.path, self.most = Path(folder) / "trained.txt", most

    def build(self, hp):
        model = build(hp)
        model.optimizer.momentum = hp.Float("momentum", 0.0, 0.9)
        model.optimizer.weight_decay = hp.Float("decay", 1e-6, 0.1, sampling="log")
        return model

    def fit(self, hp, model, *args, **options):
        if len(trained(self.path.parent)) == self.most:
            os.kill(os.getpid(), signal.SIGKILL)
        history = model.fit(*args, **options)
        held_out = hashlib.sha256(options["validation_data"][0].tobytes()).hexdigest()[:8]
        name = os.environ.get("KERASTUNER_TUNER_ID", "alone")
        with self.path.open("a") as file:
            file.write(f"{name} {hp.get('rate')!r} {options['epochs']} {held_out}\n")
        return history


def trained(folder):
    """Returns of each fold that was trained by whom, at which rate, how long, and which fold."""
    path = Path(folder) / "trained.txt"
    return [tuple(line.split()) for line in path.read_text().splitlines()] if path.is_file() else []


def tuner(folder, make=build, trials=TRIALS, patience=None, oracle=None, spread=0.0):
    if oracle is None:
        oracle = oracles.RandomSearchOracle("val_loss", max_trials=trials, seed=1)
    options = {"directory": str(folder), "project_name": "search", "spread": spread}
    return CrossValidatedTuner(oracle, make, FOLDS, patience, seed=3, **options)


def results(search):
    """Returns rate and score of each trial, in the order of the trials."""
    trials = search.oracle.trials
    return [(trials[i].hyperparameters.get("rate"), trials[i].score) for i in sorted(trials)]


if __name__ == "__main__":
    gc.freeze()  # KerasTuner collects garbage at every build
    where, oracle, *most = sys.argv[1:]
    noted = Noted(where, *map(int, most))
    tuner(where, noted, oracle=ORACLES[oracle]()).search(X, Y, **FIT)
