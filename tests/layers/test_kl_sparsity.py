"""KL sparsity: the divergence of the batch's mean activations, once, in nats."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import rel_entr

from keras_regzoo.backend import value_and_grad
from keras_regzoo.layers import KLSparsity
from tests.layers.noise import losses_of_scheduled_fit, numpy

CODE = np.random.default_rng(0).uniform(0.1, 0.9, size=(32, 5)).astype("float32")


def divergence(target, mean):
    return rel_entr(target, mean) + rel_entr(1 - target, 1 - mean)


def penalty(layer, x, training=True):
    layer(x, training=training)
    return [float(loss) for loss in layer.losses]


@pytest.mark.parametrize("target", [0.01, 0.05, 0.5])
def test_penalty_is_the_divergence_of_the_batch_mean(target):
    expected = 2.5 * divergence(target, CODE.mean(axis=0)).sum()
    assert penalty(KLSparsity(target, 2.5), CODE) == pytest.approx([expected], rel=1e-5)


def test_penalty_does_not_depend_on_the_size_of_the_batch():
    layer = KLSparsity(0.05, 1.0)
    once, thrice = penalty(layer, CODE), penalty(layer, np.tile(CODE, (3, 1)))
    assert once == pytest.approx(thrice, rel=1e-5)


def test_positions_of_a_map_are_averaged_and_channels_summed():
    maps = np.random.default_rng(0).uniform(size=(4, 3, 3, 2)).astype("float32")
    expected = divergence(0.1, maps.mean(axis=(0, 1, 2))).sum()
    assert penalty(KLSparsity(0.1, 1.0), maps) == pytest.approx([expected], rel=1e-5)


def test_penalty_is_zero_at_the_target_and_finite_at_the_ends():
    assert penalty(KLSparsity(0.5), np.full((4, 3), 0.5)) == pytest.approx([0.0], abs=1e-6)
    for end in (0.0, 1.0):
        assert 0 < penalty(KLSparsity(0.05), np.full((4, 3), end))[0] < 1e3


def test_activations_pass_and_the_penalty_is_absent_at_inference():
    layer = KLSparsity()
    np.testing.assert_array_equal(numpy(layer(CODE, training=True)), CODE)
    assert penalty(layer, CODE, training=False) == []


def test_gradient_is_the_derivative_of_the_divergence():
    layer = KLSparsity(0.05, 1.5)

    def loss(x):
        layer(x, training=True)
        return sum(layer.losses)

    gradient = value_and_grad(loss)(ops.array(CODE))[1]
    mean = CODE.mean(axis=0)
    expected = 1.5 / len(CODE) * ((1 - 0.05) / (1 - mean) - 0.05 / mean)
    np.testing.assert_allclose(numpy(gradient), np.tile(expected, (32, 1)), rtol=1e-4)


@pytest.mark.one_backend
def test_training_brings_mean_activations_to_the_target():
    dense = keras.layers.Dense(6, "sigmoid")
    model = keras.Sequential([keras.Input((5,)), dense, KLSparsity(0.1, 1.0)])
    model.compile(keras.optimizers.Adam(0.05), lambda y, y_pred: 0.0 * y_pred[:, 0])
    model.fit(CODE, CODE, epochs=100, batch_size=32, verbose=0)
    np.testing.assert_allclose(numpy(model(CODE)).mean(axis=0), 0.1, atol=0.01)


def test_schedule_moves_the_strength_of_a_compiled_fit():
    """The model's output is 1, its loss 1 and the penalty that of the clipped mean."""
    strengths = [0.0, 0.1, 1.0]
    losses = losses_of_scheduled_fit(KLSparsity(0.5, 1.0, name="kl"), "strength", strengths)
    expected = 1 + np.array(strengths) * divergence(0.5, np.float64(np.float32(1 - 1e-7)))
    np.testing.assert_allclose(losses, expected, rtol=0.02)


def test_padding_that_a_mask_leaves_out_does_not_count():
    padded = np.concatenate([CODE.reshape(8, 4, 5), np.zeros((8, 3, 5), "float32")], axis=1)
    layer = KLSparsity(0.1, 1.0)
    keras.Sequential([keras.Input((7, 5)), keras.layers.Masking(), layer])(padded, training=True)
    assert penalty(KLSparsity(0.1, 1.0), CODE) == pytest.approx(
        [float(loss) for loss in layer.losses], rel=1e-5
    )
