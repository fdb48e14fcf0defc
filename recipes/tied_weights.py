"""A tied autoencoder rebuilds digits nearly as well with half the weights.

The decoder's kernels are the encoder's, transposed, or its own. Both start at the same seed and are
trained alike, with a hidden layer on each side of the code; the third is untied with so few hidden
units that it has about as many weights as the tied one. Measured are the weights, and the mean
squared error on held-out digits and on those trained on.

Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol 2010, Stacked Denoising Autoencoders, sec.
2.2 (tied weights); Hinton & Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural
Networks (transposed weights to start the decoder with).

Command: regzoo run tied_weights
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws rebuilt digits.
Expected: error 0.0123 with 19 788 weights untied, 0.0123 with 10 060 tied, and 0.0154 with 9932
untied and narrow, means over two seeds. 40 s of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import plots
from keras_regzoo.models import Autoencoder, dense_autoencoder

HIDDEN = {"untied": 128, "untied_narrow": 64, "tied": 128}
LATENT = 12
EPOCHS = 60
SETTINGS = {"hidden": HIDDEN, "latent": LATENT}
EXPECTED = {
    "untied/error": (0.0107, 0.0134),
    "untied_narrow/error": (0.0126, 0.0174),
    "tied/error": (0.0112, 0.0138),
    "tied - untied_narrow/error": (-0.0045, -0.0005),
}


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    def build() -> keras.Model:
        tied = method == "tied"
        return Autoencoder(*dense_autoencoder(images.shape, (HIDDEN[method],), LATENT, tied=tied))

    return trained(build, images, seed, epochs)


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the errors, and the number of weights."""
    model = fitted(method, images, seed, epochs)
    return {
        "weights": float(sum(np.prod(each.shape) for each in model.trainable_variables)),
        "error": float(model.reconstruction_error(images.x_test).mean()),
        "train_error": float(model.reconstruction_error(images.x_train).mean()),
    }


def draw(images: data.Dataset, epochs: int) -> Any:
    models = {name: fitted(name, images, 0, epochs) for name in HIDDEN}
    return plots.reconstructions(models, images.x_test, 10)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    methods = list(HIDDEN)
    return run_study(argv, __file__, __doc__, methods, measure, EPOCHS, EXPECTED, SETTINGS, draw)


if __name__ == "__main__":
    raise SystemExit(main())
