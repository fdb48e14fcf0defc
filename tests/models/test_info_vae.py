"""InfoVAE: its two weights, its loss in NumPy, and what it is with α = 0 and λ = 1."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo.models import InfoVAE, VariationalAutoencoder, dense_autoencoder
from keras_regzoo.quiet import QUIET
from tests.models.linear_gaussian import LinearGaussian

X = np.random.default_rng(0).uniform(size=(64, 6)).astype("float32")


def ends():
    return dense_autoencoder((6,), hidden=(5,), latent=2, variational=True)


def logs_of_one_step(model, **options):
    model.compile(keras.optimizers.SGD(0.0))
    return model.fit(X, batch_size=64, shuffle=False, verbose=QUIET, **options).history


def divergence(encoder):
    mean, log_variance = np.split(ops.convert_to_numpy(encoder(X)), 2, axis=1)
    return 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=1).mean()


@pytest.mark.parametrize(("alpha", "scaling"), [(0.25, 10.0), (1.0, 3.0), (-1.0, 2.5)])
def test_loss_weighs_the_divergence_and_the_discrepancy(alpha, scaling):
    model = InfoVAE(*ends(), alpha=alpha, scaling=scaling, seed=0)
    logs = logs_of_one_step(model, validation_data=(X,))
    kl = divergence(model.encoder)
    assert logs["kl"][0] == pytest.approx(kl, rel=1e-4)
    data = logs["reconstruction"][0] + (1 - alpha) * kl
    assert logs["data_loss"][0] == pytest.approx(data, rel=1e-4)
    added = logs["maximum_mean_discrepancy"][0]
    assert logs["loss"][0] == pytest.approx(data + added, rel=1e-4)
    validated = logs["val_reconstruction"][0] + (1 - alpha) * kl
    assert logs["val_loss"][0] == pytest.approx(validated, rel=1e-4)
    assert float(model.discrepancy.strength.value) == pytest.approx(alpha + scaling - 1)


def test_with_alpha_0_and_scaling_1_it_is_the_variational_autoencoder():
    model = InfoVAE(*ends(), alpha=0.0, scaling=1.0, seed=3)
    plain = VariationalAutoencoder(*ends(), seed=3)
    plain.encoder.set_weights(model.encoder.get_weights())
    plain.decoder.set_weights(model.decoder.get_weights())
    made, expected = logs_of_one_step(model), logs_of_one_step(plain)
    for name in ("loss", "elbo", "kl", "reconstruction"):
        assert made[name][0] == pytest.approx(expected[name][0], rel=1e-5)
    assert made["maximum_mean_discrepancy"][0] == 0.0


def test_discrepancy_is_of_drawn_codes_not_of_means():
    """Codes of a posterior that is the prior have the prior's distribution; their means are 0."""
    model = InfoVAE(*ends(), scaling=1.0, scales=(0.1,), seed=1)
    for weight in model.encoder.weights:
        weight.assign(np.zeros(weight.shape))
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.fit(np.tile(X, (8, 1)), batch_size=512, verbose=QUIET).history
    assert abs(logs["maximum_mean_discrepancy"][0]) < 0.01  # of means alone it would be 0.65


def test_exact_posterior_of_a_linear_model_has_no_discrepancy_and_the_exact_bound():
    linear = LinearGaussian(0.5)
    model = linear.model(InfoVAE, alpha=0.0, scaling=2.0)
    x = linear.draw(2000)
    logs = model.fit(x, batch_size=2000, verbose=QUIET).history
    centred = x - linear.bias
    exact = -0.5 * np.sum(centred @ np.linalg.inv(linear.covariance) * centred, axis=1)
    exact -= 0.5 * np.linalg.slogdet(2 * np.pi * linear.covariance)[1]
    assert logs["elbo"][0] == pytest.approx(exact.mean(), abs=0.1)
    assert abs(logs["maximum_mean_discrepancy"][0]) < 0.01


def test_samples_and_interpolations_have_the_shape_of_the_data():
    model = InfoVAE(*ends())
    assert model.sample(3).shape == (3, 6)
    assert model.interpolate(X[:2], X[2:4], steps=4).shape == (2, 4, 6)


def test_weight_below_zero_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"`scaling` must be a number in \[0.5, inf\); received"):
        InfoVAE(*ends(), alpha=0.5, scaling=0.4)
    InfoVAE(*ends(), alpha=0.7, scaling=0.3)  # 1 − 0.7 is rounded up
