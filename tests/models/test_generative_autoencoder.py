"""What autoencoders share that generate: codes of a shape that the decoder tells."""

import keras
import numpy as np
import pytest

from keras_regzoo.models import (
    RegularizedAutoencoder,
    VectorQuantizedVAE,
    WassersteinAutoencoder,
    dense_autoencoder,
)
from keras_regzoo.quiet import QUIET
from tests.models.toys import Subclassed, gaussian

MODELS = {
    WassersteinAutoencoder: {},
    RegularizedAutoencoder: {},
    VectorQuantizedVAE: {"codes": 4},
}


def compiled(model):
    loss = ["mse"] if isinstance(model, VectorQuantizedVAE) else []
    model.compile(keras.optimizers.SGD(1e-3), *loss)
    return model


@pytest.mark.parametrize("cls", MODELS)
def test_subclassed_ends_sample_and_are_loaded_as_saved(cls, tmp_path):
    x = gaussian(16)
    ends = Subclassed(3, name="encoder"), Subclassed(6, name="decoder")
    model = compiled(cls(*ends, **MODELS[cls]))
    model.fit(x, verbose=QUIET)
    if cls is RegularizedAutoencoder:
        model.fit_density(x, "gaussian")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert model.sample(5, seed=1).shape == (5, 6)
    np.testing.assert_allclose(loaded.sample(5, seed=1), model.sample(5, seed=1), atol=1e-6)
    np.testing.assert_allclose(loaded.reconstruct(x), model.reconstruct(x), atol=1e-6)


def of_any_side(filters, given):
    layer = keras.layers.Conv2D(filters, 3, padding="same")
    return keras.Sequential([keras.Input((None, None, given)), layer])


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        (lambda: (of_any_side(4, 1), of_any_side(1, 4)), r"\(None, None, None, 4\)"),
        (lambda: (Subclassed(3), Subclassed(6)), "None"),
    ],
)
@pytest.mark.parametrize("cls", [WassersteinAutoencoder, VectorQuantizedVAE])
def test_codes_without_a_known_shape_are_refused_in_one_sentence(cls, ends, found):
    with pytest.raises(
        ValueError, match=f"^`decoder` must have been built .*for {found}"
    ) as caught:
        cls(*ends(), **MODELS[cls]).sample(2)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", ["a", -1])
def test_bad_seeds_of_samples_are_one_sentence(seed):
    encoder, decoder = dense_autoencoder((6,), hidden=(), latent=2)
    with pytest.raises(ValueError, match=r"`seed` must be an integer in \[0, inf\); received"):
        WassersteinAutoencoder(encoder, decoder).sample(2, seed=seed)
