"""Regularized autoencoders: penalties in NumPy, densities of codes, samples and files."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.stats import multivariate_normal

from keras_regzoo.models import RegularizedAutoencoder, dense_autoencoder
from keras_regzoo.models.code_density import CodeDensity
from keras_regzoo.models.code_penalties import DecoderJacobian
from keras_regzoo.quiet import QUIET
from tests.models.toys import gaussian, linear


def one_step(autoencoder, x):
    autoencoder.compile(keras.optimizers.SGD(0.0))
    history = autoencoder.fit(x, batch_size=len(x), validation_data=(x,), verbose=QUIET).history
    return {name: values[0] for name, values in history.items()}


def test_weight_decay_and_the_codes_size_are_those_of_numpy():
    x = gaussian(32)
    ends = dense_autoencoder((6,), hidden=(5,), latent=2)
    autoencoder = RegularizedAutoencoder(*ends, beta=0.3, strength=0.2)
    logs = one_step(autoencoder, x)
    kernels = [w for w in autoencoder.decoder.get_weights() if w.ndim == 2]
    codes = autoencoder.encode(x)
    expected = {
        "code_norm": 0.3 * 0.5 * np.mean(np.sum(codes**2, axis=1)),
        "smoothness": 0.2 * sum(np.sum(kernel**2) for kernel in kernels),
        "data_loss": np.mean(np.sum((autoencoder.reconstruct(x) - x) ** 2, axis=1)),
    }
    for name, value in expected.items():
        assert logs[name] == pytest.approx(value, rel=1e-4)
    assert logs["loss"] == pytest.approx(sum(expected.values()), rel=1e-4)
    assert logs["val_loss"] == pytest.approx(expected["data_loss"], rel=1e-4)


def test_weight_decay_reaches_kernels_that_a_tied_decoder_shares():
    ends = dense_autoencoder((6,), hidden=(5,), latent=2, tied=True)
    autoencoder = RegularizedAutoencoder(*ends, beta=0.0, strength=0.2)
    kernels = [w for w in autoencoder.encoder.get_weights() if w.ndim == 2]
    expected = 0.2 * sum(np.sum(kernel**2) for kernel in kernels)
    assert one_step(autoencoder, gaussian(32))["smoothness"] == pytest.approx(expected, rel=1e-4)


def test_decoder_without_kernels_to_train_is_refused_in_one_sentence():
    encoder, decoder = linear(2)
    decoder.trainable = False
    with pytest.raises(ValueError, match=r"^`decoder` must have kernels to train for penalty='l2'"):
        RegularizedAutoencoder(encoder, decoder)


def test_slope_of_a_linear_decoder_is_the_norm_of_its_kernel():
    """The probes' mean square is within its interval: over many draws, and not at one."""
    x = gaussian(2000)
    autoencoder = RegularizedAutoencoder(
        *linear(2), penalty="gradient", beta=0.0, strength=0.7, probes=2, seed=0
    )
    (kernel,) = autoencoder.decoder.get_weights()
    kernel = np.random.default_rng(1).normal(size=kernel.shape).astype("float32")
    autoencoder.decoder.set_weights([kernel])
    logs = one_step(autoencoder, x)
    signs = np.random.default_rng(2).choice([-1.0, 1.0], size=(4000, 6))
    spread = np.sum((signs @ kernel.T) ** 2, axis=1).std() / np.sqrt(2 * len(x))
    exact = np.sum(kernel**2)
    assert logs["smoothness"] == pytest.approx(0.7 * exact, abs=0.7 * 4 * spread)
    assert spread < 0.05 * exact


class AllSigns(DecoderJacobian):
    """Probes with every sign vector of three outputs: the estimate is then exact."""

    def draw(self, weights, x):
        signs = np.array([[a, b, c] for a in (1, -1) for b in (1, -1) for c in (1, -1)], "float32")
        return [ops.convert_to_tensor(np.tile(each, (4, 1))) for each in signs]


def test_slope_of_a_curved_decoder_is_that_of_central_differences():
    x = np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
    keras.utils.set_random_seed(0)
    ends = dense_autoencoder((3,), hidden=(4,), latent=2, activation="tanh")
    autoencoder = RegularizedAutoencoder(*ends, penalty="gradient", beta=0.0)
    penalty = AllSigns(ends[1], 1.0, 8, 0, "smoothness")
    penalty.attach(autoencoder.base)
    autoencoder.built_in[1] = penalty
    logs = one_step(autoencoder, x)
    first, first_bias, second, second_bias = (w.astype("float64") for w in ends[1].get_weights())
    codes = autoencoder.encode(x).astype("float64")

    def decoded(z):
        return np.tanh(z @ first + first_bias) @ second + second_bias

    slopes = [(decoded(codes + step) - decoded(codes - step)) / 2e-5 for step in 1e-5 * np.eye(2)]
    expected = np.mean(np.sum(np.square(slopes), axis=(0, 2)))
    assert logs["smoothness"] == pytest.approx(expected, rel=1e-4)


def test_spectral_decoder_keeps_singular_values_at_most_one_while_it_is_trained():
    ends = dense_autoencoder((6,), hidden=(5,), latent=2)
    for weight in ends[1].weights:
        weight.assign(3.0 * weight.value)
    autoencoder = RegularizedAutoencoder(*ends, penalty="spectral")
    assert largest(ends[1]) == pytest.approx([1.0, 1.0], rel=1e-5)
    autoencoder.compile(keras.optimizers.Adam(0.05))
    x = 5 * gaussian(64)
    autoencoder.fit(x, epochs=3, verbose=QUIET)
    assert max(largest(ends[1])) <= 1.0 + 1e-5
    assert max(largest(ends[0])) > 1.0 + 1e-3


