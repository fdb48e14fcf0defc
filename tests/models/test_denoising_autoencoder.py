"""The denoising autoencoder: what is corrupted, what is not, and the linear optimum."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel, data
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.layers import MaskingNoise, SaltAndPepperNoise
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


@pytest.mark.one_backend
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


ELEMENT_LOSSES = {
    "mse": lambda y, p: (y - p) ** 2,
    "binary_crossentropy": lambda y, p: -(y * np.log(p) + (1 - y) * np.log(1 - p)),
}


@pytest.mark.parametrize("loss", ELEMENT_LOSSES)
def test_emphasis_weighs_the_errors_of_corrupted_and_other_elements(loss):
    """The output is constant, so that what an element adds is known but for the noise's draw."""
    features, constant, rate = 50, 0.3, 0.4
    encoder = keras.Sequential([keras.Input((features,)), keras.layers.Dense(2)])
    decoder = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(features, kernel_initializer="zeros")]
    )
    decoder.set_weights([np.zeros((2, features)), np.full(features, constant)])
    x = np.random.default_rng(0).uniform(0.2, 0.9, size=(400, features)).astype("float32")
    weight = np.linspace(0, 2, len(x)).astype("float32")
    each = np.mean(ELEMENT_LOSSES[loss](x, constant) * weight[:, None])
    for emphasis, expected in (
        (None, 1.0),
        ((1.0, 1.0), 1.0),
        ((1.0, 0.0), rate),
        ((0.5, 2.0), 0.5 * rate + 2 * (1 - rate)),
    ):
        model = DenoisingAutoencoder(encoder, decoder, MaskingNoise(rate, seed=2), emphasis)
        model.compile(keras.optimizers.SGD(0.0), loss)
        options = {"sample_weight": weight, "batch_size": 400, "verbose": 0}
        history = model.fit(x, validation_data=(x, x, weight), **options).history
        tolerance = 1e-4 if expected == 1 else 0.06
        assert history["loss"][0] == pytest.approx(expected * each, rel=tolerance)
        assert history["val_loss"][0] == pytest.approx(each, rel=1e-4)


@pytest.mark.parametrize(
    ("noise", "share"),
    [
        (MaskingNoise(0.3, seed=3), 0.3),
        (SaltAndPepperNoise(0.3, seed=3), 0.3),
        (keras.layers.GaussianNoise(0.1), 1.0),
        (MaskingNoise(0.0), 0.0),
    ],
    ids=["masking", "salt and pepper", "gaussian", "none"],
)
def test_emphasis_counts_what_was_drawn_though_it_was_so_before(noise, share):
    """Of ones and zeros, noise leaves many as they were; an output of a half errs alike on all."""
    x = (np.random.default_rng(1).uniform(size=(500, 50)) < 0.3).astype("float32")
    encoder, _ = linear(2, 50)
    half = keras.layers.Dense(50, kernel_initializer="zeros")
    decoder = keras.Sequential([keras.Input((2,)), half])
    half.bias.assign(np.full(50, 0.5))
    model = DenoisingAutoencoder(encoder, decoder, noise, emphasis=(1.0, 0.0))
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    loss = model.fit(x, batch_size=500, verbose=0).history["loss"][0]
    assert loss == pytest.approx(share / 4, abs=0.005)


def test_emphasis_can_be_scheduled_and_is_saved(tmp_path):
    ones = np.ones((64, 6), "float32")
    encoder, decoder = linear(6)
    for part in (encoder, decoder):
        part.set_weights([np.eye(6)])
    noise = keras.layers.GaussianNoise(0.5, seed=1)
    model = DenoisingAutoencoder(encoder, decoder, noise, emphasis=(1.0, 0.5))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    schedule = Scheduler("emphasis/alpha", lambda epoch: float(epoch))
    losses = model.fit(ones, epochs=3, batch_size=64, verbose=0, callbacks=[schedule]).history
    assert losses["loss"][0] == pytest.approx(0, abs=1e-6)
    assert losses["loss"][2] == pytest.approx(2 * 0.25, rel=0.3)
    model.save(tmp_path / "denoising.keras")
    assert keras.saving.load_model(tmp_path / "denoising.keras").emphasis == (1.0, 0.5)


