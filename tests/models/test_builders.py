"""The builders: mirrored shapes, sizes that no power of two divides, and refusals."""

from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo.models import (
    Autoencoder,
    conditional_dense_autoencoder,
    conv_autoencoder,
    dense_autoencoder,
)
from tests.models.toys import numpy_weights


def units(model):
    return [layer.units for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def test_dense_decoder_mirrors_the_encoder():
    encoder, decoder = dense_autoencoder((20,), hidden=(12, 7), latent=3)
    assert units(encoder) == [12, 7, 3]
    assert units(decoder) == [7, 12, 20]
    parameters = 20 * 12 + 12 + 12 * 7 + 7 + 7 * 3 + 3
    assert encoder.count_params() == parameters


def test_dense_builder_without_hidden_layers_is_two_affine_maps():
    encoder, decoder = dense_autoencoder((2, 3), hidden=(), latent=4)
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")
    kernel, bias = encoder.get_weights()
    codes = x.reshape(5, 6) @ kernel + bias
    np.testing.assert_allclose(encoder.predict(x, verbose=0), codes, atol=1e-5)
    kernel, bias = decoder.get_weights()
    expected = (codes @ kernel + bias).reshape(5, 2, 3)
    np.testing.assert_allclose(decoder.predict(codes, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize("build", [dense_autoencoder, conv_autoencoder])
def test_activations_go_where_they_are_named(build):
    widths = {"hidden": (5,)} if build is dense_autoencoder else {"filters": (5, 4)}
    encoder, decoder = build(
        (4, 4, 1),
        latent=2,
        activation="elu",
        code_activation="tanh",
        output_activation="sigmoid",
        **widths,
    )
    activations = [
        [layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")]
        for model in (encoder, decoder)
    ]
    assert activations[0][-1] == "tanh"
    assert activations[1][-1] == "sigmoid"
    assert {*activations[0][:-1], *activations[1][:-1]} == {"elu"}


@pytest.mark.parametrize(
    ("shape", "filters", "kernel_size"),
    [
        ((13, 9, 2), [2, 2, 2], 3),
        ((1, 6, 2), (2, 2), 4),
    ],
)
def test_convolutional_decoder_restores_any_size(shape, filters, kernel_size):
    encoder, decoder = conv_autoencoder(shape, filters, latent=3, kernel_size=kernel_size)
    assert encoder.output_shape == (None, 3)
    assert decoder.output_shape == (None, *shape)
    assert decoder(encoder(np.ones((2, *shape), "float32"))).shape == (2, *shape)


@pytest.mark.parametrize("tied", [False, True])
def test_channels_of_images_are_last_whatever_keras_is_set_to(tied):
    expected = conv_autoencoder((9, 6, 2), (4, 3), latent=3, tied=tied)
    format_before = keras.config.image_data_format()
    keras.config.set_image_data_format("channels_first")
    try:
        ends = conv_autoencoder((9, 6, 2), (4, 3), latent=3, tied=tied)
    finally:
        keras.config.set_image_data_format(format_before)
    x = np.random.default_rng(0).uniform(size=(2, 9, 6, 2)).astype("float32")
    made, wanted = (Autoencoder(*both) for both in (ends, expected))
    made.set_weights(wanted.get_weights())
    np.testing.assert_allclose(made.reconstruct(x), wanted.reconstruct(x), atol=1e-5)


def test_convolutional_encoder_halves_the_image_at_each_layer():
    encoder, decoder = conv_autoencoder((16, 12, 2), filters=(2, 2), latent=3)
    convolutions = [layer for layer in encoder.layers if isinstance(layer, keras.layers.Conv2D)]
    assert [tuple(c.output.shape[1:]) for c in convolutions] == [(8, 6, 2), (4, 3, 2)]
    back = [layer for layer in decoder.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert [tuple(c.output.shape[1:]) for c in back] == [(8, 6, 2), (16, 12, 2)]


def test_convolutional_autoencoder_of_odd_images_learns():
    rng = np.random.default_rng(1)
    images = (rng.uniform(size=(64, 1, 1, 1)) * np.ones((1, 7, 5, 1))).astype("float32")
    autoencoder = Autoencoder(*conv_autoencoder((7, 5, 1), filters=(4,), latent=2))
    autoencoder.compile(keras.optimizers.Adam(0.02), "mse")
    autoencoder.fit(images, epochs=15, batch_size=16, verbose=0)
    assert autoencoder.evaluate(images, verbose=0) < 0.3 * np.var(images)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input_shape": 8}, "`input_shape` must be the shape of one example; received 8"),
        ({"input_shape": ()}, "`input_shape` must be the shape of one example"),
        ({"input_shape": (0,)}, r"`input_shape` must be an integer in \[1, inf\)"),
        ({"input_shape": (None,)}, "`input_shape` must be an integer"),
        ({"hidden": 64}, "`hidden` must be a list of integers; received hidden=64"),
        ({"hidden": (4, 0)}, r"`hidden` must be an integer in \[1, inf\); received hidden=0"),
        ({"latent": 2.5}, r"`latent` must be an integer in \[1, inf\); received latent=2.5"),
    ],
)
def test_bad_arguments_of_the_dense_builder_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        dense_autoencoder(**{"input_shape": (8,), **arguments})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"input_shape": (8, 8)}, r"`input_shape` must be \(height, width, channels\)"),
        ({"filters": ()}, "`filters` must hold at least one number of filters"),
        ({"filters": 32}, "`filters` must be a list of integers; received filters=32"),
        ({"filters": (-1,)}, r"`filters` must be an integer in \[1, inf\); received filters=-1"),
        ({"kernel_size": 0}, r"`kernel_size` must be an integer in \[1, inf\)"),
        ({"latent": 0}, r"`latent` must be an integer in \[1, inf\)"),
    ],
)
def test_bad_arguments_of_the_convolutional_builder_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        conv_autoencoder(**{"input_shape": (8, 8, 1), **arguments})


