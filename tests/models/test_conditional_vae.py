"""The conditional variational autoencoder: its bound, its conditions, the digits asked for."""

import importlib

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from keras_regzoo import data
from keras_regzoo.models import ConditionalVAE, conditional_dense_autoencoder
from tests import docstring_checks
from tests.cases.case import BAD_AMOUNTS, Case, each
from tests.cases.variational import COMMON_BAD
from tests.checks import check_bad_arguments_refused, check_config_round_trip
from tests.models.test_importance_weighted_autoencoder import parameters
from tests.models.test_variational_autoencoder import SEED, X, noise

LABELS = np.arange(12) % 3
CONDITIONS = np.random.default_rng(1).normal(size=(12, 3)).astype("float32")


def conditional(classes: int | None = 3, **options):
    keras.utils.set_random_seed(1)
    ends = conditional_dense_autoencoder((5,), 3, hidden=(), latent=2)
    return ConditionalVAE(*ends, **{"classes": classes, "seed": SEED, **options})


def arguments():
    encoder, decoder = conditional_dense_autoencoder((5,), 3, hidden=(), latent=2)
    return {"encoder": encoder, "decoder": decoder, "classes": 3, "beta": 0.5, "seed": 1}


CASE = Case(
    ConditionalVAE,
    "model",
    arguments=arguments,
    variations=(
        lambda: {**arguments(), "classes": None, "likelihood": "gaussian", "stddev": "learned"},
        lambda: {**arguments(), "free_bits": 0.1, "name": "cvae"},
    ),
    bad=each(classes=(1, 2.5, "3"), beta=BAD_AMOUNTS, free_bits=BAD_AMOUNTS, **COMMON_BAD),
)


@pytest.mark.parametrize(
    "check",
    [
        check_config_round_trip,
        docstring_checks.check_docstring_summary,
        docstring_checks.check_docstring_arguments,
        docstring_checks.check_docstring_shapes,
        docstring_checks.check_docstring_equation,
        docstring_checks.check_docstring_raises,
        docstring_checks.check_docstring_example,
        docstring_checks.check_docstring_reference,
    ],
)
def test_contract_of_models(check):
    check(CASE)


def test_bad_arguments_are_refused():
    check_bad_arguments_refused(CASE)


def bound(model, condition, given, training=True):
    """The mean negative bound, in NumPy and SciPy, with the draws for such conditions."""
    weights = parameters(model)
    statistics = np.hstack([X, condition]) @ weights[0] + weights[1]
    mean, log_variance = np.split(statistics, 2, axis=-1)
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * noise([X, given], training)
    logits = np.hstack([z, condition]) @ weights[2] + weights[3]
    likely = X * np.log(expit(logits)) + (1 - X) * np.log(expit(-logits))
    kl = 0.5 * (mean**2 + deviation**2 - 1 - log_variance)
    return -likely.sum(axis=1).mean(), kl.sum(axis=1).mean()


@pytest.mark.parametrize("labelled", [True, False])
def test_loss_is_the_negative_bound_given_the_condition(labelled):
    model = conditional(classes=3 if labelled else None)
    given = LABELS if labelled else CONDITIONS
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    logs = model.fit([X, given], batch_size=12, verbose=0, shuffle=False).history
    taken = np.eye(3)[LABELS] if labelled else CONDITIONS
    reconstruction, kl = bound(model, taken, given)
    assert logs["loss"][0] == pytest.approx(reconstruction + kl, rel=1e-4)
    assert logs["kl"][0] == pytest.approx(kl, rel=1e-4)
    reconstruction, kl = bound(model, taken, given, training=False)
    assert model.evaluate([X, given], batch_size=12, verbose=0)[0] == pytest.approx(
        reconstruction + kl, rel=1e-4
    )


@pytest.mark.skipif(not importlib.util.find_spec("tensorflow"), reason="tf.data is TensorFlow's")
def test_datasets_of_pairs_train_as_arrays_do():
    import tensorflow

    ends = []
    batches = tensorflow.data.Dataset.from_tensor_slices(((X, LABELS),)).batch(6)
    for given, options in (([X, LABELS], {"batch_size": 6}), (batches, {})):
        model = conditional()
        model.compile(keras.optimizers.SGD(0.1))
        held_out = ([X, LABELS],) if isinstance(given, list) else batches
        fit = model.fit(given, shuffle=False, verbose=0, validation_data=held_out, **options)
        ends.append([fit.history["loss"][0], fit.history["val_kl"][0], *model.get_weights()])
    for first, second in zip(*ends, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)


