"""The variational autoencoder: its bound in nats, its parts, and the likelihood of linear ones."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import bernoulli, multivariate_normal, norm

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.models import VariationalAutoencoder, dense_autoencoder
from keras_regzoo.models.gaussian_code import GaussianCode, drawing
from keras_regzoo.models.likelihoods import likelihood_layer
from keras_regzoo.objectives import SharpnessAware
from tests.backends import HAS_XLA
from tests.models.linear_gaussian import LinearGaussian

X = np.random.default_rng(0).uniform(size=(12, 5)).astype("float32")
SEED = 4
ELBO = {"loss", "elbo", "reconstruction", "kl", "active_units"}


def autoencoder(**options):
    keras.utils.set_random_seed(1)
    ends = dense_autoencoder((5,), hidden=(), latent=2, variational=True)
    return VariationalAutoencoder(*ends, **{"seed": SEED, **options})


def train(model, x=X, rate=0.0, **options):
    options = {"batch_size": len(x), "verbose": 0, "shuffle": False, **options}
    model.compile(keras.optimizers.SGD(rate), run_eagerly=True)
    return {name: each[0] for name, each in model.fit(x, **options).history.items()}


def noise(x, training=True, latents=2, samples=1, seed=SEED):
    """The standard normal numbers that a model of this seed draws first."""
    zeros = ops.zeros((len(keras.tree.flatten(x)[0]), latents))
    with drawing(keras.tree.map_structure(ops.convert_to_tensor, x)):
        made = GaussianCode(samples, seed=seed)([zeros, zeros], training=training)
    return np.asarray(ops.convert_to_numpy(made), "float64")


def affine(model, x):
    kernel, bias = (np.asarray(ops.convert_to_numpy(each), "float64") for each in model.weights)
    return x @ kernel + bias


def parts(model, log_density, training=True, x=X):
    """Each example's reconstruction term and divergences, in NumPy and SciPy."""
    mean, log_variance = np.split(affine(model.encoder, x), 2, axis=-1)
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * noise(x, training)
    reconstruction = -log_density(x, affine(model.decoder, z)).sum(axis=-1)
    return reconstruction, 0.5 * (mean**2 + deviation**2 - 1 - log_variance)


def normalizer(logit):
    return quad(lambda x: np.exp(x * logit), 0, 1)[0]


def continuous_bernoulli(x, logits):
    """∝ e^{x l} on [0, 1], normalized by numerical integration."""
    return x * logits - np.log(np.vectorize(normalizer)(logits))


DENSITIES = {
    "bernoulli": lambda x, logits: (
        x * -np.log1p(np.exp(-logits)) + (1 - x) * -np.log1p(np.exp(logits))
    ),
    "continuous_bernoulli": continuous_bernoulli,
    "gaussian": lambda x, mean: norm(mean, 0.7).logpdf(x),
}


@pytest.mark.parametrize("likelihood", DENSITIES)
def test_loss_is_the_negative_bound_in_nats_an_example(likelihood):
    model = autoencoder(likelihood=likelihood, stddev=0.7)
    logs = train(model, validation_data=(X,))
    assert set(logs) == ELBO | {f"val_{name}" for name in ELBO}
    for prefix, training in (("", True), ("val_", False)):
        reconstruction, kl = parts(model, DENSITIES[likelihood], training)
        bound = -reconstruction.mean() - kl.sum(axis=-1).mean()
        assert logs[f"{prefix}loss"] == pytest.approx(-bound, rel=1e-4)
        assert logs[f"{prefix}elbo"] == pytest.approx(bound, rel=1e-4)
        assert logs[f"{prefix}reconstruction"] == pytest.approx(reconstruction.mean(), rel=1e-4)
        assert logs[f"{prefix}kl"] == pytest.approx(kl.sum(axis=-1).mean(), rel=1e-4)
    evaluated = model.evaluate(X, batch_size=len(X), verbose=0, return_dict=True)
    assert evaluated == {name.removeprefix("val_"): logs[name] for name in logs if "val_" in name}


