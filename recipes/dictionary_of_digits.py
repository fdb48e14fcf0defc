"""A digit is a sum of few atoms out of many, which says more of it than principal components do.

Images, less the mean and scaled to a mean squared norm of 1, are written as sums of few atoms out
of 256, more than there are pixels: as many as 8 of them by TopK dictionaries with and without the
auxiliary loss that keeps latents in use, and as many as pay for themselves by JumpReLU. Beside them
stand principal components: 8 of them for every image. Measured on test images are the variance
explained, the atoms active in an image, and the share of atoms active in none.

Reference: Gao et al. 2024, Scaling and Evaluating Sparse Autoencoders, sec. 2; Rajamanoharan et al.
2024, Jumping Ahead: Improving Reconstruction Fidelity with JumpReLU Sparse Autoencoders.

Command: regzoo run dictionary_of_digits
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws what is rebuilt.
Expected: 8 principal components explain 0.666 of the variance, 8 atoms by TopK 0.831, with and
without the auxiliary loss, and 7.3 atoms by JumpReLU 0.787; no test image uses 6 % of the atoms of
TopK, 2 % of JumpReLU's. Means over two seeds. Which atoms are active is a part of the code that
components do not need. 38 s of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.judges import principal_components
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import dead_units, plots
from keras_regzoo.models import JumpReLUDictionary, TopKDictionary

METHODS = ("pca", "top_k", "top_k_alone", "jump_relu")
ATOMS = 256
ACTIVE = 8
EPOCHS = 60
RATE = 2e-3
DEAD_AFTER = 5_000
STRENGTH, BANDWIDTH, THRESHOLD = 0.03, 0.05, 0.1
SETTINGS = {
    "atoms": ATOMS,
    "active": ACTIVE,
    "rate": RATE,
    "dead_after": DEAD_AFTER,
    "strength": STRENGTH,
    "bandwidth": BANDWIDTH,
    "threshold": THRESHOLD,
}
EXPECTED = {
    "pca/explained": (0.64, 0.69),
    "top_k/explained": (0.80, 0.86),
    "top_k/active": (7.99, 8.01),
    "top_k/unused": (0.0, 0.15),
    "top_k_alone/explained": (0.80, 0.86),
    "jump_relu/explained": (0.75, 0.83),
    "jump_relu/active": (6.0, 9.0),
}


class Scale:
    """Makes rows of images, centred and of mean squared norm 1 over the training images.

    Args:
        images: The images.
    """

    def __init__(self, images: data.Dataset) -> None:
        self.shape = images.shape
        x = images.x_train.reshape(len(images.x_train), -1)
        self.mean = x.mean(axis=0)
        self.norm = np.sqrt(np.mean(np.sum(np.square(x - self.mean), axis=1)))

    def rows(self, x: np.ndarray) -> np.ndarray:
        return (x.reshape(len(x), -1) - self.mean) / self.norm

    def images(self, rows: np.ndarray) -> np.ndarray:
        return (rows * self.norm + self.mean).reshape(-1, *self.shape)


class Components(NamedTuple):
    """Rebuilds rows from their leading principal components."""

    pca: Any

    def reconstruct(self, rows: np.ndarray) -> np.ndarray:
        return self.pca.inverse_transform(self.pca.transform(rows))


class OfImages(NamedTuple):
    """Rebuilds images by what rebuilds their scaled rows."""

    scale: Scale
    model: Any

    def reconstruct(self, x: np.ndarray) -> np.ndarray:
        return self.scale.images(self.model.reconstruct(self.scale.rows(x)))


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    """Returns what rebuilds rows that are scaled."""
    x = Scale(images).rows(images.x_train)
    if method == "pca":
        return Components(principal_components(x, ACTIVE))

    def build() -> keras.Model:
        if method == "jump_relu":
            return JumpReLUDictionary(
                x.shape[1], ATOMS, STRENGTH, BANDWIDTH, THRESHOLD, DEAD_AFTER, seed=seed
            )
        auxiliary = 0.0 if method == "top_k_alone" else 1 / 32
        return TopKDictionary(
            x.shape[1], ATOMS, ACTIVE, auxiliary, dead_after=DEAD_AFTER, seed=seed
        )

    return trained(build, images, seed, epochs, RATE, loss=None, x=x)


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the variance of test images that is explained, and by how many atoms."""
    x = Scale(images).rows(images.x_test)
    model = fitted(method, images, seed, epochs)
    left = np.square(x - model.reconstruct(x))
    found = {"explained": float(1 - left.sum() / np.square(x - x.mean(axis=0)).sum())}
    if method != "pca":
        found["active"] = float(np.count_nonzero(model.encode(x), axis=1).mean())
        found["unused"] = float(dead_units(model.encoder, x).mean())
    return found


def draw(images: data.Dataset, epochs: int) -> Any:
    scale = Scale(images)
    models = {
        name: OfImages(scale, fitted(name, images, 0, epochs))
        for name in ("pca", "top_k", "jump_relu")
    }
    return plots.reconstructions(models, images.x_test, 10)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    return run_study(argv, __file__, __doc__, METHODS, measure, EPOCHS, EXPECTED, SETTINGS, draw)


if __name__ == "__main__":
    raise SystemExit(main())