def test_emphasis_refuses_losses_that_are_no_means_over_elements():
    model = DenoisingAutoencoder(*linear(3), emphasis=(1, 0))
    for loss in ("cosine_similarity", keras.losses.MeanSquaredError(reduction="sum"), None):
        with pytest.raises(ValueError, match="`loss` must be the mean of one number for each"):
            model.compile("adam", loss)
    for each in (model, RegularizedModel(model)):
        with pytest.raises(ValueError, match=r"^`loss_weights` must be left out where there is an"):
            each.compile("adam", "mse", loss_weights=[2.0])
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))


def low_rank(examples, seed):
    """Twelve numbers of three factors and a little noise; also their covariance."""
    loadings = np.random.default_rng(10).normal(size=(3, 12))
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(examples, 3)) @ loadings + 0.05 * rng.normal(size=(examples, 12))
    return x, loadings.T @ loadings + 0.05**2 * np.eye(12)


@pytest.mark.one_backend
def test_imputation_by_principal_directions_is_near_the_conditional_mean():
    """E[x_m | x_o] = S_mo S_oo⁻¹ x_o; projecting and replacing goes there as the noise vanishes."""
    x, covariance = low_rank(60, seed=11)
    encoder, decoder = linear(3, 12)
    directions = np.linalg.eigh(covariance)[1][:, -3:]
    encoder.set_weights([directions])
    decoder.set_weights([directions.T])
    model = DenoisingAutoencoder(encoder, decoder)
    mask = np.argsort(np.random.default_rng(12).uniform(size=x.shape), axis=1) < 3
    made = model.impute(np.where(mask, np.nan, x), mask, steps=60)
    np.testing.assert_allclose(made[~mask], x[~mask], rtol=1e-6)
    best = x.copy()
    for row, missing in zip(best, mask, strict=True):
        known = ~missing
        across = covariance[np.ix_(missing, known)]
        row[missing] = across @ np.linalg.solve(covariance[np.ix_(known, known)], row[known])
    assert np.mean((made - best)[mask] ** 2) < 0.01 * np.mean(x[mask] ** 2)
    assert np.mean((made - x)[mask] ** 2) < 1.5 * np.mean((best - x)[mask] ** 2)


@pytest.mark.one_backend
def test_denoiser_of_digits_imputes_better_than_means():
    keras.utils.set_random_seed(0)
    digits = data.load("digits")
    x, test = (part.reshape(-1, 64) for part in (digits.x_train, digits.x_test))
    parts = dense_autoencoder((64,), (), 100, code_activation="relu", output_activation="sigmoid")
    model = DenoisingAutoencoder(*parts, corruption=0.4)
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    model.fit(x, batch_size=64, epochs=12, verbose=0)
    mask = np.random.default_rng(1).uniform(size=test.shape) < 0.3
    made = model.impute(np.where(mask, np.nan, test), mask)
    means = np.broadcast_to(x.mean(axis=0), test.shape)
    error, by_means = (np.mean(np.square(guess - test)[mask]) for guess in (made, means))
    assert error < 0.6 * by_means


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mask": np.zeros((2, 6))}, "`mask` must be an array of booleans of the shape of `x`"),
        ({"mask": np.zeros((2, 5), bool)}, "`mask` must be an array of booleans"),
        ({"steps": 0}, "`steps` must be an integer"),
        ({"start": np.zeros(5)}, "`start` must be .* fits the shape .*; received float64 of shape"),
        ({"start": np.zeros((3, 2, 6))}, "`start` must be a finite number, or an array"),
        ({"start": np.nan}, "`start` must be a finite number, or an array"),
        ({"x": np.full((2, 6), np.nan)}, "`x` must hold finite numbers"),
    ],
)
def test_bad_imputations_are_refused(given, sentence):
    model = DenoisingAutoencoder(*linear(3))
    with pytest.raises(ValueError, match=sentence):
        model.impute(**{"x": np.zeros((2, 6)), "mask": np.zeros((2, 6), bool), **given})


@pytest.mark.parametrize("emphasis", [(1.0,), 0.5, (-1.0, 0.0), (1.0, "0"), "full"])
def test_emphasis_that_is_no_pair_of_weights_is_refused(emphasis):
    with pytest.raises(ValueError, match="`emphasis` must be a "):
        DenoisingAutoencoder(*linear(3), emphasis=emphasis)