def test_likelihood_of_zeros_and_ones_is_that_of_scipy():
    model = autoencoder()
    x = (X > 0.5).astype("float32")
    logs = train(model, x)
    log_density = lambda x, logits: bernoulli(expit(logits)).logpmf(x)  # noqa: E731
    assert logs["reconstruction"] == pytest.approx(parts(model, log_density, x=x)[0].mean())


@pytest.mark.parametrize("logit", [-30.0, -2.0, -0.06, -0.04, 0.0, 1e-3, 0.04, 0.06, 0.5, 30.0])
def test_continuous_bernoulli_is_normalized_with_its_mean(logit):
    layer = likelihood_layer("continuous_bernoulli", 1.0)
    given = ops.full((1, 1), logit)
    zero = ops.zeros((1, 1))
    log_normalizer = -float(ops.convert_to_numpy(layer.log_density(zero, given))[0, 0])
    total = normalizer(logit)
    assert log_normalizer == pytest.approx(np.log(total), rel=1e-5, abs=2e-6)
    mean = quad(lambda x: x * np.exp(x * logit), 0, 1)[0] / total
    found = ops.convert_to_numpy(layer.mean(given))[0, 0]
    assert found == pytest.approx(mean, abs=3e-6)


@pytest.mark.parametrize("wrap", [lambda model: model, RegularizedModel], ids=["alone", "wrapped"])
def test_beta_weights_the_divergence_and_follows_a_schedule(wrap):
    model = wrap(autoencoder(beta=0.25))
    schedule = Scheduler("negative_elbo/beta", lambda epoch: 0.5 * epoch)
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.fit(X, batch_size=12, epochs=3, callbacks=[schedule], verbose=0).history
    for epoch, loss in enumerate(logs["loss"]):
        expected = logs["reconstruction"][epoch] + 0.5 * epoch * logs["kl"][epoch]
        assert loss == pytest.approx(expected, rel=1e-5)
        assert logs["elbo"][epoch] == pytest.approx(
            -logs["reconstruction"][epoch] - logs["kl"][epoch], rel=1e-5
        )


def test_free_bits_raise_small_divergences_to_their_least_in_training_alone():
    model = autoencoder(free_bits=0.4)
    reconstruction, kl = parts(model, DENSITIES["bernoulli"])
    each = kl.mean(axis=0)
    least = float(np.mean(each))  # between the two
    model = autoencoder(free_bits=least)
    logs = train(model, validation_data=(X,))
    expected = reconstruction.mean() + np.maximum(each, least).sum()
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)
    assert logs["kl"] == pytest.approx(each.sum(), rel=1e-5)
    assert logs["val_loss"] == pytest.approx(-logs["val_elbo"], rel=1e-6)


