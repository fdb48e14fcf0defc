"""The vector quantized autoencoder: its loss in NumPy, its integers, what is drawn and decoded."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from sklearn.cluster import KMeans

from keras_regzoo.models import VectorQuantizedVAE, conv_autoencoder
from keras_regzoo.quiet import QUIET
from tests.models.toys import gaussian, linear

IMAGES = np.random.default_rng(0).uniform(size=(6, 8, 8, 1)).astype("float32")


def of_images(**options):
    encoder = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 3, 2, "same")])
    decoder = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2DTranspose(1, 3, 2, "same")])
    return VectorQuantizedVAE(encoder, decoder, seed=0, **{"codes": 5, **options})


def test_loss_logs_and_codes_are_those_of_numpy():
    x = gaussian(32)
    autoencoder = VectorQuantizedVAE(*linear(2), codes=7, commitment=0.4)
    book = np.random.default_rng(1).normal(size=(7, 2)).astype("float32")
    autoencoder.quantizer.codebook.assign(book)
    codes = x @ autoencoder.encoder.get_weights()[0]
    nearest = np.argmin(np.sum((codes[:, None] - book) ** 2, axis=2), axis=1)
    made = book[nearest] @ autoencoder.decoder.get_weights()[0]
    np.testing.assert_array_equal(autoencoder.indices(x), nearest)
    np.testing.assert_allclose(autoencoder.encode(x, batch_size=5), book[nearest], rtol=1e-5)
    np.testing.assert_allclose(autoencoder.reconstruct(x), made, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(autoencoder.decode_indices(nearest), made, rtol=1e-4, atol=1e-5)
    error = np.mean((made - x) ** 2)
    commitment = 0.4 * np.mean(np.sum((codes - book[nearest]) ** 2, axis=1))
    autoencoder.compile(keras.optimizers.SGD(0.0), "mse")
    reported: Any = autoencoder.evaluate(x, verbose=QUIET)
    assert reported[0] == pytest.approx(error + commitment, rel=1e-4)
    logs = autoencoder.fit(x, batch_size=32, validation_data=(x,), verbose=QUIET).history
    assert logs["loss"][0] == pytest.approx(error + commitment, rel=1e-4)
    counts = 0.99 + 0.01 * np.bincount(nearest, minlength=7)
    shares = counts / counts.sum()
    perplexity = np.exp(-np.sum(shares * np.log(shares)))
    assert logs["val_quantizer/perplexity"][0] == pytest.approx(perplexity, rel=1e-4)


def test_trained_codes_of_clusters_are_near_their_centres():
    """Twelve codes for four clusters, none of which shares a code: as near as k-means of four."""
    rng = np.random.default_rng(2)
    centres = 4.0 * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    x = (centres[rng.integers(4, size=256)] + 0.3 * rng.normal(size=(256, 2))).astype("float32")
    ends = linear(2, inputs=2)
    for end in ends:
        end.set_weights([np.eye(2)])
    autoencoder = VectorQuantizedVAE(*ends, codes=12, decay=0.9, revival=0.1, seed=0)
    autoencoder.compile(keras.optimizers.SGD(0.0), "mse")
    autoencoder.fit(x, batch_size=64, epochs=30, verbose=QUIET)
    expected = KMeans(4, n_init=3, random_state=0).fit(x)
    assert autoencoder.reconstruction_error(x).sum() * 2 < 1.1 * expected.inertia_
    indices = autoencoder.indices(x)
    for code in set(indices):
        assert len(set(expected.labels_[indices == code])) == 1


def test_images_become_maps_of_integers_and_back():
    autoencoder = of_images()
    indices = autoencoder.indices(IMAGES)
    assert indices.shape == (6, 4, 4)
    assert indices.min() >= 0
    assert indices.max() < 5
    np.testing.assert_allclose(
        autoencoder.decode_indices(indices), autoencoder.reconstruct(IMAGES), atol=1e-5
    )
    line = autoencoder.interpolate(IMAGES[:2], IMAGES[2:4], steps=3)
    assert line.shape == (2, 3, 8, 8, 1)
    np.testing.assert_allclose(line[:, 0], autoencoder.reconstruct(IMAGES[:2]), atol=1e-5)


def test_samples_use_each_code_as_often_as_it_was_used():
    autoencoder = of_images()
    autoencoder.quantizer.codebook.assign(np.arange(15.0).reshape(5, 3))
    autoencoder.quantizer.counts.assign([4.0, 0.0, 1.0, 0.0, 5.0])
    drawn = autoencoder.prior_codes(500, np.random.default_rng(0))
    assert drawn.shape == (500, 4, 4, 3)
    shares = [np.mean(drawn[..., 0] == 3 * k) for k in range(5)]
    np.testing.assert_allclose(shares, [0.4, 0, 0.1, 0, 0.5], atol=0.02)
    assert autoencoder.sample(2, seed=1).shape == (2, 8, 8, 1)


def test_gradient_passes_the_codebook_straight_through():
    x = gaussian(16)
    autoencoder = VectorQuantizedVAE(*linear(2), codes=3, commitment=0.0, seed=0)
    (kernel,) = autoencoder.encoder.get_weights()
    (back,) = autoencoder.decoder.get_weights()
    codes = autoencoder.encode(x)
    autoencoder.compile(keras.optimizers.SGD(0.5), "mse")
    autoencoder.fit(x, batch_size=16, verbose=QUIET)
    slope = x.T @ (2 * (codes @ back - x) @ back.T) / x.size
    moved = ops.convert_to_numpy(autoencoder.encoder.weights[0])
    np.testing.assert_allclose(moved, kernel - 0.5 * slope, atol=1e-5)


@pytest.mark.parametrize("indices", [[[5]], [[-1]], [[0.5]], [], [["a"]]])
def test_indices_out_of_the_codebook_are_refused_in_one_sentence(indices):
    with pytest.raises(ValueError, match="`indices` must be integers from 0 to 4; received"):
        of_images().decode_indices(np.array(indices))


def test_vectors_that_do_not_meet_the_decoder_are_refused():
    encoder, _ = conv_autoencoder((8, 8, 1), filters=(2,), latent=3)
    _, decoder = conv_autoencoder((8, 8, 1), filters=(2,), latent=4)
    with pytest.raises(ValueError, match="`encoder` and `decoder` must fit together"):
        VectorQuantizedVAE(encoder, decoder)
