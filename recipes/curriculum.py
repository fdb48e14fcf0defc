"""When curricula work: easy digits first, with all the time, with little, and with wrong labels.

Two hidden layers classify 8 x 8 digits, which are served easiest first, the share growing evenly
with the steps from a tenth to all of them; or hardest first; or in a random order at the same pace,
the control, which tells what is due to the order from what is due to fewer examples at first; or
plainly, all from the first step on. All take the same number of steps, from the same weights and on
the same split for each seed, and are judged on test digits whose labels are right. The difficulty
of an example is its loss, with the labels at hand, under models trained without it.

Reference: Wu, Dyer & Neyshabur 2021, When Do Curricula Work?, sec. 4 (on clean data with a full
budget the order gains next to nothing), 5 (it gains with a short budget or wrong labels); Zhou et
al. 2024, CurBench: Curriculum Learning Benchmark.

Command: regzoo run curriculum
Expected: with 40 % wrong labels test accuracy 0.910 easiest first, 0.885 plainly, 0.868 at random
and 0.842 hardest first, means over five seeds. On clean labels the curriculum loses, 0.952 against
0.971 plainly, with little time too, 0.873 against 0.917: the gain that the paper reports there is
not found on digits. 464 s on two cores busy with much else.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops

from keras_regzoo import data
from keras_regzoo.backend import reset_optimizer
from keras_regzoo.callbacks import CurriculumScheduler
from keras_regzoo.cli.recipe_options import Asked, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.quiet import QUIET

SEEDS = (0, 1, 2, 3, 4)
EPOCHS = 40
SHORT = 0.1  # of those, where the budget is short
FLIPPED = {"clean": 0.0, "short": 0.0, "noisy": 0.4}
ORDERS = {"curriculum": "easy_to_hard", "random": "random", "anti": "hard_to_easy"}
METHODS = tuple(f"{each}/{order}" for each in FLIPPED for order in ("plain", *ORDERS))
START = 0.1
GROWTH = 0.9  # the share of the steps after which all examples are served
FOLDS = 3
SCORING_EPOCHS = 10
BATCH = 64
UNITS = 128
TEST = 0.3
EXPECTED = {
    "clean/plain/test": (0.941, 1.001),
    "clean/curriculum/test": (0.922, 0.982),
    "clean/random/test": (0.937, 0.997),
    "clean/anti/test": (0.947, 1.007),
    "short/plain/test": (0.887, 0.947),
    "short/curriculum/test": (0.843, 0.903),
    "short/random/test": (0.875, 0.935),
    "short/anti/test": (0.884, 0.944),
    "noisy/plain/test": (0.855, 0.915),
    "noisy/curriculum/test": (0.880, 0.940),
    "noisy/random/test": (0.838, 0.898),
    "noisy/anti/test": (0.812, 0.872),
}


class Examples(NamedTuple):
    """Digits of one split, the labels to train on, and how hard the examples are."""

    digits: data.Dataset
    labels: np.ndarray
    difficulty: np.ndarray


def new_network() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(UNITS, "relu"),
            layers.Dense(UNITS, "relu"),
            layers.Dense(10),
        ]
    )


@functools.cache
def compiled_network() -> keras.Model:
    model = new_network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss)
    return model


def network() -> keras.Model:
    """Returns the one compiled network with new weights: compiling takes longer than training."""
    model = compiled_network()
    model.set_weights(new_network().get_weights())
    reset_optimizer(model)
    return model


@functools.cache
def examples(flipped: float, seed: int, scoring_epochs: int) -> Examples:
    digits = data.load("digits", test=TEST, seed=seed)
    labels = data.add_label_noise(digits.y_train, flipped, seed=seed)
    keras.utils.set_random_seed(seed)
    options = {"seed": seed, "epochs": scoring_epochs, "batch_size": BATCH}
    scores = data.difficulty.cross_validated(network, digits.x_train, labels, FOLDS, **options)
    return Examples(digits, labels, scores)


def measure(method: str, seed: int, asked: Asked) -> dict[str, float]:
    """Trains once; returns the accuracy on test digits."""
    situation, _, order = method.partition("/")
    epochs = math.ceil(SHORT * asked.epochs) if situation == "short" else asked.epochs
    scoring_epochs = min(asked.epochs, SCORING_EPOCHS)
    digits, labels, scores = examples(FLIPPED[situation], seed, scoring_epochs)
    steps = math.ceil(len(labels) / BATCH) * epochs
    start = 1.0 if order == "plain" else START
    curriculum = data.CurriculumDataset(
        digits.x_train,
        labels,
        scores,
        data.pacing.linear(start, int(GROWTH * steps)),
        BATCH,
        ORDERS.get(order, "random"),
        seed=seed,
    )
    keras.utils.set_random_seed(seed)
    model = network()
    scheduler = CurriculumScheduler(curriculum, by="step")
    model.fit(curriculum, epochs=epochs, shuffle=False, verbose=QUIET, callbacks=[scheduler])
    outputs = ops.convert_to_numpy(model(digits.x_test))
    return {"test": float(np.mean(outputs.argmax(-1) == digits.y_test))}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS)
    settings = {
        "epochs": asked.epochs,
        "short": SHORT,
        "flipped": FLIPPED,
        "start": START,
        "growth": GROWTH,
        "folds": FOLDS,
        "scoring_epochs": SCORING_EPOCHS,
        "batch": BATCH,
        "units": UNITS,
        "test": TEST,
    }
    methods = METHODS[-4:] if asked.smoke else METHODS
    found = study(methods, lambda m, seed: measure(m, seed, asked), asked.seeds, settings)
    for situation in FLIPPED if asked.compares else ():
        for baseline in ("plain", "random"):
            pair = f"{situation}/curriculum", f"{situation}/{baseline}"
            gain = found.gain(*pair, "test")
            low, high = gain.interval or (gain.mean, gain.mean)
            text = f"{gain.mean:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}"
            print(f"{pair[0]} - {pair[1]}: {text}")
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