def test_everything_takes_a_list_of_inputs_and_conditions():
    model = conditional()
    kernel, bias, loadings, offset = parameters(model)
    one_hot = np.eye(3)[LABELS]
    mean = (np.hstack([X, one_hot]) @ kernel + bias)[:, :2]
    made = expit(np.hstack([mean, one_hot]) @ loadings + offset)
    np.testing.assert_allclose(model.encode([X, LABELS]), mean, rtol=1e-4, atol=1e-5)
    codes = mean.astype("float32")
    np.testing.assert_allclose(model.decode([codes, LABELS]), made, rtol=1e-4)
    np.testing.assert_allclose(model.reconstruct([X, LABELS]), made, rtol=1e-4)
    again = conditional()  # TensorFlow traces a model for labels of one rank
    np.testing.assert_allclose(again.reconstruct([X, LABELS[:, None]]), made, rtol=1e-4)
    error = np.mean((made - X) ** 2, axis=1)
    np.testing.assert_allclose(model.reconstruction_error([X, LABELS]), error, rtol=1e-4)
    between = model.interpolate([X[:3], LABELS[:3]], [X[3:6], [1, 1, 1]], steps=3)
    half = np.hstack([(mean[:3] + encoded(model, X[3:6], 1)) / 2, (one_hot[:3] + np.eye(3)[1]) / 2])
    np.testing.assert_allclose(between[:, 1], expit(half @ loadings + offset), rtol=1e-4)


def encoded(model, x, label):
    kernel, bias = parameters(model)[:2]
    return (np.hstack([x, np.tile(np.eye(3)[label], (len(x), 1))]) @ kernel + bias)[:, :2]


def test_likelihood_is_that_given_the_condition():
    """Without a code in the decoder p(x | c) needs no integral."""
    model = conditional(likelihood="gaussian", stddev=0.3)
    kernel, bias = model.decoder.get_weights()
    kernel[:2] = 0.0
    model.decoder.set_weights([kernel, bias])
    mean = np.eye(3)[LABELS] @ kernel[2:] + bias
    encoder, start = model.encoder.get_weights()
    model.encoder.set_weights([0 * encoder, 0 * start])
    expected = norm(mean, 0.3).logpdf(X).sum(axis=1)
    found = model.log_likelihood([X, LABELS], samples=3, batch_size=5)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_saved_model_generates_the_same(tmp_path):
    model = conditional()
    model.compile("adam")
    model.fit([X, LABELS], verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for label in (1, [0, 1, 2, 2]):
        np.testing.assert_array_equal(
            loaded.sample(4, label, seed=3), model.sample(4, label, seed=3)
        )
    assert loaded.evaluate([X, LABELS], verbose=0) == model.evaluate([X, LABELS], verbose=0)


@pytest.mark.one_backend
def test_digits_are_those_asked_for():
    digits = data.load("digits")
    x, y = digits.x_train.reshape(-1, 64), digits.y_train
    keras.utils.set_random_seed(0)
    ends = conditional_dense_autoencoder((64,), 10, hidden=(128,), latent=8)
    model = ConditionalVAE(*ends, classes=10)
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=keras.config.backend() != "torch")
    model.fit([x, y], batch_size=64, epochs=30, verbose=0)
    judge = LogisticRegression(max_iter=300).fit(digits.x_test.reshape(-1, 64), digits.y_test)
    asked = np.repeat(np.arange(10), 20)
    recognized = judge.predict(model.sample(200, asked, seed=0)) == asked
    assert recognized.mean() > 0.85


