"""Weight normalization: the effective weights, the paper's gradients, and `adapt`."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo.backend import value_and_grad
from keras_regzoo.layers import WeightNormalization
from keras_regzoo.layers.weight_normalization import normalized
from tests.layers.noise import numpy

RNG = np.random.default_rng(0)
CASES = {
    "dense": (lambda: layers.Dense(4, bias_initializer="ones"), (5, 6), -1),
    "dense on sequences": (lambda: layers.Dense(4), (5, 2, 6), -1),
    "conv1d": (lambda: layers.Conv1D(4, 2), (5, 6, 3), -1),
    "conv2d": (lambda: layers.Conv2D(4, 2), (5, 6, 6, 3), -1),
    "conv2d_transpose": (lambda: layers.Conv2DTranspose(4, 2), (5, 6, 6, 3), -2),
}


def lengths(v, axis):
    axes = tuple(each for each in range(v.ndim) if each != v.ndim + axis)
    return np.sqrt(np.sum(v**2, axis=axes, keepdims=True))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("training", [True, False])
def test_outputs_are_those_of_weights_of_length_g_in_the_direction_of_v(case, training):
    build, shape, axis = CASES[case]
    x = RNG.normal(size=shape).astype("float32")
    wrapped, plain = WeightNormalization(build()), build()
    before = numpy(wrapped(x, training=training))
    np.testing.assert_allclose(before, numpy(wrapped.layer(x)), atol=1e-5)
    g = RNG.uniform(0.5, 2, size=4) * [1, -1, 1, 1]
    wrapped.g.assign(g)
    v = numpy(wrapped.layer.kernel)
    plain.build(shape)
    w = v / lengths(v, axis) * np.expand_dims(g, -1 if axis == -2 else 0)
    plain.set_weights([w, numpy(wrapped.layer.bias)])
    np.testing.assert_allclose(numpy(wrapped(x, training=training)), numpy(plain(x)), atol=1e-5)


def test_gradients_are_those_of_the_paper():
    """∇g L = ∇w L · v / ‖v‖ and ∇v L = g / ‖v‖ ∇w L − g ∇g L / ‖v‖² v (eq. 3)."""
    v, g, slope = RNG.normal(size=(6, 4)), RNG.uniform(0.5, 2, size=4), RNG.normal(size=(6, 4))

    def loss(parts):
        return ops.sum(normalized(parts[0], parts[1], 1) * ops.convert_to_tensor(slope, "float32"))

    parts = [ops.convert_to_tensor(part, "float32") for part in (v, g)]
    _, (of_v, of_g) = value_and_grad(loss)(parts)
    norm = np.sqrt(np.sum(v**2, axis=0))
    expected_g = np.sum(slope * v, axis=0) / norm
    expected_v = g / norm * slope - g * expected_g / norm**2 * v
    np.testing.assert_allclose(numpy(of_g), expected_g, rtol=1e-4)
    np.testing.assert_allclose(numpy(of_v), expected_v, rtol=1e-3, atol=1e-5)


def test_training_moves_g_and_v_and_never_shortens_v():
    """Its gradient is orthogonal to v, so each step of SGD makes v longer (sec. 2.1)."""
    wrapped = WeightNormalization(layers.Dense(2))
    model = keras.Sequential([keras.Input((6,)), wrapped])
    before, g = numpy(wrapped.layer.kernel), numpy(wrapped.g)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(RNG.normal(size=(64, 6)), RNG.normal(size=(64, 2)), batch_size=8, verbose=0)
    after = numpy(wrapped.layer.kernel)
    assert np.all(np.linalg.norm(after, axis=0) > np.linalg.norm(before, axis=0))
    assert not np.allclose(numpy(wrapped.g), g)


@pytest.mark.parametrize("case", CASES)
def test_adapt_gives_pre_activations_mean_0_and_variance_1(case):
    build, shape, _ = CASES[case]
    x = RNG.normal(1.0, 3.0, size=(200, *shape[1:])).astype("float32")
    wrapped = WeightNormalization(build())
    wrapped.layer.activation = keras.activations.relu
    wrapped.adapt(x)
    assert wrapped.layer.activation is keras.activations.relu
    wrapped.layer.activation = keras.activations.linear
    outputs = numpy(wrapped(x)).reshape(-1, 4)
    np.testing.assert_allclose(outputs.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(outputs.var(axis=0), 1, rtol=1e-3)


def test_adapt_is_the_closed_form_of_section_3():
    """g = 1 / σ[t] and b = −μ[t] / σ[t] of t = v · x / ‖v‖; without a bias g alone."""
    x = RNG.normal(1.0, 3.0, size=(50, 6)).astype("float32")
    for use_bias in (True, False):
        wrapped = WeightNormalization(layers.Dense(4, "tanh", use_bias=use_bias))
        wrapped.adapt(x)
        v = numpy(wrapped.layer.kernel)
        t = x @ (v / lengths(v, -1))
        np.testing.assert_allclose(numpy(wrapped.g), 1 / t.std(axis=0), rtol=1e-4)
        if use_bias:
            expected = -t.mean(axis=0) / t.std(axis=0)
            np.testing.assert_allclose(numpy(wrapped.layer.bias), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("x", [np.ones((5, 3)), RNG.normal(size=(1, 3)), np.eye(3)[[0, 1]]])
def test_adapt_refuses_pre_activations_that_do_not_vary(x):
    wrapped = WeightNormalization(layers.Dense(2, bias_initializer="ones"))
    wrapped.build(x.shape)
    wrapped.layer.kernel.assign([[1.0, 1.0], [1.0, 2.0], [0.0, 0.0]])
    before = wrapped.get_weights()
    with pytest.raises(ValueError, match=r"`inputs` must make every .* [12] of 2 are constant"):
        wrapped.adapt(x.astype("float32"))
    for made, expected in zip(wrapped.get_weights(), before, strict=True):
        np.testing.assert_array_equal(made, expected)
