"""A code wider than the input: the identity, unless something regularizes."""

import functools

import keras
import numpy as np
import pytest

from keras_regzoo import data
from keras_regzoo.layers import KSparse
from keras_regzoo.models import Autoencoder, DenoisingAutoencoder, dense_autoencoder
from keras_regzoo.objectives import ContractivePenalty

pytestmark = pytest.mark.one_backend

UNITS = 160


@functools.cache
def digits():
    return data.load("digits", test=0.3)


def scrambled(x):
    """Images of which each pixel is that of another digit: the same values, and no digit."""
    return np.random.default_rng(0).permuted(x, axis=0)


def wide(activation="relu", *sparsity):
    encoder, decoder = dense_autoencoder((8, 8, 1), (), UNITS, code_activation=activation)
    encoder = keras.Sequential([keras.Input((8, 8, 1)), encoder, *sparsity])
    return encoder, decoder


def lost(autoencoder):
    """The share of the variance that is not rebuilt, of held-out digits and of scrambled ones."""
    keras.utils.set_random_seed(0)
    x, mean = digits().x_train, digits().x_train.mean(axis=0)
    autoencoder.compile(keras.optimizers.Adam(5e-3), "mse")
    autoencoder.fit(x, epochs=40, batch_size=128, verbose=0)
    shares = [
        autoencoder.reconstruction_error(given).mean() / np.mean((given - mean) ** 2)
        for given in (digits().x_test, scrambled(digits().x_test))
    ]
    return shares


def test_without_regularization_it_learns_the_identity():
    on_digits, on_others = lost(Autoencoder(*wide()))
    assert on_digits < 0.05
    assert on_others < 0.15


@pytest.mark.parametrize(
    "build",
    [
        lambda: DenoisingAutoencoder(*wide(), corruption=0.4),
        lambda: Autoencoder(*wide("relu", KSparse(8))),
        lambda: Autoencoder(*wide("sigmoid"), [ContractivePenalty(strength=0.005)]),
    ],
    ids=["masking_noise", "sparsity", "contraction"],
)
def test_with_regularization_it_knows_digits_from_what_is_none(build):
    on_digits, on_others = lost(build())
    assert on_digits < 0.4
    assert on_others > 0.45