def compiled():
    model = conditional()
    model.compile("sgd")
    return model


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (lambda: conditional().fit(X), "^`x` must be a list of inputs and conditions; .* alone"),
        (lambda: conditional().fit([X]), "^`x` must be a list of .*; received 1 parts"),
        (lambda: conditional().fit([X, LABELS + 1]), "^`x` must hold labels from 0 to 2; .* 3"),
        (lambda: conditional().fit([X, LABELS / 2]), "^`x` must hold labels from 0 to 2; .* 0.5"),
        (lambda: conditional().fit([2 * X, LABELS]), r"^`x` must lie in \[0, 1\]"),
        (lambda: conditional().fit([X, LABELS], LABELS), "^`y` must be left out"),
        (lambda: conditional().encode([X, LABELS - 1]), "^`x` must hold labels .* -1"),
        (lambda: conditional().decode([X[:, :2], LABELS + 9]), "^`codes` must hold labels"),
        (lambda: conditional().decode(X[:, :2]), "^`codes` must be a list of codes and cond"),
        (lambda: conditional().decode(X[:2, :2]), "^`codes` must be a list of codes and cond"),
        (lambda: conditional().encode({"x": X}), "^`x` must be a list .*; received a dict"),
        (lambda: conditional().sample(2), r"^`condition` must be of shape \(\), or \(2,\)"),
        (lambda: conditional().sample(2, [1, 2, 0]), "^`condition` must be of shape"),
        (
            lambda: conditional(None).sample(2, 1),
            r"^`condition` must be of shape \(3,\), or \(2, 3",
        ),
        (lambda: conditional().sample(0, 1), "^`n` must be an integer"),
        (lambda: conditional().sample(2, 12), "^`condition` must hold labels .* received 12"),
        (
            lambda: conditional().sample(2, "a"),
            "^`condition` must hold labels from 0 to 2, one for",
        ),
        (
            lambda: conditional().fit([X, LABELS.astype(str)]),
            "^`x` must hold labels from 0 to 2, one",
        ),
        (
            lambda: conditional().fit([X, np.eye(3)[LABELS]]),
            r"^`x` must hold .*; received .*\(3,\)",
        ),
        (lambda: conditional().fit([X, ops.array(LABELS + 1)]), "^`x` must hold labels .* 3"),
        (lambda: conditional().reconstruct([X, LABELS + 7]), "^`x` must hold labels .* received"),
        (
            lambda: conditional().reconstruction_error([X, LABELS - 1]),
            "^`x` must hold labels .* -1",
        ),
        (lambda: compiled().evaluate([X, LABELS + 7]), "^`x` must hold labels .* received"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        given()
    assert "\n" not in str(caught.value)


def test_models_that_see_no_condition_or_different_ones_are_refused():
    encoder, decoder = conditional_dense_autoencoder((5,), 3, hidden=(), latent=2)
    _, other = conditional_dense_autoencoder((5,), 4, hidden=(), latent=2)
    blind = keras.Sequential([keras.Input((2,)), keras.layers.Dense(5)])
    with pytest.raises(ValueError, match=r"^`decoder` must have two known inputs, .* with 1"):
        ConditionalVAE(encoder, blind)
    with pytest.raises(ValueError, match=r"their second inputs .* received \(3,\) and \(4,\)"):
        ConditionalVAE(encoder, other)
    with pytest.raises(ValueError, match=r"one-hot labels .* received \(4,\) and \(3,\)"):
        ConditionalVAE(encoder, decoder, classes=4)


def test_builder_puts_the_condition_beside_both_inputs():
    encoder, decoder = conditional_dense_autoencoder((4, 3), 5, hidden=(7, 6), latent=2)
    assert encoder.input_shape == [(None, 4, 3), (None, 5)]
    assert decoder.input_shape == [(None, 2), (None, 5)]
    assert encoder.output_shape == (None, 4) and decoder.output_shape == (None, 4, 3)
    kernels = [tuple(w.shape) for w in (*encoder.weights, *decoder.weights) if len(w.shape) == 2]
    assert kernels == [(17, 7), (7, 6), (6, 4), (7, 6), (6, 7), (7, 12)]


@pytest.mark.parametrize(
    ("argument", "value"),
    [("input_shape", 4), ("condition", 0), ("hidden", (0,)), ("hidden", 3), ("latent", 0)],
)
def test_builder_refuses_bad_numbers(argument, value):
    given = {"input_shape": (4,), "condition": 3, argument: value}
    with pytest.raises(ValueError, match=f"^`{argument}` must be"):
        conditional_dense_autoencoder(**given)
