"""The contractive autoencoder: an autoencoder with the contractive penalty on its encoder."""

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.models import Autoencoder, ContractiveAutoencoder, dense_autoencoder
from keras_regzoo.objectives import ContractivePenalty, WeightPenalty
from tests.models.toys import gaussian

STRENGTH = 0.3


def models(kind, **options):
    keras.utils.set_random_seed(2)
    parts = dense_autoencoder((6,), (), 9, code_activation="sigmoid", tied=True)
    return kind(*parts, **options)


def squared_norm(model, x):
    """mean Σ_j (h_j (1 − h_j))² ‖W_j‖², the closed form for one layer of sigmoids."""
    kernel = model.encoder.get_weights()[0].astype("float64")
    code = model.encode(x).astype("float64")
    slope = code * (1 - code)
    return np.mean(np.sum(slope**2 * np.sum(kernel**2, axis=0), axis=1))


def test_it_trains_as_an_autoencoder_with_the_penalty():
    x = gaussian(48)
    ends = []
    for model in (
        models(ContractiveAutoencoder, strength=STRENGTH),
        models(Autoencoder, objectives=[ContractivePenalty(strength=STRENGTH)]),
    ):
        model.compile(keras.optimizers.Adam(0.01), "mse")
        history = model.fit(x, batch_size=16, epochs=3, shuffle=False, verbose=0).history
        ends.append((history, model.get_weights()))
    assert set(ends[0][0]) == {"loss", "data_loss", "contractive_penalty"}
    for name, values in ends[0][0].items():
        np.testing.assert_allclose(values, ends[1][0][name], rtol=1e-5)
    for first, second in zip(ends[0][1], ends[1][1], strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)


def test_trained_loss_adds_the_norm_of_the_jacobian_and_validation_does_not():
    x = gaussian(32)
    model = models(ContractiveAutoencoder, strength=STRENGTH)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    history = model.fit(x, batch_size=32, validation_data=(x,), verbose=0).history
    penalty = STRENGTH * squared_norm(model, x)
    error = model.reconstruction_error(x).mean()
    assert history["contractive_penalty"][0] == pytest.approx(penalty, rel=1e-4)
    assert history["loss"][0] == pytest.approx(error + penalty, rel=1e-4)
    assert history["val_loss"][0] == pytest.approx(error, rel=1e-4)


@pytest.mark.one_backend
def test_contraction_shrinks_the_jacobian():
    norms = []
    for strength in (0.0, 10.0):
        model = models(ContractiveAutoencoder, strength=strength)
        model.compile(keras.optimizers.Adam(0.03), "mse")
        model.fit(gaussian(), batch_size=32, epochs=20, verbose=0)
        norms.append(squared_norm(model, gaussian()))
    assert norms[1] < 0.5 * norms[0]


def test_further_objectives_come_on_top_inside_and_outside():
    x = gaussian(32)

    def decay() -> WeightPenalty:
        return WeightPenalty({".*kernel": keras.regularizers.L2(0.01)})

    inside = models(ContractiveAutoencoder, strength=STRENGTH, objectives=[decay()])
    outside = RegularizedModel(models(ContractiveAutoencoder, strength=STRENGTH), [decay()])
    for model, found in ((inside, inside), (outside, outside.base)):
        model.compile(keras.optimizers.SGD(0.0), "mse")
        history = model.fit(x, batch_size=32, verbose=0).history
        kernel = found.encoder.get_weights()[0]
        expected = found.reconstruction_error(x).mean() + 0.01 * np.sum(kernel**2)
        expected += STRENGTH * squared_norm(found, x)
        assert history["loss"][0] == pytest.approx(expected, rel=1e-4)
        assert history["weight_penalty"][0] == pytest.approx(0.01 * np.sum(kernel**2), rel=1e-4)


def test_strength_can_be_scheduled():
    x = gaussian(32)
    model = models(ContractiveAutoencoder)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    strengths = [0.0, 0.2, 1.0]
    schedule = Scheduler("contractive_penalty/strength", lambda epoch: strengths[epoch])
    logs = model.fit(x, batch_size=32, epochs=3, verbose=0, callbacks=[schedule]).history
    expected = np.multiply(strengths, squared_norm(model, x))
    np.testing.assert_allclose(logs["contractive_penalty"], expected, rtol=1e-4)


def test_loaded_model_has_its_penalty(tmp_path):
    x = gaussian(32)
    model = models(ContractiveAutoencoder, strength=0.7, method="hutchinson", probes=2, seed=4)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.fit(x, verbose=0)
    model.save(tmp_path / "contractive.keras")
    loaded = keras.saving.load_model(tmp_path / "contractive.keras")
    np.testing.assert_allclose(loaded.reconstruct(x), model.reconstruct(x), atol=1e-6)
    names = ("strength", "method", "probes", "seed")
    assert [loaded.get_config()[name] for name in names] == [0.7, "hutchinson", 2, 4]
    assert loaded.fit(x, verbose=0).history["contractive_penalty"][0] > 0
