"""The importance weighted bound: its value, its tightness and both of its gradients."""

import keras
import numpy as np
import pytest
from scipy.special import expit, logsumexp, softmax
from scipy.stats import multivariate_normal, norm

from keras_regzoo.models import ImportanceWeightedAutoencoder, VariationalAutoencoder
from tests.models.linear_gaussian import INPUTS, LATENTS, LinearGaussian
from tests.models.test_variational_autoencoder import SEED, X, affine, autoencoder, noise, train

GRADIENTS = ("reparameterized", "doubly_reparameterized")
K = 3
RATE = 0.5


def importance_weighted(samples=K, **options):
    plain = autoencoder()
    options = {"seed": SEED, **options}
    return ImportanceWeightedAutoencoder(plain.encoder, plain.decoder, samples, **options)


def log_weights(model, x, samples, training=True):
    """log p(x, z) − log q(z | x) of each draw, by SciPy's normal density."""
    mean, log_variance = np.split(affine(model.encoder, x)[:, None], 2, axis=-1)
    drawn = noise(x, training, samples=samples).reshape(len(x), samples, -1)
    z = mean + np.exp(log_variance / 2) * drawn
    logits = affine(model.decoder, z)
    x = x[:, None].astype("float64")
    likely = x * np.log(expit(logits)) + (1 - x) * np.log(expit(-logits))
    prior = norm.logpdf(z) - norm(mean, np.exp(log_variance / 2)).logpdf(z)
    return likely.sum(axis=-1) + prior.sum(axis=-1)


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_loss_is_the_bound_of_several_draws_in_nats(gradient):
    model = importance_weighted(gradient=gradient)
    logs = train(model, validation_data=(X,))
    for prefix, training in (("", True), ("val_", False)):
        weights = log_weights(model, X, K, training)
        bound = np.mean(logsumexp(weights, axis=1) - np.log(K))
        assert logs[f"{prefix}loss"] == pytest.approx(-bound, rel=1e-4)
        assert logs[f"{prefix}bound"] == pytest.approx(bound, rel=1e-4)
        assert logs[f"{prefix}elbo"] == pytest.approx(
            -logs[f"{prefix}reconstruction"] - logs[f"{prefix}kl"], rel=1e-5
        )


def test_predictions_and_samples_are_one_for_each_example():
    model = importance_weighted()
    np.testing.assert_allclose(model.reconstruct(X), autoencoder().reconstruct(X), rtol=1e-5)
    model.compile("sgd", metrics=["mae"], run_eagerly=True)
    assert np.isfinite(model.fit(X, verbose=0).history["mae"][0])
    assert model.sample(4).shape == (4, 5)


def parameters(model):
    """Kernel and bias of the encoder and of the decoder, each one dense layer."""
    weights = (*model.encoder.get_weights(), *model.decoder.get_weights())
    return [each.astype("float64") for each in weights]


class Toy:
    """One step on a linear-Gaussian model, and its gradients by hand."""

    def __init__(self, gradient, samples):
        self.exact = LinearGaussian(stddev=0.5)
        self.x = self.exact.draw(5)
        options = {"samples": samples, "gradient": gradient, "seed": SEED}
        if gradient is None:
            options = {"seed": SEED}
        cls = ImportanceWeightedAutoencoder if gradient else VariationalAutoencoder
        self.model = self.exact.model(cls, posterior_scale=1.4, **options)
        self.samples = samples

    def step(self, **options):
        """The gradients of the encoder's and the decoder's kernel and bias."""
        before = parameters(self.model)
        self.model.compile(keras.optimizers.SGD(RATE), run_eagerly=True)
        self.model.fit(self.x, batch_size=5, shuffle=False, verbose=0, **options)
        pairs = zip(before, parameters(self.model), strict=True)
        return [(old - new) / RATE for old, new in pairs]

    def expected(self, gradient, example_weight=None):
        """By the formulas, from the draws that the step makes."""
        model, x = self.model, self.x.astype("float64")[:, None]
        kernel, bias, loadings, offset = parameters(model)
        mean, log_variance = np.split((x[:, 0] @ kernel + bias)[:, None], 2, axis=-1)
        deviation = np.exp(log_variance / 2)
        drawn = noise(self.x, samples=self.samples).reshape(5, self.samples, LATENTS)
        z = mean + deviation * drawn
        residual = (x - z @ loadings - offset) / self.exact.stddev**2
        likely = -0.5 * self.exact.stddev**2 * np.sum(residual**2, axis=-1)
        weights = likely + np.sum(0.5 * drawn**2 + log_variance / 2 - 0.5 * z**2, axis=-1)
        share = softmax(weights, axis=1)[..., None]
        each = np.ones(5) if example_weight is None else example_weight
        scale = -each[:, None, None] / 5
        to_loadings = np.einsum("nki,nkj->ij", scale * share * z, residual)
        to_offset = np.sum(scale * share * residual, axis=(0, 1))
        along = residual @ loadings.T - z  # of log p(x, z), with respect to z
        if gradient == "doubly_reparameterized":
            along, share = along + drawn / deviation, share**2
            to_mean = share * along
            to_spread = share * along * 0.5 * deviation * drawn
        else:  # log q depends on z − μ alone, through ε, and on log σ
            to_mean = share * along
            to_spread = share * (along * 0.5 * deviation * drawn + 0.5)
        statistics = np.concatenate([scale * to_mean, scale * to_spread], axis=-1).sum(axis=1)
        return [x[:, 0].T @ statistics, statistics.sum(axis=0), to_loadings, to_offset]


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("gradient", GRADIENTS)
def test_gradients_are_those_of_the_formulas(gradient, samples):
    toy = Toy(gradient, samples)
    expected = toy.expected(gradient)
    for found, wanted in zip(toy.step(), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-4)


