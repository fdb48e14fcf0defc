"""Weights of examples and of their parts."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.models import (
    Autoencoder,
    ContractiveAutoencoder,
    DenoisingAutoencoder,
    VariationalAutoencoder,
)

SIDE = 4
X = np.random.default_rng(0).random((SIDE, SIDE, SIDE, 2)).astype("float32")
ONE_EACH = np.linspace(0.0, 3.0, SIDE).astype("float32")
PIXELS = np.random.default_rng(1).random(X.shape[:-1]).astype("float32")


def made(cls=Autoencoder, loss: Any = "mse", **options):
    """One of images, whose batches are as long as an image is wide: weights fit along any axis."""
    codes = 6 if cls is VariationalAutoencoder else 3
    keras.utils.set_random_seed(0)
    encoder = [keras.Input(X.shape[1:]), keras.layers.Flatten(), keras.layers.Dense(codes)]
    decoder = [keras.Input((3,)), keras.layers.Dense(X[0].size), keras.layers.Reshape(X.shape[1:])]
    model = cls(
        keras.Sequential(encoder, name="encoder"),
        keras.Sequential(decoder, name="decoder"),
        **options,
    )
    model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=True)
    return model


def total(images, outputs):
    """A loss with one number for each example."""
    return ops.sum(ops.reshape(ops.square(images - outputs), (-1, X[0].size)), axis=-1)


def losses(model, weight):
    """Everything that is reported where the weights count."""
    options = {"sample_weight": weight, "batch_size": SIDE, "verbose": 0}
    logs = model.fit(X, validation_data=(X, X, weight), **options).history
    return [logs["loss"][0], logs["val_loss"][0], model.evaluate(X, **options)]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("weight", [ONE_EACH, ONE_EACH[:, None], PIXELS, PIXELS[..., None]])
def test_weights_of_images_and_of_their_pixels_weigh_them(weight, wrapped):
    model = made()
    errors = np.mean((X - model.predict(X, verbose=0)) ** 2, axis=-1)
    spread = weight.reshape(PIXELS.shape if weight.size > SIDE else (-1, 1, 1))
    if wrapped:
        model = RegularizedModel(model)
        model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    np.testing.assert_allclose(losses(model, weight), np.mean(spread * errors), rtol=1e-5)


@pytest.mark.parametrize(
    ("cls", "options"), [(Autoencoder, {}), (ContractiveAutoencoder, {"strength": 0.0})]
)
def test_a_loss_with_one_number_for_each_image_has_one_weight_for_each(cls, options):
    """Where there is an objective, it evaluates the loss apart from Keras's pass."""
    model = made(cls, total, **options)
    errors = np.sum((X - model.predict(X, verbose=0)) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(losses(model, ONE_EACH), np.mean(ONE_EACH * errors), rtol=1e-5)


def test_pixels_have_weights_where_there_is_an_emphasis():
    model = made(DenoisingAutoencoder, corruption=0.0, emphasis=(7.0, 0.5))
    errors = np.mean((X - model.predict(X, verbose=0)) ** 2, axis=-1)
    trained = model.fit(X, sample_weight=PIXELS, batch_size=SIDE, verbose=0).history["loss"]
    np.testing.assert_allclose(trained, np.mean(0.5 * PIXELS * errors), rtol=1e-5)


@pytest.mark.parametrize("wrapped", [False, True])
def test_weights_of_other_shapes_are_refused_before_the_first_step(wrapped):
    variational = made(VariationalAutoencoder, None)
    for model, loss, weight, shapes in (
        (made(), "mse", np.ones(X.shape), r"\(examples,\) or \(examples, 4, 4\)"),
        (made(loss=total), total, PIXELS, r"\(examples,\)"),
        (variational, None, PIXELS, r"\(examples,\)"),
    ):
        if wrapped:
            model = RegularizedModel(model)
            model.compile("sgd", loss)
        for method in (model.fit, model.evaluate):
            with pytest.raises(ValueError, match=f"^`sample_weight` must have the shape {shapes},"):
                method(X, sample_weight=weight, verbose=0)
        with pytest.raises(ValueError, match=r"^`validation_data\[2\]` must have the shape"):
            model.fit(X, validation_data=(X, X, weight), verbose=0)
        assert int(model.optimizer.iterations) == 0