def test_free_bits_leave_small_divergences_without_gradient():
    model = autoencoder(free_bits=1e3)
    for weight in model.decoder.weights:
        weight.assign(0.0 * weight)
    before = model.encoder.get_weights()
    train(model, rate=1.0)
    for old, new in zip(before, model.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_active_units_are_latents_whose_mean_varies():
    model = autoencoder()
    kernel, bias = model.encoder.get_weights()
    kernel[:, 1] *= 1e-3
    model.encoder.set_weights([kernel, bias])
    varies = np.var(affine(model.encoder, X)[:, :2], axis=0) > 0.01
    assert list(varies) == [True, False]
    assert train(model, batch_size=5)["active_units"] == 1
    bias[:2] = 1e3
    model.encoder.set_weights([kernel, bias])
    assert train(model, batch_size=5)["active_units"] == 1


def test_sample_weight_weights_the_losses_of_examples():
    model = autoencoder()
    weight = np.linspace(0, 2, len(X))
    reconstruction, kl = parts(model, DENSITIES["bernoulli"])
    logs = train(model, sample_weight=weight)
    expected = np.mean(weight * (reconstruction + kl.sum(axis=-1)))
    assert logs["loss"] == pytest.approx(expected, rel=1e-5)


def test_evaluation_draws_cover_the_normal_distribution_evenly():
    drawn = noise(np.resize(X, (64, 5)), training=False)
    shares = (np.arange(64) + 0.5) / 64
    for column in drawn.T:
        assert abs(column.mean()) < 0.1  # 0.125 is the standard error of independent ones
        assert np.abs(norm.cdf(np.sort(column)) - shares).max() < 2 / 64
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.4
    assert np.isfinite(noise(X[:1], training=False)).all()


def test_evaluation_errs_the_less_the_more_data_whatever_the_batches():
    x = np.random.default_rng(5).uniform(size=(600, 5)).astype("float32")
    model = autoencoder(likelihood="gaussian", stddev=0.3)
    model.compile("sgd")
    mean, deviation = (each.astype("float64") for each in model.posterior(x))
    draws = np.random.default_rng(6).normal(size=(200, *mean.shape))
    logits = affine(model.decoder, mean + deviation * draws)
    each = -norm(logits, 0.3).logpdf(x).sum(axis=-1)
    error = each.mean(axis=1).std()
    for batch_size in (1, 3, 32):
        found = model.evaluate(x, batch_size=batch_size, verbose=0, return_dict=True)
        assert abs(found["reconstruction"] - each.mean()) < 3 * error


def test_predictions_are_means_at_the_mean_code():
    for likelihood, squash in (
        ("bernoulli", expit),
        ("gaussian", np.asarray),
    ):
        model = autoencoder(likelihood=likelihood)
        mean, log_variance = np.split(affine(model.encoder, X), 2, axis=-1)
        decoded = affine(model.decoder, mean)
        decoded = squash(decoded)
        np.testing.assert_allclose(model.encode(X), mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(model.posterior(X)[1], np.exp(log_variance / 2), rtol=1e-4)
        np.testing.assert_allclose(model.reconstruct(X), decoded, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(model.decode(model.encode(X)), decoded, rtol=1e-4, atol=1e-5)
    first, last = model.interpolate(X[:2], X[2:4], 3)[:, 0], model.reconstruct(X[:2])
    np.testing.assert_allclose(first, last, rtol=1e-4, atol=1e-5)


def test_samples_are_decoded_from_standard_normal_codes():
    model = autoencoder(likelihood="gaussian")
    kernel, bias = (np.asarray(each, "float64") for each in model.decoder.get_weights())
    made = model.sample(4000, seed=1)
    np.testing.assert_allclose(made.mean(axis=0), bias, atol=0.1)
    np.testing.assert_allclose(np.cov(made.T), kernel.T @ kernel, atol=0.2)
    np.testing.assert_array_equal(made, model.sample(4000, seed=1))


@pytest.mark.one_backend
def test_learned_stddev_becomes_that_of_the_residual():
    x = np.random.default_rng(3).normal(0.5, 0.3, size=(256, 5)).astype("float32")
    model = autoencoder(likelihood="gaussian", stddev="learned")
    for weight in model.decoder.weights:
        weight.assign(0.0 * weight)
    model.decoder.trainable = False
    rate = keras.optimizers.schedules.CosineDecay(0.05, 300)
    model.compile(keras.optimizers.Adam(rate))
    model.fit(np.tile(x, (300, 1)), batch_size=len(x), verbose=0, shuffle=False)
    found = np.exp(float(ops.convert_to_numpy(model.likelihood.log_stddev)))
    assert found == pytest.approx(np.sqrt(np.mean(x**2)), rel=1e-3)


def test_estimated_likelihood_of_a_linear_model_is_the_exact_one():
    exact = LinearGaussian(stddev=0.5)
    model = exact.model(VariationalAutoencoder, posterior_scale=1.3)
    x = exact.draw(6)
    expected = multivariate_normal(exact.bias, exact.covariance).logpdf(x)
    many = np.tile(x, (12, 1))
    runs = model.log_likelihood(many, 400, len(many)).reshape(12, -1)
    error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    np.testing.assert_array_less(np.abs(runs.mean(axis=0) - expected), 4 * error + 2e-3)
    assert error.max() < 0.05
    assert model.log_likelihood(many, 1, len(many)).mean() < runs.mean() - 0.01


def test_with_the_exact_posterior_every_draw_gives_the_exact_likelihood():
    exact = LinearGaussian(stddev=0.5)
    model = exact.model(VariationalAutoencoder)
    x = exact.draw(6)
    expected = multivariate_normal(exact.bias, exact.covariance).logpdf(x)
    for samples in (1, 23):
        np.testing.assert_allclose(model.log_likelihood(x, samples), expected, atol=2e-4)
    rows = np.repeat(x, 2000, axis=0)
    bound = model.evaluate(rows, batch_size=len(rows), verbose=0, return_dict=True)["elbo"]
    assert bound == pytest.approx(expected.mean(), abs=0.02)


def test_likelihood_is_estimated_in_bounded_memory():
    class Counted(keras.layers.Dense):
        rows = []

        def call(self, inputs):
            self.rows.append(inputs.shape[0])
            return super().call(inputs)

    encoder, _ = dense_autoencoder((5,), hidden=(), latent=2, variational=True)
    decoder = keras.Sequential([keras.Input((2,)), Counted(5)])
    model = VariationalAutoencoder(encoder, decoder)
    Counted.rows.clear()
    assert model.log_likelihood(X, samples=50, batch_size=4).shape == (12,)
    assert max(Counted.rows) == 80


def test_likelihood_of_some_is_that_of_all():
    model = autoencoder()
    model.compile("sgd")
    found = model.log_likelihood(X, samples=3, batch_size=12)
    np.testing.assert_allclose(model.log_likelihood(X[:5], 3, 12)[:1], found[:1], rtol=1e-5)
    np.testing.assert_array_equal(model.log_likelihood(X, 3, 12), found)
    assert (found != model.log_likelihood(X, 3, 12, seed=1)).all()


@pytest.mark.skipif(not HAS_XLA, reason="several steps an execution need XLA")
def test_compiled_with_several_steps_it_evaluates_the_same():
    model = autoencoder()
    model.compile("adam", jit_compile=True, steps_per_execution=3)
    model.fit(X, batch_size=2, epochs=2, verbose=0)
    assert model.optimizer.iterations == 12
    reconstruction, kl = parts(model, DENSITIES["bernoulli"], training=False, x=X[:4])
    loss = model.evaluate(X[:4], batch_size=4, verbose=0)[0]
    assert loss == pytest.approx(reconstruction.mean() + kl.sum(axis=-1).mean(), rel=1e-4)


def test_objectives_act_on_the_bound():
    model = RegularizedModel(autoencoder(), [SharpnessAware(0.05)])
    logs = train(model, validation_data=(X,))
    reconstruction, kl = parts(model.base, DENSITIES["bernoulli"])
    bound = reconstruction.mean() + kl.sum(axis=-1).mean()
    assert logs["data_loss"] == pytest.approx(bound, rel=1e-4)
    assert logs["loss"] == pytest.approx(bound + logs["sharpness_aware"], rel=1e-5)
    assert logs["val_loss"] == pytest.approx(-logs["val_elbo"], rel=1e-6)


def fitted(x, *y, validation=(X,), **options):
    model = autoencoder(**options)
    model.compile("sgd", run_eagerly=True)
    model.fit(x, *y, validation_data=validation, verbose=0)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (lambda: fitted(3 * X), r"^`x` must lie in \[0, 1\] under this likelihood .* to 2\."),
        (lambda: fitted(X, validation=(X - 1,)), r"^`validation_data` must lie in \[0, 1\] .*-0\."),
        (lambda: fitted(X, 2 * X), r"^`y` must lie in \[0, 1\]"),
        (lambda: fitted(np.where(X > 0.9, np.nan, X)), "^`x` must hold finite numbers; .*NaN"),
        (lambda: fitted(X, np.zeros(12)), r"^`y` must be left out.*\(labels are not used\); .*"),
        (lambda: autoencoder().compile("sgd", "mse"), "^`loss` must be left out: .* 'mse'"),
        (lambda: autoencoder().log_likelihood(-X), r"^`x` must lie in \[0, 1\]"),
        (lambda: autoencoder().log_likelihood(iter([X])), "^`x` must be an array of inputs, "),
        (lambda: autoencoder().log_likelihood(X, 0), "^`samples` must be an integer in"),
        (lambda: autoencoder().log_likelihood(X, 1, 0), "^`batch_size` must be an integer in"),
        (lambda: autoencoder().sample(0), "^`n` must be an integer in"),
        (
            lambda: dense_autoencoder((5,), latent=0, variational=True),
            "^`latent` must be an integer in",
        ),
    ],
)
def test_bad_input_is_refused_in_one_sentence_before_the_first_step(given, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        given()
    assert "\n" not in str(caught.value)


def ends(encoded=4, codes=2, outputs=5, activation=None):
    encoder = keras.Sequential([keras.Input((5,)), keras.layers.Dense(encoded)])
    decoder = keras.Sequential(
        [
            keras.Input((codes,)),
            keras.layers.Dense(outputs, activation, name="last"),
            keras.layers.Reshape((outputs,)),
        ]
    )
    return encoder, decoder


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"encoded": 3}, r"^`encoder` must give means .* received one .*\(None, 3\)"),
        ({"encoded": 6}, r"^`encoder` and `decoder` must fit .* received \(3,\) and \(2,\)"),
        ({"outputs": 4}, r"^`encoder` and `decoder` must fit .* received \(5,\) and \(4,\)"),
        ({"activation": "sigmoid"}, "^`decoder` must give logits.*layer 'last' ends in a sigmoid"),
    ],
)
def test_models_that_do_not_fit_are_refused(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        VariationalAutoencoder(*ends(**given))


@pytest.mark.parametrize("activation", ["tanh", "hard_tanh", "softmax", "relu", "softplus", "elu"])
def test_decoders_that_limit_their_logits_are_refused(activation):
    with pytest.raises(ValueError, match=f"^`decoder` must give logits.* ends in a {activation}"):
        VariationalAutoencoder(*ends(activation=activation))
    VariationalAutoencoder(*ends(activation=activation), likelihood="gaussian")


def test_decoders_that_end_in_a_layer_of_an_activation_are_refused():
    for layer in (keras.layers.Softmax(), keras.layers.ReLU(), keras.layers.Activation("tanh")):
        encoder, decoder = ends()
        limited = keras.Sequential([decoder, layer])
        with pytest.raises(ValueError, match=f"^`decoder` must give logits.*{layer.name!r} ends"):
            VariationalAutoencoder(encoder, limited)


@pytest.mark.parametrize("activation", [None, "leaky_relu", "tanh_shrink", lambda x: 2 * x])
def test_decoders_whose_logits_have_no_limits_are_taken(activation):
    assert VariationalAutoencoder(*ends(activation=activation)).sample(2).shape == (2, 5)


def test_models_without_known_inputs_are_refused():
    for name, given in (("encoder", 0), ("decoder", 1)):
        both = list(ends())
        both[given] = keras.Sequential([keras.layers.Dense(4)])
        with pytest.raises(ValueError, match=f"^`{name}` must be a Sequential or functional model"):
            VariationalAutoencoder(*both)


def test_encoder_may_give_two_outputs():
    inputs = keras.Input((5,))
    outputs = [keras.layers.Dense(2)(inputs), keras.layers.Dense(2)(inputs)]
    model = VariationalAutoencoder(keras.Model(inputs, outputs), ends()[1])
    assert model.encode(X).shape == (12, 2)
    assert np.isfinite(train(model, rate=0.1)["loss"])
