"""The Wasserstein autoencoder: its loss in NumPy, its codes' distribution, its samples."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo.models import WassersteinAutoencoder, dense_autoencoder
from keras_regzoo.quiet import QUIET
from tests.models.toys import gaussian, linear


def test_evaluate_reports_the_squared_error_summed_over_elements():
    x = gaussian(32)
    autoencoder = WassersteinAutoencoder(*linear(2))
    autoencoder.compile(keras.optimizers.SGD(0.0))
    logs = autoencoder.fit(x, batch_size=32, validation_data=(x,), verbose=QUIET).history
    squared = np.mean(np.sum((autoencoder.reconstruct(x) - x) ** 2, axis=1))
    assert logs["data_loss"][0] == pytest.approx(squared, rel=1e-5)
    assert logs["val_loss"][0] == pytest.approx(squared, rel=1e-5)
    assert logs["loss"][0] == pytest.approx(squared + logs["maximum_mean_discrepancy"][0], rel=1e-5)
    weight = np.linspace(0, 2, len(x))
    weighted = np.sum((autoencoder.reconstruct(x) - x) ** 2, axis=1) * weight
    reported: Any = autoencoder.evaluate(x, sample_weight=weight, verbose=QUIET)
    assert reported == pytest.approx(weighted.mean(), rel=1e-5)


@pytest.mark.one_backend
def test_trained_codes_have_the_priors_moments():
    """A linear encoder of normal data: codes are normal, and the discrepancy whitens them."""
    x = gaussian(512)
    keras.utils.set_random_seed(0)
    autoencoder = WassersteinAutoencoder(*linear(2), strength=300.0, stddev=2.0, seed=0)
    autoencoder.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.03, 400)))
    autoencoder.fit(x, batch_size=128, epochs=100, verbose=QUIET)
    codes = autoencoder.encode(x)
    np.testing.assert_allclose(np.cov(codes.T), 4 * np.eye(2), atol=0.8)
    np.testing.assert_allclose(codes.mean(0), 0, atol=0.4)


def test_samples_are_decoded_draws_of_the_prior():
    autoencoder = WassersteinAutoencoder(*linear(2), stddev=3.0)
    (kernel,) = autoencoder.decoder.get_weights()
    made = autoencoder.sample(4000, seed=1)
    np.testing.assert_allclose(np.cov(made.T), 9 * kernel.T @ kernel, atol=0.9)
    np.testing.assert_array_equal(made[:5], autoencoder.sample(4000, seed=1)[:5])
    assert (made[:5] != autoencoder.sample(5)).any()
    with pytest.raises(ValueError, match=r"`n` must be an integer in \[1, inf\); received n=0"):
        autoencoder.sample(0)


def test_interpolation_of_images_begins_and_ends_at_reconstructions():
    images = np.random.default_rng(0).uniform(size=(4, 3, 3, 1)).astype("float32")
    autoencoder = WassersteinAutoencoder(*dense_autoencoder((3, 3, 1), hidden=(), latent=2))
    line = autoencoder.interpolate(images[:2], images[2:], steps=5)
    assert line.shape == (2, 5, 3, 3, 1)
    ends = autoencoder.reconstruct(images)
    np.testing.assert_allclose(line[:, 0], ends[:2], atol=1e-5)
    np.testing.assert_allclose(line[:, -1], ends[2:], atol=1e-5)


def test_compiled_loss_is_refused_in_one_sentence():
    autoencoder = WassersteinAutoencoder(*linear(2))
    with pytest.raises(ValueError, match="`loss` must be left out: that of SquaredError is part"):
        autoencoder.compile("sgd", "mse")