def largest(model):
    kernels = [weight for weight in model.get_weights() if weight.ndim == 2]
    return [np.linalg.norm(kernel, 2) for kernel in kernels]


@pytest.mark.parametrize("kind", ["gaussian", "mixture"])
def test_sampled_codes_have_the_moments_of_the_codes(kind):
    x = gaussian(400) + np.array([3, 0, 0, -1, 0, 0], "float32")
    autoencoder = RegularizedAutoencoder(*linear(3)).fit_density(x, kind, components=3, seed=0)
    codes, drawn = autoencoder.encode(x), autoencoder.prior_codes(40_000, np.random.default_rng(0))
    assert drawn.shape == (40_000, 3)
    spread = codes.std(axis=0).max()
    np.testing.assert_allclose(drawn.mean(0), codes.mean(0), atol=0.03 * spread)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(codes.T), atol=0.05 * spread**2)
    np.testing.assert_allclose(
        autoencoder.sample(5, seed=3),
        autoencoder.decode(autoencoder.prior_codes(5, np.random.default_rng(3))),
        atol=1e-5,
    )


def test_mixture_finds_clusters_that_a_gaussian_blurs():
    rng = np.random.default_rng(4)
    codes = rng.normal(size=(600, 2)) * 0.1 + 5.0 * rng.choice([-1, 1], size=(600, 1))
    between = []
    for kind in ("gaussian", "mixture"):
        density = CodeDensity()
        density.fit(codes, kind, 2, seed=0)
        between.append(np.mean(np.abs(density.sample(2000, rng)) < 3.0))
    assert between[0] > 0.3
    assert between[1] == 0.0


def test_fitted_gaussian_is_the_one_of_the_greatest_likelihood():
    codes = np.random.default_rng(5).normal(size=(50, 3)) @ np.diag([1, 2, 3])
    density = CodeDensity()
    density.fit(codes, "gaussian", 1, None)
    best = multivariate_normal.fit(codes)
    np.testing.assert_allclose(density.means_[0], best[0], rtol=1e-6)
    covariance = np.matmul(density.factors_[0], np.transpose(density.factors_[0]))
    np.testing.assert_allclose(covariance, best[1], rtol=1e-4, atol=1e-5)


def test_huge_codes_on_a_line_have_a_gaussian():
    codes = 1e6 * np.random.default_rng(6).normal(size=(50, 1)) * np.ones((1, 3))
    density = CodeDensity()
    density.fit(codes, "gaussian", 1, None)
    assert np.isfinite(density.factors_).all()


def test_density_is_saved_with_the_model(tmp_path):
    x = gaussian(64)
    autoencoder = RegularizedAutoencoder(*linear(2)).fit_density(x, "mixture", components=4)
    autoencoder.save(tmp_path / "rae.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "rae.keras")
    np.testing.assert_allclose(loaded.sample(6, seed=1), autoencoder.sample(6, seed=1), atol=1e-5)
    fresh = RegularizedAutoencoder(*linear(2))
    autoencoder.save_weights(tmp_path / "rae.weights.h5")
    fresh.load_weights(tmp_path / "rae.weights.h5")
    np.testing.assert_allclose(fresh.sample(6, seed=1), autoencoder.sample(6, seed=1), atol=1e-5)


def test_sampling_without_a_density_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"^`sample` needs the density .* call `fit_density\(x\)`"):
        RegularizedAutoencoder(*linear(2)).sample(3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"kind": "histogram"}, "`kind` must be one of 'gaussian', 'mixture'; received"),
        ({"components": 0}, r"`components` must be an integer in \[1, inf\); received"),
        ({"seed": -4}, "`seed` must be an integer in"),
        ({"seed": "a"}, "`seed` must be an integer in"),
        ({"components": 9}, "`x` must hold at least 9 examples; received 8"),
    ],
)
def test_bad_densities_are_refused_in_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        RegularizedAutoencoder(*linear(2)).fit_density(gaussian(8), **arguments)


@pytest.mark.parametrize("kind", ["gaussian", "mixture"])
def test_densities_of_what_is_not_finite_are_refused_in_one_sentence(kind):
    autoencoder = RegularizedAutoencoder(*linear(2))
    x = gaussian(16)
    with pytest.raises(ValueError, match=r"^`x` must hold finite numbers; received an array"):
        autoencoder.fit_density(np.where(x > 1, np.nan, x), kind)
    autoencoder.encoder.set_weights([np.full((6, 2), np.inf)])
    with pytest.raises(ValueError, match=r"^`x` must have finite codes; received inputs of which"):
        autoencoder.fit_density(x, kind)
    assert not autoencoder.density.fitted


def test_decoder_with_another_constraint_is_refused():
    encoder, _ = linear(2)
    dense = keras.layers.Dense(6, kernel_constraint="non_neg")
    decoder = keras.Sequential([keras.Input((2,)), dense])
    with pytest.raises(ValueError, match=r"`decoder` must have no constraints .* has a NonNeg"):
        RegularizedAutoencoder(encoder, decoder, penalty="spectral")
    with pytest.raises(ValueError, match="`decoder` must be built for penalty='spectral'"):
        unbuilt = keras.Sequential([keras.layers.Dense(6)])
        RegularizedAutoencoder(encoder, unbuilt, penalty="spectral")