def tied_models():
    images = {"filters": (3, 4), "latent": 2, "output_activation": "sigmoid"}
    return {
        "dense": dense_autoencoder((3, 5), (7, 4), 2, "tanh", "tanh", "sigmoid", tied=True),
        "conv": conv_autoencoder((7, 6, 2), kernel_size=3, tied=True, **images),
        "conv of even kernels": conv_autoencoder((5, 9, 1), kernel_size=4, tied=True, **images),
    }


def kernels(weights):
    return [weight for weight in weights if len(weight.shape) > 1]


@pytest.mark.parametrize("kind", ["dense", "conv", "conv of even kernels"])
def test_tied_autoencoder_has_half_the_kernels_and_is_still_tied_once_loaded(kind, tmp_path):
    encoder, decoder = tied_models()[kind]
    autoencoder = Autoencoder(encoder, decoder)
    assert len(kernels(autoencoder.trainable_variables)) == 3
    assert len(autoencoder.trainable_variables) == 3 + 6
    autoencoder.compile("sgd", "mse")
    x = np.random.default_rng(0).uniform(size=(4, *encoder.input_shape[1:])).astype("float32")
    autoencoder.fit(x, verbose=0)
    autoencoder.save(tmp_path / "tied.keras")
    loaded = keras.saving.load_model(tmp_path / "tied.keras")
    assert len(loaded.trainable_variables) == 3 + 6
    np.testing.assert_allclose(loaded.reconstruct(x), autoencoder.reconstruct(x), atol=1e-6)
    before = kernels(loaded.encoder.get_weights())
    loaded.fit(x, verbose=0)
    assert all(np.any(a != b) for a, b in zip(before, kernels(loaded.get_weights()), strict=True))
    assert loaded.reconstruct(x).shape == x.shape


