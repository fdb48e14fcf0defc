"""The autoencoder: principal subspaces, its own targets, its scores and its files."""

import functools
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
from scipy.linalg import subspace_angles
from sklearn.decomposition import PCA

from keras_regzoo import RegularizedModel
from keras_regzoo.layers import TiedDense
from keras_regzoo.models import (
    Autoencoder,
    DenoisingAutoencoder,
    conv_autoencoder,
    dense_autoencoder,
)
from keras_regzoo.objectives import WeightNoise, WeightPenalty
from tests.models.toys import gaussian, linear, numpy_weights, train_on_full_batches


def small(**kwargs):
    return Autoencoder(*dense_autoencoder((6,), hidden=(5,), latent=2), **kwargs)


@pytest.mark.one_backend
def test_linear_undercomplete_autoencoder_spans_the_principal_subspace():
    x = gaussian()
    x -= x.mean(axis=0)
    encoder, decoder = linear(2)
    train_on_full_batches(Autoencoder(encoder, decoder), x, steps=500, rate=0.03)
    pca = PCA(2).fit(x)
    (written,) = numpy_weights(decoder)
    assert subspace_angles(written.T, pca.components_.T).max() < 1e-2
    residual = np.mean((x - pca.inverse_transform(pca.transform(x))) ** 2)
    autoencoder = Autoencoder(encoder, decoder)
    assert autoencoder.reconstruction_error(x).mean() == pytest.approx(residual, rel=1e-3)


@pytest.mark.parametrize("objectives", [[], [WeightNoise(0.0)]])
def test_fit_of_inputs_alone_is_fit_of_inputs_as_targets(objectives):
    def trained(*data, validation_data):
        keras.utils.set_random_seed(3)
        autoencoder = small(objectives=objectives)
        autoencoder.compile("adam", "mse", metrics=["mae"])
        history = autoencoder.fit(
            *data, validation_data=validation_data, batch_size=16, epochs=2, verbose=0
        )
        return history.history, autoencoder.get_weights()

    x, held_out = gaussian(48), gaussian(16, seed=1)
    history, weights = trained(x, validation_data=(held_out,))
    again, others = trained(x, x, validation_data=(held_out, held_out))
    assert {"loss", "mae", "val_loss", "val_mae"} <= set(history)
    assert history == again
    for value, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(value, other)


def test_losses_and_metrics_are_those_of_the_reconstruction():
    x = gaussian(32)
    autoencoder = small()
    autoencoder.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    history = autoencoder.fit(x, batch_size=32, validation_data=(x,), verbose=0).history
    difference = forward(autoencoder, x) - x
    for prefix in ("", "val_"):
        assert history[f"{prefix}loss"][0] == pytest.approx(np.mean(difference**2), rel=1e-5)
        assert history[f"{prefix}mae"][0] == pytest.approx(np.mean(np.abs(difference)), rel=1e-5)
    assert autoencoder.evaluate(x, verbose=0)[0] == pytest.approx(np.mean(difference**2), rel=1e-5)


def forward(autoencoder, x):
    return decoded(autoencoder, encoded(autoencoder, x))


def encoded(autoencoder, x):
    hidden, hidden_bias, code, code_bias = numpy_weights(autoencoder.encoder)
    return np.maximum(x @ hidden + hidden_bias, 0) @ code + code_bias


def decoded(autoencoder, codes):
    hidden, hidden_bias, out, out_bias = numpy_weights(autoencoder.decoder)
    return np.maximum(codes @ hidden + hidden_bias, 0) @ out + out_bias


@pytest.mark.parametrize("batch_size", [None, 7])
def test_encode_decode_and_reconstruct_are_the_two_networks(batch_size):
    x = gaussian(20)
    autoencoder = small()
    for weight in autoencoder.weights:
        weight.assign(np.random.default_rng(4).normal(size=weight.shape))
    codes = encoded(autoencoder, x)
    close = functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-4)
    close(autoencoder.encode(x, batch_size), codes)
    reconstructed = decoded(autoencoder, codes)
    close(autoencoder.decode(codes.astype("float32"), batch_size), reconstructed)
    close(autoencoder.reconstruct(x, batch_size), reconstructed)
    scores = autoencoder.reconstruction_error(x, batch_size)
    assert scores.shape == (20,)
    np.testing.assert_allclose(scores, ((reconstructed - x) ** 2).mean(axis=1), rtol=1e-4)


