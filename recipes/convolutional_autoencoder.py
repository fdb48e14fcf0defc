"""On 8 x 8 digits a convolutional autoencoder rebuilds no better for its weights than a dense one.

All have codes of eight numbers, and train for as many epochs. Two dense and two convolutional
autoencoders, of different sizes each, tell how the error on held-out images falls with the number
of weights: the larger convolutional one lies where a dense one of its size would, the smaller
somewhat above. Sharing weights over positions should gain on larger images, which have more of
them; --data tfds:mnist asks that question, and nothing is expected of the answer here.

Reference: Masci, Meier, Cireşan & Schmidhuber 2011, Stacked Convolutional Auto-Encoders for
Hierarchical Feature Extraction.

Command: regzoo run convolutional_autoencoder
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws what is rebuilt.
Expected: error 0.0222 with 9416 weights and 0.0172 with 34 248 of the dense ones, 0.0296 with 3577
and 0.0218 with 11 753 of the convolutional ones, means over two seeds. 35 s of processor time on
TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.recipe_options import Needs
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import plots
from keras_regzoo.models import Autoencoder, conv_autoencoder, dense_autoencoder

CODE = 8
EPOCHS = 40
METHODS: dict[str, Callable[[Any], tuple[keras.Model, keras.Model]]] = {
    "dense_64": lambda shape: dense_autoencoder(shape, (64,), CODE),
    "dense_128_64": lambda shape: dense_autoencoder(shape, (128, 64), CODE),
    "conv_8_16": lambda shape: conv_autoencoder(shape, (8, 16), CODE),
    "conv_16_32": lambda shape: conv_autoencoder(shape, (16, 32), CODE),
}
SETTINGS = {"code": CODE}
EXPECTED = {
    "dense_64/error": (0.0199, 0.0244),
    "dense_128_64/error": (0.0155, 0.0190),
    "conv_8_16/error": (0.0245, 0.0345),
    "conv_16_32/error": (0.0196, 0.0240),
}


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    return trained(lambda: Autoencoder(*METHODS[method](images.shape)), images, seed, epochs)


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the error on test and training images, and the number of weights."""
    model = fitted(method, images, seed, epochs)
    return {
        "error": float(model.reconstruction_error(images.x_test).mean()),
        "training_error": float(model.reconstruction_error(images.x_train).mean()),
        "weights": sum(int(np.prod(each.shape)) for each in model.trainable_variables),
    }


def draw(images: data.Dataset, epochs: int) -> Any:
    models = {name: fitted(name, images, 0, epochs) for name in METHODS}
    return plots.reconstructions(models, images.x_test, 10)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    needs = Needs(pictures=True)
    return run_study(
        argv, __file__, __doc__, list(METHODS), measure, EPOCHS, EXPECTED, SETTINGS, draw, needs
    )


if __name__ == "__main__":
    raise SystemExit(main())
