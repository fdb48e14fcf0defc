"""Highway layers: the gated mixture of a layer and its input."""

import keras
import numpy as np
import pytest
from keras import layers as keras_layers
from keras import ops
from scipy.special import expit

from keras_regzoo.backend import value_and_grad
from keras_regzoo.layers import Highway


def rows(features=4):
    return np.random.default_rng(0).normal(size=(6, features)).astype("float32")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_output_is_the_gated_mixture():
    x = rows()
    layer = Highway(keras_layers.Dense(4, "tanh", bias_initializer="ones"), gate_bias=-1.0)
    made = numpy(layer(x))
    kernel, bias = layer.layer.get_weights()
    gate_kernel, gate_bias = layer.gate.get_weights()
    np.testing.assert_array_equal(gate_bias, -np.ones(4))
    assert not np.allclose(kernel, gate_kernel)
    gate = expit(x @ gate_kernel - 1)
    expected = gate * np.tanh(x @ kernel + bias) + (1 - gate) * x
    np.testing.assert_allclose(made, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("gate_bias", "carries"), [(-100.0, True), (100.0, False)])
def test_bias_decides_between_carrying_and_transforming(gate_bias, carries):
    x = rows()
    dense = keras_layers.Dense(4, "tanh")
    made = numpy(Highway(dense, gate_bias)(x))
    np.testing.assert_allclose(made, x if carries else numpy(dense(x)), rtol=1e-6)


def test_gradient_reaches_the_input_of_twenty_layers():
    """It vanishes in as many plain layers, which is what the gate is for."""

    def size_of_gradient(make):
        net = keras.Sequential([keras.Input((4,)), *(make() for _ in range(20))])
        _, gradient = value_and_grad(lambda x: ops.sum(net(x)))(ops.convert_to_tensor(rows()))
        return np.abs(numpy(gradient)).mean()

    assert size_of_gradient(lambda: Highway(keras_layers.Dense(4, "sigmoid"), -4.0)) > 0.1
    assert size_of_gradient(lambda: keras_layers.Dense(4, "sigmoid")) < 1e-6


def test_gate_is_regularized_and_constrained_like_the_layer_but_its_activity_is_not():
    dense = keras_layers.Dense(
        4,
        kernel_regularizer=keras.regularizers.L2(0.1),
        kernel_constraint=keras.constraints.NonNeg(),
        activity_regularizer=keras.regularizers.L1(0.1),
        use_bias=False,
    )
    gate = Highway(dense).gate
    assert gate.kernel_regularizer.l2 == pytest.approx(0.1)
    assert isinstance(gate.kernel_constraint, keras.constraints.NonNeg)
    assert gate.activity_regularizer is None
    assert gate.use_bias


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(keras_layers.Dense(3), (2, 4)), (keras_layers.Conv2D(1, 3), (2, 4, 4, 1))],
)
def test_layer_that_changes_the_shape_is_refused(layer, shape):
    with pytest.raises(ValueError, match="`layer` must give outputs of the shape of its inputs"):
        Highway(layer)(np.zeros(shape))


def test_a_seeded_initializer_gives_gate_and_layer_kernels_of_their_own():
    seeded = keras.initializers.GlorotUniform(seed=1)
    kernels = []
    for _ in range(2):
        layer = Highway(keras_layers.Dense(4, kernel_initializer=seeded))
        layer.build((None, 4))
        kernels.append([ops.convert_to_numpy(k) for k in (layer.layer.kernel, layer.gate.kernel)])
    np.testing.assert_array_equal(*kernels)
    assert np.abs(kernels[0][0] - kernels[0][1]).max() > 0.01
