"""What the tests of pretraining share: small models, eager stages, and looking at them."""

import keras
import numpy as np
import pytest

from keras_regzoo.models import Autoencoder, dense_autoencoder
from keras_regzoo.training.stages import Network

STILL = keras.optimizers.SGD(0.0)
UNIFORM = np.random.default_rng(0).uniform(size=(32, 6)).astype("float32")


@pytest.fixture
def eager(monkeypatch):
    compiled = keras.Model.compile

    def run_eagerly(model, *args, **options):
        compiled(model, *args, run_eagerly=True, jit_compile=False, **options)

    monkeypatch.setattr(Network, "compile", run_eagerly)


class Seen(keras.callbacks.Callback):
    """Notes what `look` returns of each stage's network before it trains."""

    def __init__(self, look, notes):
        super().__init__()
        self.look, self.notes = look, notes

    def on_train_begin(self, logs=None):
        self.notes.append(self.look(self.model))


def seeing(look):
    notes = []
    return notes, lambda: [Seen(look, notes)]


def autoencoder(activation="tanh", **options):
    return Autoencoder(*dense_autoencoder((6,), (5, 4), 3, activation, **options))


def random_weights(model):
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.7, weight.shape) for weight in model.get_weights()])
    return model
