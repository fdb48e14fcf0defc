"""Noise on a layer's weights: the moments it gives, where the gradient is taken, what it keeps."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import objectives
from keras_regzoo.layers import WeightNoise
from tests.layers.noise import numpy, standard_errors

UNITS = 20000  # units with the same weights: as many independent draws of one pre-activation
RNG = np.random.default_rng(0)
WEIGHTS, INPUTS = RNG.normal(size=(2, 6))


def test_pre_activation_has_the_mean_and_variance_of_gaussian_weights():
    noisy = WeightNoise(layers.Dense(UNITS), stddev=0.3, seed=1)
    noisy.build((None, 6))
    noisy.layer.kernel.assign(np.tile(WEIGHTS[:, None], UNITS))
    noisy.layer.bias.assign(np.full(UNITS, 0.5))
    draws = numpy(noisy(INPUTS[None].astype("float32"), training=True)).ravel()
    mean, variance = WEIGHTS @ INPUTS + 0.5, 0.3**2 * (INPUTS @ INPUTS + 1)
    assert standard_errors(draws, mean, variance) < 4
    assert draws.var() == pytest.approx(variance, rel=0.05)
    assert draws.std() == pytest.approx(np.diff(np.percentile(draws, [16, 84]))[0] / 2, rel=0.05)


def test_the_whole_batch_shares_one_draw_and_each_call_draws_anew():
    noisy = WeightNoise(layers.Dense(5), stddev=0.3, seed=1)
    x = np.tile(INPUTS, (4, 1)).astype("float32")
    first, second = (numpy(noisy(x, training=True)) for _ in range(2))
    np.testing.assert_allclose(first, first[:1] + 0 * first, atol=1e-6)
    assert not np.allclose(first, second)


def test_a_recurrent_layer_keeps_one_draw_for_the_whole_sequence():
    """Of hₜ = a + u hₜ₋₁ the third state is a (1 + u + u²)."""
    cell = layers.SimpleRNN(
        1,
        activation=None,
        use_bias=False,
        kernel_initializer="ones",
        recurrent_initializer="ones",
        return_sequences=True,
    )
    states = numpy(WeightNoise(cell, stddev=0.3, seed=1)(ops.ones((1, 3, 1)), training=True))
    first, second, third = states.ravel()
    u = second / first - 1
    assert third == pytest.approx(first * (1 + u + u**2), rel=1e-5)
    assert abs(first - 1) > 1e-3
    assert abs(u - 1) > 1e-3


def test_gradient_at_the_noisy_weights_is_applied_to_the_clean_ones():
    """Of L = y² and y = w x with x = 3, the step is 2 y x, and L is logged."""
    noisy = WeightNoise(layers.Dense(1, use_bias=False, kernel_initializer="ones"), 0.5, seed=1)
    model = keras.Sequential([keras.Input((1,)), noisy])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    logs = model.fit(np.full((4, 1), 3.0), np.zeros((4, 1)), verbose=0).history
    y = np.sqrt(logs["loss"][0])
    assert abs(y - 3) > 1e-2
    after = numpy(noisy.layer.kernel)[0, 0]
    assert after == pytest.approx(1 - 0.1 * 2 * y * 3, rel=1e-4)


def test_state_of_the_layer_is_updated_as_by_an_ordinary_call():
    """Batch statistics and seeds of what is inside."""
    inner = keras.Sequential([layers.BatchNormalization(momentum=0.5), layers.Dropout(0.5, seed=1)])
    noisy = WeightNoise(inner, stddev=0.0)
    x = RNG.normal(size=(16, 50)).astype("float32")
    first, second = (numpy(noisy(x, training=True)) for _ in range(2))
    moving = numpy(inner.layers[0].moving_mean)
    np.testing.assert_allclose(moving, 0.75 * x.mean(axis=0), atol=1e-5)
    assert np.any((first == 0) != (second == 0))


def test_mask_of_a_sequence_reaches_the_layer():
    recurrent = layers.LSTM(3)
    embed = layers.Embedding(7, 4, mask_zero=True)
    tokens = np.array([[1, 2, 0, 0], [3, 4, 5, 6]])
    expected = numpy(recurrent(embed(tokens)))
    made = numpy(WeightNoise(recurrent, stddev=0.0)(embed(tokens), training=True))
    np.testing.assert_allclose(made, expected, atol=1e-6)
    unmasked = numpy(recurrent(numpy(embed.embeddings)[tokens].astype("float32")))
    assert not np.allclose(unmasked, expected)


def test_layer_and_objective_of_the_same_name_are_told_apart_in_files():
    made = WeightNoise(layers.Dense(2), 0.1), objectives.WeightNoise(0.1)
    for one in made:
        config = keras.saving.serialize_keras_object(one)
        assert type(keras.saving.deserialize_keras_object(config)) is type(one)


def test_layer_without_trainable_weights_is_refused():
    with pytest.raises(ValueError, match=r"`layer` must have trainable weights; received '"):
        WeightNoise(layers.ReLU())(np.ones((2, 3), "float32"))


def test_what_is_saved_while_frozen_is_loaded_and_draws_nothing_until_it_is_thawed(tmp_path):
    model = keras.Sequential([keras.Input((6,)), WeightNoise(layers.Dense(2), 0.3, seed=1)])
    model.trainable = False
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = INPUTS[None].astype("float32")
    clean = numpy(model(x))
    np.testing.assert_allclose(numpy(loaded(x, training=True)), clean, atol=1e-6)
    loaded.layers[0].trainable = True
    assert not np.allclose(numpy(loaded(x, training=True)), clean)