def test_reconstruction_error_averages_over_all_axes_of_an_image():
    images = np.random.default_rng(5).uniform(size=(3, 4, 4, 2)).astype("float32")
    autoencoder = Autoencoder(*dense_autoencoder((4, 4, 2), hidden=(), latent=3))
    expected = [np.mean((autoencoder.reconstruct(images)[i] - images[i]) ** 2) for i in range(3)]
    np.testing.assert_allclose(autoencoder.reconstruction_error(images), expected, rtol=1e-5)


def test_outlier_has_the_largest_reconstruction_error():
    x = gaussian()
    encoder, decoder = linear(2)
    train_on_full_batches(Autoencoder(encoder, decoder), x, steps=200, rate=0.05)
    outlier = 10 * PCA(6).fit(x).components_[-1:].astype("float32")
    scores = Autoencoder(encoder, decoder).reconstruction_error(np.concatenate([x, outlier]))
    assert np.argmax(scores) == len(x)


def test_autoencoder_of_unbuilt_models_is_built_by_its_data():
    encoder = keras.Sequential([keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.layers.Dense(6)])
    autoencoder = Autoencoder(encoder, decoder)
    autoencoder.compile("sgd", "mse")
    autoencoder.fit(gaussian(16), verbose=0)
    assert autoencoder.encode(gaussian(3)).shape == (3, 2)
    assert autoencoder.reconstruct(gaussian(3)).shape == (3, 6)


def test_models_with_sides_left_open_fit_together():
    encoder = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 1)])
    decoder = keras.Sequential([keras.Input((5, 5, 2)), keras.layers.Conv2D(1, 1)])
    images = np.ones((2, 5, 5, 1), "float32")
    assert Autoencoder(encoder, decoder).reconstruct(images).shape == images.shape


@pytest.mark.parametrize(
    ("codes", "outputs", "sentence"),
    [
        (3, 6, r"the encoder's output and the decoder's input .* received \(2,\) and \(3,\)\.$"),
        (2, 5, r"the encoder's input and the decoder's output .* received \(6,\) and \(5,\)\.$"),
    ],
)
def test_shapes_that_do_not_meet_are_refused_in_one_sentence(codes, outputs, sentence):
    encoder, _ = linear(2)
    _, decoder = linear(codes, outputs)
    with pytest.raises(ValueError, match="`encoder` and `decoder` must fit together: " + sentence):
        Autoencoder(encoder, decoder)


@pytest.mark.parametrize("name", ["encoder", "decoder"])
def test_what_is_not_a_model_is_refused(name):
    given = dict(zip(("encoder", "decoder"), linear(2), strict=True))
    given[name] = keras.layers.Dense(2)
    with pytest.raises(ValueError, match=f"`{name}` must be a `keras` Model; received"):
        Autoencoder(**given)


def test_regularized_autoencoder_trains_on_inputs_alone_with_the_penalty_added():
    x = gaussian(32)
    autoencoder = small()

    def penalty() -> WeightPenalty:
        return WeightPenalty({"kernel": keras.regularizers.L2(0.01)})

    for model in (RegularizedModel(autoencoder, [penalty()]), small(objectives=[penalty()])):
        model.compile(keras.optimizers.SGD(0.0), "mse")
        history = model.fit(x, batch_size=32, validation_data=(x,), verbose=0).history
        kernels = [w for w in numpy_weights(model) if w.ndim == 2]
        added = 0.01 * sum(np.sum(kernel**2) for kernel in kernels)
        assert history["weight_penalty"][0] == pytest.approx(added, rel=1e-4)
        assert history["loss"][0] == pytest.approx(history["data_loss"][0] + added, rel=1e-4)
        assert history["val_loss"][0] == pytest.approx(history["data_loss"][0], rel=1e-4)


