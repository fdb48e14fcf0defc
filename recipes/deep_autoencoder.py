"""Greedy pretraining lets a deep autoencoder of sigmoid layers rebuild images it else would not.

A stacked autoencoder has three stages of sigmoid units on 8 numbers a digit. From random weights it
is trained as a whole; greedily, each stage first learns to rebuild the codes of the one below, and
then the whole is trained for as many epochs as from random weights. As a control it is trained from
random weights for as many epochs as all four trainings take together. In the chained form the
second of two stages sees the images beside what the first makes of them, with a code as small; one
such stage alone is its control, over which it gains nothing here. Measured is the mean squared
error on held-out images.

Reference: Hinton & Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks;
Vincent, Larochelle, Lajoie, Bengio & Manzagol 2010, Stacked Denoising Autoencoders, sec. 3.5; the
chained form is the library's own.

Command: regzoo run deep_autoencoder
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws what is rebuilt.
Expected: error 0.073 from random weights, 0.045 in four times the epochs, 0.028 greedily; 0.020 of
one stage and 0.021 of two in the chained form. Means over two seeds; 48 s of processor time on
TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.study_recipe import BATCH, RATE, run_study, trained
from keras_regzoo.diagnostics import plots
from keras_regzoo.models import StackedAutoencoder, dense_autoencoder
from keras_regzoo.quiet import QUIET
from keras_regzoo.training import greedy_pretrain

METHODS = ("random", "random_longer", "greedy", "single", "chained")
CODES = (128, 64, 8)
HIDDEN = (128,)  # of each stage in the chained form, whose units are rectified
CHAINED = {"single": 1, "chained": 2}  # stages
EPOCHS = 30  # of each stage, and of the whole
LONGER = 1 + len(CODES)  # as often as greedily, stages and the whole together
SETTINGS = {"codes": CODES, "hidden": HIDDEN}
EXPECTED = {
    "random/error": (0.06, 0.085),
    "random_longer/error": (0.04, 0.06),
    "greedy/error": (0.022, 0.033),
    "single/error": (0.016, 0.025),
    "chained/error": (0.016, 0.025),
}


def deep(images: data.Dataset) -> StackedAutoencoder:
    shapes = (images.shape, *((units,) for units in CODES[:-1]))
    return StackedAutoencoder(
        [
            dense_autoencoder(
                shape, (), units, code_activation="sigmoid", output_activation="sigmoid"
            )
            for shape, units in zip(shapes, CODES, strict=True)
        ]
    )


def chained(images: data.Dataset, stages: int) -> StackedAutoencoder:
    *size, channels = images.shape
    return StackedAutoencoder(
        [
            dense_autoencoder(
                (*size, channels * 2**stage), HIDDEN, CODES[-1], output_activation="sigmoid"
            )
            for stage in range(stages)
        ],
        chained=True,
    )


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    def build() -> StackedAutoencoder:
        if method in CHAINED:
            return chained(images, CHAINED[method])
        model = deep(images)
        if method == "greedy":
            greedy_pretrain(
                model,
                images.x_train,
                epochs=epochs,
                batch_size=BATCH,
                optimizer=keras.optimizers.Adam(RATE),
                verbose=QUIET,
            )
        return model

    return trained(build, images, seed, epochs * (LONGER if method == "random_longer" else 1))


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the mean squared error on test images."""
    model = fitted(method, images, seed, epochs)
    return {"error": float(np.mean(np.square(model.reconstruct(images.x_test) - images.x_test)))}


def draw(images: data.Dataset, epochs: int) -> Any:
    models = {name: fitted(name, images, 0, epochs) for name in METHODS}
    return plots.reconstructions(models, images.x_test)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    return run_study(argv, __file__, __doc__, METHODS, measure, EPOCHS, EXPECTED, SETTINGS, draw)


if __name__ == "__main__":
    raise SystemExit(main())
