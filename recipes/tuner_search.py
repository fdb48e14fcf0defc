"""A short search with KerasTuner finds no regularization that helps a network on 200 digits.

Two hidden layers learn 8 x 8 digits from 200 of them. KerasTuner tries sets of at most two of L2,
dropout and mixup, with strengths from their search spaces, and keeps the trial whose validation
loss was least. The network with what was found, and the network as it is, are then trained from the
same initial weights, for as many epochs, and judged on test digits, which the search has not seen.

Reference: Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization.

Command: regzoo run tuner_search
With --data tfds:mnist it takes 200 of those, too.
Expected: test accuracy 0.934 as it is and with what was found, which the validation loss chose.
Means over three seeds; 104 s of processor time on TensorFlow.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

import keras

from keras_regzoo import data, validation
from keras_regzoo.cli.classifier import accuracy, loss, network
from keras_regzoo.cli.recipe_options import Asked, few, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.quiet import QUIET
from keras_regzoo.tuning import RegularizedHyperModel

METHODS = ("untuned", "tuned")
TECHNIQUES = ("l2", "dropout", "mixup")
MOST_TECHNIQUES = 2
TRIALS = 4
LABELLED = 200
SEEDS = (0, 1, 2)
EPOCHS = 40
BATCH = 32
RATE = 1e-3
UNITS = (128, 128)
EXPECTED = {
    "untuned/test": (0.918, 0.958),
    "tuned - untuned/test": (-0.02, 0.02),
}


def hyper_model(images: data.Dataset) -> RegularizedHyperModel:
    def build(hp: Any) -> keras.Model:
        model = network(images, UNITS)
        model.compile(keras.optimizers.Adam(RATE), loss(), metrics=["accuracy"])
        return model

    return RegularizedHyperModel(build, TECHNIQUES, MOST_TECHNIQUES)


def found_by_search(build: RegularizedHyperModel, seed: int, smoke: bool, fit: Any) -> Any:
    """Returns the hyperparameters of the trial whose validation loss was least."""
    keras_tuner = validation.extra("keras_tuner", "tuner", "A search")
    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.RandomSearch(
            build,
            "val_loss",
            max_trials=1 if smoke else TRIALS,
            seed=seed,
            directory=folder,
        )
        tuner.search(**fit)
        return tuner.get_best_hyperparameters()[0]


def measure(method: str, seed: int, asked: Asked) -> dict[str, float]:
    """Searches and trains, or trains alone; returns the accuracy and loss on test images."""
    keras_tuner = validation.extra("keras_tuner", "tuner", "A search")
    images = few(asked.images(seed), LABELLED)
    build = hyper_model(images)
    fit = {
        "x": images.x_train,
        "y": images.y_train,
        "batch_size": BATCH,
        "epochs": asked.epochs,
        "verbose": QUIET,
    }
    hp = keras_tuner.HyperParameters()
    if method == "tuned":
        held_out = (images.x_validation, images.y_validation)
        hp = found_by_search(build, seed, asked.smoke, {**fit, "validation_data": held_out})
    keras.utils.set_random_seed(seed)
    model = build.build(hp)
    model.fit(**fit)
    logs: Any = model.evaluate(images.x_test, images.y_test, verbose=QUIET, return_dict=True)
    return {"test": accuracy(model, images.x_test, images.y_test), "loss": float(logs["loss"])}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures both and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS, images=True, figure=False)
    settings = {
        "data": asked.data,
        "epochs": asked.epochs,
        "techniques": TECHNIQUES,
        "most_techniques": MOST_TECHNIQUES,
        "trials": TRIALS,
        "labelled": LABELLED,
        "batch": BATCH,
        "rate": RATE,
        "units": UNITS,
    }
    found = study(METHODS, lambda m, seed: measure(m, seed, asked), asked.seeds, settings)
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
