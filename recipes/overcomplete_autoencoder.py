"""Without regularization an overcomplete autoencoder learns the identity; regularized it does not.

A code of four units a pixel has room to copy any image. What an autoencoder knows of digits shows
on images that are none: each of their pixels is taken from another digit, so that every pixel has
values as in digits, and nothing hangs together. One that has learned the identity rebuilds them
too. Trained to undo masking noise, with a k-sparse code, with units that are rarely active, or with
a small Jacobian of the code it does not. Measured is the share of the variance around the mean
digit that is not rebuilt, of held-out digits and of such scrambled ones.

Reference: Goodfellow, Bengio & Courville 2016, Deep Learning, sec. 14.2; Vincent et al. 2010,
Stacked Denoising Autoencoders; Makhzani & Frey 2014, k-Sparse Autoencoders; Ng 2011, Sparse
autoencoder; Rifai et al. 2011, Contractive Auto-Encoders.

Command: regzoo run overcomplete_autoencoder
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws both kinds of images.
Expected: not rebuilt of digits and of scrambled ones are 0.003 and 0.024 plainly, 0.199 and 0.634
with masking noise, 0.159 and 0.605 k-sparse, 0.221 and 0.639 with rarely active units, 0.146 and
0.488 with contraction, means over two seeds. 47 s of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import plots
from keras_regzoo.layers import KLSparsity, KSparse
from keras_regzoo.models import Autoencoder, DenoisingAutoencoder, dense_autoencoder
from keras_regzoo.objectives import ContractivePenalty

UNITS_PER_PIXEL = 4
EPOCHS = 60
MASKED = 0.3
KEPT = 0.06  # of the units, in the k-sparse code
ACTIVE = 0.05
SPARSITY = 0.001
CONTRACTION = 0.003
SETTINGS = {
    "units_per_pixel": UNITS_PER_PIXEL,
    "masked": MASKED,
    "kept": KEPT,
    "active": ACTIVE,
    "sparsity": SPARSITY,
    "contraction": CONTRACTION,
}
EXPECTED = {
    "plain/digits": (0.0, 0.01),
    "plain/scrambled": (0.0, 0.06),
    "masking_noise/digits": (0.16, 0.23),
    "masking_noise/scrambled": (0.57, 0.71),
    "k_sparse/digits": (0.12, 0.20),
    "k_sparse/scrambled": (0.54, 0.70),
    "rarely_active/digits": (0.18, 0.28),
    "rarely_active/scrambled": (0.57, 0.72),
    "contraction/digits": (0.12, 0.19),
    "contraction/scrambled": (0.43, 0.57),
}


def overcomplete(
    shape: tuple[int, ...], activation: str, sparsity: keras.layers.Layer | None = None
) -> tuple[keras.Model, keras.Model]:
    """Returns an encoder of one layer, with a layer that makes it sparse, and its decoder."""
    units = UNITS_PER_PIXEL * int(np.prod(shape))
    encoder, decoder = dense_autoencoder(shape, (), units, code_activation=activation)
    if sparsity is not None:
        encoder = keras.Sequential([keras.Input(shape), encoder, sparsity], name="encoder")
    return encoder, decoder


def k_sparse(shape: tuple[int, ...]) -> KSparse:
    return KSparse(round(KEPT * UNITS_PER_PIXEL * int(np.prod(shape))))


METHODS: dict[str, Callable[[Any], keras.Model]] = {
    "plain": lambda shape: Autoencoder(*overcomplete(shape, "relu")),
    "masking_noise": lambda shape: DenoisingAutoencoder(*overcomplete(shape, "relu"), MASKED),
    "k_sparse": lambda shape: Autoencoder(*overcomplete(shape, "relu", k_sparse(shape))),
    "rarely_active": lambda shape: Autoencoder(
        *overcomplete(shape, "sigmoid", KLSparsity(ACTIVE, SPARSITY))
    ),
    "contraction": lambda shape: Autoencoder(
        *overcomplete(shape, "sigmoid"), [ContractivePenalty(strength=CONTRACTION)]
    ),
}


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> Any:
    return trained(lambda: METHODS[method](images.shape), images, seed, epochs)


def scrambled(x: np.ndarray, seed: int) -> np.ndarray:
    """Returns images of which each pixel is that of another image."""
    return np.random.default_rng(seed).permuted(x, axis=0)


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the share of variance not rebuilt, of digits and of what looks like none."""
    model = fitted(method, images, seed, epochs)
    given = {"digits": images.x_test, "scrambled": scrambled(images.x_test, seed)}
    mean = images.x_train.mean(axis=0)
    return {
        name: float(model.reconstruction_error(x).mean() / np.mean((x - mean) ** 2))
        for name, x in given.items()
    }


def draw(images: data.Dataset, epochs: int) -> Any:
    """Draws digits and scrambled ones, and what each method makes of them."""
    x = np.concatenate([images.x_test[:5], scrambled(images.x_test, 0)[:5]])
    return plots.reconstructions({name: fitted(name, images, 0, epochs) for name in METHODS}, x, 10)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    return run_study(
        argv,
        __file__,
        __doc__,
        list(METHODS),
        measure,
        EPOCHS,
        EXPECTED,
        SETTINGS,
        draw,
    )


if __name__ == "__main__":
    raise SystemExit(main())
