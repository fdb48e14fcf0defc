"""A linear autoencoder is PCA; a deep one rebuilds images better from a code of the same size.

Each digit becomes four numbers. With linear layers and squared error the decoder spans the
principal subspace, and no other four numbers serve a linear decoder better. The deep autoencoder
has two hidden layers on each side. Measured are the mean squared error on held-out images, and the
largest angle between the principal subspace and what the linear decoder spans, in degrees.

Reference: Baldi & Hornik 1989, Neural Networks and Principal Component Analysis; Goodfellow, Bengio
& Courville 2016, Deep Learning, sec. 14.1; Hinton & Salakhutdinov 2006, Reducing the Dimensionality
of Data with Neural Networks.

Command: regzoo run undercomplete_autoencoder
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws what is rebuilt.
Expected: error 0.038 of PCA, 0.038 of the linear and 0.022 of the deep autoencoder; angle 2.1, on
JAX 0.3; means over two seeds. 31 s of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import data, validation
from keras_regzoo.cli.judges import principal_components
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import plots
from keras_regzoo.models import Autoencoder, dense_autoencoder

METHODS = ("pca", "linear", "deep")
CODE = 4
HIDDEN = (256, 128)
EPOCHS = 120
RATES = {"linear": 0.02, "deep": 2e-3}
SETTINGS = {"code": CODE, "hidden": HIDDEN, "rates": RATES}
EXPECTED = {
    "pca/error": (0.037, 0.039),
    "linear/error": (0.037, 0.039),
    "linear/angle": (0.0, 4.0),
    "deep/error": (0.018, 0.026),
}


def rows(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1).astype("float64")


@functools.cache
def components_of(images: data.Dataset) -> Any:
    return principal_components(rows(images.x_train), CODE)


class PrincipalComponents:
    """Rebuilds images by PCA."""

    def __init__(self, images: data.Dataset) -> None:
        self.pca = components_of(images)

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        return self.pca.inverse_transform(self.pca.transform(rows(x))).reshape(x.shape)


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    if method == "pca":
        return PrincipalComponents(images)
    hidden = HIDDEN if method == "deep" else ()

    def build() -> keras.Model:
        return Autoencoder(*dense_autoencoder(images.shape, hidden, CODE))

    return trained(build, images, seed, epochs, RATES[method])


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the error on test images, and the angle to the principal subspace."""
    model = fitted(method, images, seed, epochs)
    x = images.x_test
    measured = {"error": float(np.mean((model.reconstruct(x) - x) ** 2))}
    if method == "linear":
        linalg = validation.extra("scipy.linalg", "recipes", "An angle between subspaces")
        spanned = model.decoder.get_weights()[0].T
        angles = linalg.subspace_angles(spanned, components_of(images).components_.T)
        measured["angle"] = float(np.rad2deg(angles.max()))
    return measured


def draw(images: data.Dataset, epochs: int) -> Any:
    models = {name: fitted(name, images, 0, epochs) for name in METHODS}
    return plots.reconstructions(models, images.x_test, 10)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    return run_study(argv, __file__, __doc__, METHODS, measure, EPOCHS, EXPECTED, SETTINGS, draw)


if __name__ == "__main__":
    raise SystemExit(main())