LOAD = """
import sys, warnings
warnings.filterwarnings("ignore")
import keras, numpy as np, keras_regzoo
given = np.load("given.npz")
made = {}
for name in given.files:
    model = keras.saving.load_model(name + ".keras")
    made[name] = model.reconstruct(given[name])
    made[name + "_code"] = model.encode(given[name])
    assert model.optimizer is not None and model.loss == "mse"
np.savez("made.npz", **made)
"""


@pytest.mark.one_backend
def test_saved_autoencoders_predict_the_same_in_a_fresh_process(tmp_path):
    rng = np.random.default_rng(6)
    rows, images = gaussian(8), rng.uniform(size=(4, 5, 6, 1)).astype("float32")
    conv = conv_autoencoder((5, 6, 1), filters=(2, 3), latent=2)
    penalty = WeightPenalty({"kernel": keras.regularizers.L2(0.01)})
    models = {
        "plain": (small(objectives=[penalty]), rows),
        "denoising": (DenoisingAutoencoder(*linear(3), corruption=0.4), rows),
        "noise": (DenoisingAutoencoder(*conv, corruption=keras.layers.GaussianNoise(0.2)), images),
    }
    for name, (model, _) in models.items():
        model.compile("adam", "mse")
        for weight in model.trainable_weights:
            weight.assign(rng.normal(size=weight.shape))
        model.save(tmp_path / f"{name}.keras")
    np.savez(tmp_path / "given.npz", **{name: x for name, (_, x) in models.items()})
    subprocess.run([sys.executable, "-c", LOAD], cwd=tmp_path, check=True, timeout=120)
    made = np.load(tmp_path / "made.npz")
    for name, (model, x) in models.items():
        np.testing.assert_allclose(made[name], model.reconstruct(x), rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(made[f"{name}_code"], model.encode(x), rtol=1e-4, atol=1e-4)


def test_sample_weights_count_without_targets():
    """Keras itself drops them where `y` is None."""
    x = gaussian(12)
    weight = np.linspace(0, 2, len(x))
    verbose: Any = 0
    losses = []
    for targets in ((), (x,)):
        autoencoder = small()
        autoencoder.compile(keras.optimizers.SGD(0.0), "mse")
        autoencoder.set_weights([np.full(w.shape, 0.3) for w in autoencoder.get_weights()])
        fitted = autoencoder.fit(x, *targets, sample_weight=weight, verbose=verbose)
        losses += [fitted.history["loss"][0]]
        losses += [autoencoder.evaluate(x, *targets, sample_weight=weight, verbose=verbose)]
    autoencoder = small()
    autoencoder.set_weights([np.full(w.shape, 0.3) for w in autoencoder.get_weights()])
    expected = np.mean(weight * autoencoder.reconstruction_error(x))
    assert losses == pytest.approx([expected] * 4, rel=1e-4)


def test_tied_autoencoder_is_still_tied_after_it_is_loaded(tmp_path):
    dense = keras.layers.Dense(3, "tanh", kernel_regularizer=keras.regularizers.L2(1e-3))
    encoder = keras.Sequential([keras.Input((5,)), dense], name="encoder")
    decoder = keras.Sequential([keras.Input((3,)), TiedDense(dense)], name="decoder")
    model = Autoencoder(encoder, decoder)
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    model.fit(x, verbose=0)
    assert [tuple(v.shape) for v in model.trainable_variables] == [(5, 3), (3,), (5,)]
    model.save(tmp_path / "tied.keras")
    loaded = keras.saving.load_model(tmp_path / "tied.keras")
    assert len(loaded.trainable_variables) == 3
    assert loaded.decoder.layers[-1].layer is loaded.encoder.layers[-1]
    np.testing.assert_allclose(loaded.reconstruct(x), model.reconstruct(x), atol=1e-6)
    loaded.fit(x, verbose=0)