def test_tied_dense_decoder_applies_the_encoders_kernels_transposed():
    encoder, decoder = tied_models()["dense"]
    for weight in decoder.weights:
        weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
    first, _, second, _, code, _ = numpy_weights(encoder)
    codes = np.random.default_rng(1).normal(size=(6, 2)).astype("float32")
    biases = [keras.ops.convert_to_numpy(layer.bias) for layer in decoder.layers[:3]]
    hidden = np.tanh(np.tanh(codes @ code.T + biases[0]) @ second.T + biases[1])
    expected = 1 / (1 + np.exp(-(hidden @ first.T + biases[2])))
    found = decoder.predict(codes, verbose=0)
    np.testing.assert_allclose(found, expected.reshape(6, 3, 5), atol=1e-5)


@pytest.mark.parametrize("size", [(7, 6), (5, 9), (4, 4)])
@pytest.mark.parametrize("kernel_size", [2, 3, 5])
def test_tied_convolutions_are_exact_transposes_whatever_the_sides(size, kernel_size):
    encoder, decoder = conv_autoencoder((*size, 2), (3,), 2, kernel_size, tied=True)
    convolution, transpose = encoder.layers[0], decoder.layers[-1]
    convolution.activation = keras.activations.linear
    rng = np.random.default_rng(2)
    image = rng.normal(size=(1, *size, 2)).astype("float32")
    code = rng.normal(size=(1, *convolution.output.shape[1:])).astype("float32")
    forth = keras.ops.convert_to_numpy(convolution(image))
    back = keras.ops.convert_to_numpy(transpose(code))
    assert np.sum(forth * code) == pytest.approx(np.sum(image * back), rel=1e-4, abs=1e-4)


def test_gradient_of_a_tied_kernel_is_that_of_both_uses():
    """One step of gradient descent on W in mean((x W Wᵀ − x)²)."""
    encoder, decoder = dense_autoencoder((4,), hidden=(), latent=2, tied=True)
    autoencoder = Autoencoder(encoder, decoder)
    autoencoder.compile(keras.optimizers.SGD(0.5), "mse")
    x = np.random.default_rng(3).normal(size=(8, 4)).astype("float32")
    kernel = numpy_weights(encoder)[0]
    error = 2 * (x @ kernel @ kernel.T - x) / x.size
    gradient = x.T @ error @ kernel + error.T @ x @ kernel
    autoencoder.fit(x, batch_size=8, verbose=0)
    np.testing.assert_allclose(numpy_weights(encoder)[0], kernel - 0.5 * gradient, atol=1e-5)


@pytest.mark.parametrize("build", [dense_autoencoder, conv_autoencoder])
def test_variational_encoder_is_twice_as_wide_as_the_decoders_input(build):
    encoder, decoder = build((6, 5, 1), latent=3, variational=True)
    assert encoder.output_shape == (None, 6)
    assert encoder.layers[-1].name == "code"
    assert encoder.layers[-1].activation is keras.activations.linear
    assert decoder.input_shape == (None, 3)
    assert decoder.output_shape == (None, 6, 5, 1)


@pytest.mark.parametrize("build", [dense_autoencoder, conv_autoencoder])
@pytest.mark.parametrize("beside", [{"tied": True}, {"code_activation": "relu"}])
def test_variational_code_is_neither_tied_nor_activated(build, beside):
    with pytest.raises(ValueError, match="`variational` must be False with tied weights or a"):
        build((4, 4, 1), variational=True, **beside)
    for name in ("tied", "variational"):
        with pytest.raises(ValueError, match=f"`{name}` must be one of False, True; received"):
            build((4, 4, 1), **{name: "yes"})


def test_integers_of_numpy_are_taken_and_empty_shapes_refused():
    two: Any = np.int64(2)
    three: Any = np.int64(3)
    assert dense_autoencoder((8,), latent=two)[0].output_shape == (None, 2)
    encoder, _ = conv_autoencoder((8, 8, 1), (2,), latent=two, kernel_size=three)
    assert encoder.output_shape == (None, 2)
    assert conditional_dense_autoencoder((8,), three, latent=two)[0].output_shape == (None, 4)
    for build in (dense_autoencoder, lambda shape: conditional_dense_autoencoder(shape, 3)):
        with pytest.raises(ValueError, match="`input_shape` must be the shape of one example"):
            build(())
