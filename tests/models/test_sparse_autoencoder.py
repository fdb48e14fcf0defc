"""The sparse autoencoder: what each kind of sparsity promises, on digits."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import data
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.diagnostics import dead_units
from keras_regzoo.layers import KLSparsity, KSparse, WinnerTakeAll
from keras_regzoo.models import SparseAutoencoder, dense_autoencoder
from tests.models.toys import gaussian

UNITS = 60


@functools.cache
def digits():
    return data.load("digits").x_train.reshape(-1, 64)[:512]


def trained(sparsity, activation, epochs=15):
    keras.utils.set_random_seed(0)
    parts = dense_autoencoder(
        (64,), (), UNITS, code_activation=activation, output_activation="sigmoid", tied=True
    )
    model = SparseAutoencoder(*parts, sparsity=sparsity)
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    history = model.fit(digits(), batch_size=64, epochs=epochs, verbose=0).history
    return model, history["loss"]


@functools.cache
def plain_code():
    model, losses = trained(0.0, "relu")
    assert losses[-1] < 0.5 * losses[0]
    return model.encode(digits())


def test_k_sparse_code_has_k_active_units():
    model, losses = trained(KSparse(7), None)
    assert losses[-1] < 0.6 * losses[0]
    code = model.encode(digits())
    np.testing.assert_array_equal(np.count_nonzero(code, axis=1), 7)
    whole = model.encoder.predict(digits(), verbose=0)
    kept = np.where(whole >= np.sort(whole, axis=1)[:, [-7]], whole, 0)
    np.testing.assert_allclose(code, kept, atol=1e-6)
    np.testing.assert_allclose(model.decode(code), model.reconstruct(digits()), atol=1e-5)


def test_dead_units_are_told_of_the_code_behind_the_sparsity():
    model, _ = trained(KSparse(2), None, epochs=2)
    never = ~np.any(model.encode(digits()), axis=0)
    assert 0 < never.sum() < UNITS
    np.testing.assert_array_equal(dead_units(model.coder, digits()), never)


def test_alpha_keeps_more_at_inference():
    code = trained(KSparse(4, alpha=3.0), None, epochs=1)[0].encode(digits())
    np.testing.assert_array_equal(np.count_nonzero(code, axis=1), 12)


@pytest.mark.one_backend
def test_kl_sparsity_brings_the_mean_activation_to_its_target():
    plain = trained(0.0, "sigmoid", epochs=5)[0].encode(digits()).mean()
    code = trained(KLSparsity(0.1, strength=0.1), "sigmoid")[0].encode(digits())
    assert plain > 0.3
    assert code.mean() == pytest.approx(0.1, abs=0.02)
    assert np.abs(code.mean(axis=0) - 0.1).max() < 0.05


@pytest.mark.one_backend
def test_winner_take_all_trains_each_unit_on_its_share_of_a_batch():
    model, losses = trained(WinnerTakeAll(0.05), None)
    assert losses[-1] < 0.6 * losses[0]
    in_training = ops.convert_to_numpy(model.coder(digits()[:100], training=True))
    np.testing.assert_array_equal(np.count_nonzero(in_training, axis=0), 5)
    assert np.count_nonzero(model.encode(digits()[:100])) > 5900


@pytest.mark.one_backend
def test_activity_penalty_shrinks_the_code_and_silences_units():
    sparse = trained(0.03, "relu")[0].encode(digits())
    assert np.abs(sparse).sum() < 0.5 * np.abs(plain_code()).sum()
    assert np.count_nonzero(sparse) < 0.7 * np.count_nonzero(plain_code())


def test_activity_penalty_is_a_mean_over_examples_of_sums_over_units():
    x = gaussian(32)
    model = SparseAutoencoder(*dense_autoencoder((6,), (), 9), sparsity=0.7)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    history = model.fit(x, batch_size=32, validation_data=(x,), verbose=0).history
    penalty = 0.7 * np.abs(model.encode(x)).sum(axis=1).mean()
    assert history["loss"][0] == pytest.approx(history["val_loss"][0] + penalty, rel=1e-4)


def test_activity_penalty_can_be_scheduled():
    x = gaussian(32)
    model = SparseAutoencoder(*dense_autoencoder((6,), (), 9))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    strengths = [0.0, 0.5, 2.0]
    schedule = Scheduler("sparsity/strength", lambda epoch: strengths[epoch])
    logs = model.fit(x, batch_size=32, epochs=3, verbose=0, callbacks=[schedule]).history["loss"]
    added = np.abs(model.encode(x)).sum(axis=1).mean()
    np.testing.assert_allclose(np.diff(logs), np.diff(strengths) * added, rtol=1e-4)


@pytest.mark.parametrize("sparsity", [0.25, KSparse(3, alpha=2.0)])
def test_loaded_model_encodes_the_same(tmp_path, sparsity):
    model = SparseAutoencoder(*dense_autoencoder((6,), (), 9), sparsity=sparsity)
    model.compile("adam", "mse")
    model.fit(gaussian(8), verbose=0)
    model.save(tmp_path / "sparse.keras")
    loaded = keras.saving.load_model(tmp_path / "sparse.keras")
    np.testing.assert_allclose(loaded.encode(gaussian()), model.encode(gaussian()), atol=1e-6)
    assert type(loaded.sparsity) is type(model.sparsity)
    assert loaded.sparsity.get_config() == model.sparsity.get_config()


@pytest.mark.parametrize("sparsity", [-1.0, "l1", None, True])
def test_sparsity_that_is_neither_number_nor_layer_is_refused(sparsity):
    with pytest.raises(ValueError, match=r"`sparsity` must be a number .*; received sparsity="):
        SparseAutoencoder(*dense_autoencoder((6,), (), 9), sparsity=sparsity)
