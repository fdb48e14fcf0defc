"""A denoising autoencoder removes noise that a plain one passes on.

Gaussian noise lies on held-out digits. The denoising autoencoder was trained to undo such noise.
The plain one is the same network, with four units a pixel, trained on clean digits: it copies what
it is given, noise and all. A narrow plain one, with one unit for eight pixels, cannot copy
everything: some noise is lost, and some of the digit. The measure is the peak signal-to-noise ratio
in decibel, which is 10 log10 (1 / mean squared error), against the clean digit.

Reference: Vincent, Larochelle, Lajoie, Bengio & Manzagol 2010, Stacked Denoising Autoencoders, sec.
3; Goodfellow, Bengio & Courville 2016, Deep Learning, sec. 14.5.

Command: regzoo run denoising_autoencoder
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws noisy and rebuilt ones.
Expected: 10.5 dB of the noisy digits, 11.5 of what the plain one makes of them, 13.4 of the narrow
and 17.0 of the denoising one, means over two seeds; clean digits, though, 42.2 of the plain one and
20.0 of the denoising one. 37 s of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import plots
from keras_regzoo.models import Autoencoder, DenoisingAutoencoder, dense_autoencoder

NOISE = 0.3  # standard deviation, in units of the pixels' range
UNITS_PER_PIXEL = {"narrow": 0.125, "plain": 4, "denoising": 4}
METHODS = ("untouched", *UNITS_PER_PIXEL)
EPOCHS = 80
SETTINGS = {"noise": NOISE, "units_per_pixel": UNITS_PER_PIXEL}
EXPECTED = {
    "untouched/noisy": (10.4, 10.6),
    "narrow/noisy": (12.7, 13.7),
    "plain/noisy": (10.5, 12.2),
    "denoising/noisy": (16.5, 17.5),
    "plain/clean": (35.0, 50.0),
    "denoising/clean": (19.0, 21.5),
}


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    units = int(UNITS_PER_PIXEL[method] * np.prod(images.shape))

    def build() -> keras.Model:
        models = dense_autoencoder(images.shape, (), units, code_activation="relu")
        if method == "denoising":
            return DenoisingAutoencoder(*models, corruption=keras.layers.GaussianNoise(NOISE))
        return Autoencoder(*models)

    return trained(build, images, seed, epochs)


def noisy(x: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=x.shape)
    return (x + NOISE * noise).astype("float32")


def decibel(made: np.ndarray, x: np.ndarray) -> float:
    return -10 * math.log10(np.mean((made - x) ** 2))


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the signal-to-noise ratio of what a method makes of noisy and of clean images."""
    x, given = images.x_test, noisy(images.x_test, seed)
    if method == "untouched":
        return {"noisy": decibel(given, x)}
    model = fitted(method, images, seed, epochs)
    return {
        "noisy": decibel(model.reconstruct(given), x),
        "clean": decibel(model.reconstruct(x), x),
    }


def draw(images: data.Dataset, epochs: int) -> Any:
    models = {name: fitted(name, images, 0, epochs) for name in UNITS_PER_PIXEL}
    given = noisy(images.x_test, 0)
    return plots.reconstructions(models, images.x_test, 10, corrupted=given)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    return run_study(argv, __file__, __doc__, METHODS, measure, EPOCHS, EXPECTED, SETTINGS, draw)


if __name__ == "__main__":
    raise SystemExit(main())