def test_weights_of_examples_scale_both_parts_of_the_gradient():
    toy = Toy("doubly_reparameterized", 4)
    weight = np.array([0.0, 0.5, 1.0, 2.0, 3.0])
    expected = toy.expected("doubly_reparameterized", weight)
    for found, wanted in zip(toy.step(sample_weight=weight), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-3, atol=2e-4)


def test_both_gradients_have_one_mean_and_the_second_less_noise():
    rng = np.random.default_rng(0)
    toy = Toy("reparameterized", 4)
    draws = rng.normal(size=(20000, 4, LATENTS))
    made = {gradient: encoder_gradients(toy, draws, gradient) for gradient in GRADIENTS}
    first, second = made["reparameterized"], made["doubly_reparameterized"]
    error = np.sqrt((first.var(axis=0) + second.var(axis=0)) / len(draws))
    assert (np.abs(first.mean(axis=0) - second.mean(axis=0)) < 4.5 * error).all()
    assert (second.var(axis=0) < first.var(axis=0)).all()


def encoder_gradients(toy, draws, gradient):
    """Of one example's mean and log-variance, for each row of draws, by the formulas."""
    kernel, bias, loadings, offset = parameters(toy.model)
    x = toy.x[0].astype("float64")
    mean, log_variance = np.split(x @ kernel + bias, 2)
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * draws
    residual = (x - z @ loadings - offset) / toy.exact.stddev**2
    likely = -0.5 * toy.exact.stddev**2 * np.sum(residual**2, axis=-1)
    weights = likely + np.sum(0.5 * draws**2 + log_variance / 2 - 0.5 * z**2, axis=-1)
    share = softmax(weights, axis=1)[..., None]
    along = residual @ loadings.T - z
    if gradient == "doubly_reparameterized":
        along, share = along + draws / deviation, share**2
        spread = along * 0.5 * deviation * draws
    else:
        spread = along * 0.5 * deviation * draws + 0.5
    return np.concatenate([share * along, share * spread], axis=-1).sum(axis=1)


def test_one_draw_is_the_variational_autoencoder_in_the_mean():
    exact = LinearGaussian(stddev=0.5)
    rows = np.repeat(exact.draw(6), 1000, axis=0)
    bounds = {}
    for cls, options in (
        (VariationalAutoencoder, {}),
        (ImportanceWeightedAutoencoder, {"samples": 1}),
    ):
        model = exact.model(cls, posterior_scale=1.3, **options)
        logs = model.evaluate(rows, batch_size=len(rows), verbose=0, return_dict=True)
        bounds[cls.__name__] = -logs["loss"]
    first, second = bounds.values()
    assert first == pytest.approx(second, abs=0.02)


def test_bound_tightens_with_the_draws_to_the_exact_likelihood():
    exact = LinearGaussian(stddev=0.5)
    x = exact.draw(6)
    expected = multivariate_normal(exact.bias, exact.covariance).logpdf(x).mean()
    rows = np.repeat(x, 500, axis=0)
    bounds = []
    for samples in (1, 4, 32):
        model = exact.model(ImportanceWeightedAutoencoder, 1.3, samples=samples)
        logs = model.evaluate(rows, batch_size=len(rows), verbose=0, return_dict=True)
        bounds.append(logs["bound"])
    assert bounds[0] < bounds[1] - 0.02 < bounds[2] - 0.02
    assert bounds[2] < expected + 0.01
    assert bounds[2] == pytest.approx(expected, abs=0.03)
    assert len(x[0]) == INPUTS


def test_exact_posterior_makes_the_bound_exact_for_any_draws():
    exact = LinearGaussian(stddev=0.5)
    x = exact.draw(6)
    expected = multivariate_normal(exact.bias, exact.covariance).logpdf(x).mean()
    model = exact.model(ImportanceWeightedAutoencoder, samples=2)
    assert model.evaluate(x, verbose=0, return_dict=True)["bound"] == pytest.approx(
        expected, abs=2e-4
    )


def test_doubly_reparameterized_one_trains_compiled():
    model = importance_weighted(gradient="doubly_reparameterized")
    jit = keras.config.backend() != "torch"
    model.compile(keras.optimizers.Adam(0.02), jit_compile=jit)
    loss = model.fit(np.tile(X, (20, 1)), batch_size=12, epochs=2, verbose=0).history["loss"]
    assert loss[1] < loss[0]
