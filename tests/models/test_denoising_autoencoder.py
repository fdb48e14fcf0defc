"""The denoising autoencoder: what is corrupted, what is not, and the linear optimum."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.layers import MaskingNoise
from keras_regzoo.models import DenoisingAutoencoder, dense_autoencoder
from keras_regzoo.objectives import WeightNoise
from tests.models.toys import gaussian, linear, numpy_weights, train_on_full_batches


def identity(corruption, features=50):
    """An autoencoder that copies, so that its loss is what the corruption did."""
    encoder, decoder = linear(features, features)
    for model in (encoder, decoder):
        model.set_weights([np.eye(features)])
    model = DenoisingAutoencoder(encoder, decoder, corruption)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    return model


@pytest.mark.parametrize(
    ("corruption", "expected"),
    [
        (0.25, 0.25),
        (keras.layers.GaussianNoise(0.5, seed=1), 0.25),
    ],
)
def test_training_loss_is_the_noise_that_an_identity_lets_through(corruption, expected):
    """Of ones: E(x − x̃)² is ν under masking noise, σ² under Gaussian noise."""
    keras.utils.set_random_seed(0)
    model = identity(corruption)
    ones = np.ones((500, 50), "float32")
    history = model.fit(ones, validation_data=(ones,), verbose=0).history
    assert history["loss"][0] == pytest.approx(expected, abs=0.02)
    assert history["val_loss"][0] == pytest.approx(0.0, abs=1e-6)
    assert model.evaluate(ones, verbose=0) == pytest.approx(0.0, abs=1e-6)
    for made in (model.reconstruct(ones), model.predict(ones, verbose=0)):
        np.testing.assert_allclose(made, ones, atol=1e-5)
    np.testing.assert_allclose(model.encode(ones), ones, atol=1e-5)
    assert np.all(model.reconstruction_error(ones) < 1e-6)


def test_default_corruption_is_a_quarter():
    model = DenoisingAutoencoder(*linear(3))
    assert float(model.corruption.rate) == 0.25


def test_linear_denoiser_learns_the_optimal_map():
    """argmin E‖x − x̃ W‖² is W = (E x̃ᵀx̃)⁻¹ E x̃ᵀx, which under masking noise ν is
    ((1 − ν)² S + ν (1 − ν) diag S)⁻¹ (1 − ν) S with S = E xᵀx: a ridge on each input."""
    keras.utils.set_random_seed(0)
    rate = 0.3
    x = gaussian(400)
    second = x.T @ x / len(x)
    diagonal = np.diag(np.diag(second))
    corrupted = (1 - rate) ** 2 * second + rate * (1 - rate) * diagonal
    optimum = np.linalg.solve(corrupted, (1 - rate) * second)

    def expected_loss(weight):
        cross = 2 * (1 - rate) * np.trace(second @ weight)
        return (np.trace(second) - cross + np.trace(weight.T @ corrupted @ weight)) / 6

    encoder, decoder = linear(6)
    model = DenoisingAutoencoder(encoder, decoder, MaskingNoise(rate, seed=1))
    train_on_full_batches(model, x, steps=600, rate=0.03)
    learned = numpy_weights(encoder)[0] @ numpy_weights(decoder)[0]
    np.testing.assert_allclose(learned, optimum, atol=0.06)
    assert expected_loss(learned) < 1.01 * expected_loss(optimum)
    assert expected_loss(np.eye(6)) > 1.3 * expected_loss(optimum)


def test_objectives_leave_the_corruption_in_training_alone():
    ones = np.ones((500, 50), "float32")
    model = RegularizedModel(identity(MaskingNoise(0.4, seed=1)), [WeightNoise(0.0)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    history = model.fit(ones, validation_data=(ones,), verbose=0).history
    assert history["loss"][0] == pytest.approx(0.4, abs=0.02)
    assert history["val_loss"][0] == pytest.approx(0.0, abs=1e-6)


def test_corruption_can_be_scheduled():
    rates = [0.6, 0.3, 0.0]
    model = identity(0.25)
    schedule = Scheduler("masking_noise/rate", lambda epoch: rates[epoch])
    ones = np.ones((500, 50), "float32")
    history = model.fit(ones, epochs=3, verbose=0, callbacks=[schedule]).history
    np.testing.assert_allclose(history["loss"], rates, atol=0.02)


@pytest.mark.parametrize("corruption", [1.5, 1.0, -0.1, "masking", None, True])
def test_corruption_that_is_neither_rate_nor_layer_is_refused(corruption):
    with pytest.raises(ValueError, match=r"`corruption` must be a .*; received corruption="):
        DenoisingAutoencoder(*dense_autoencoder((6,), (), 2), corruption=corruption)
