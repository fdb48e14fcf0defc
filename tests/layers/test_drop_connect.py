"""DropConnect: the moments of the pre-activation, whose mask it is, and what it counts once."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy.stats import norm

from keras_regzoo.backend import value_and_grad
from keras_regzoo.layers import DropConnect
from tests.layers.noise import numpy, standard_errors

UNITS = 20000  # units with the same weights: as many independent draws of one pre-activation
RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(size=6)
INPUTS = RNG.normal(size=6)


def tiled(layer, axis, shape):
    """A layer whose every unit (along `axis` of a kernel of `shape`) has the weights WEIGHTS."""
    wrapped = DropConnect(layer, rate=0.4, seed=1)
    kernel = np.moveaxis(np.zeros(shape) + WEIGHTS.reshape([*shape[:-1], 1]), -1, axis)
    return wrapped, kernel


CASES = {
    "dense": (layers.Dense, (UNITS,), (1, 6), (6, UNITS), -1),
    "einsum_dense": (layers.EinsumDense, ("abc,bcd->ad", (UNITS,)), (1, 2, 3), (2, 3, UNITS), -1),
    "conv1d": (layers.Conv1D, (UNITS, 3), (1, 3, 2), (3, 2, UNITS), -1),
    "conv2d": (layers.Conv2D, (UNITS, (1, 2)), (1, 1, 2, 3), (1, 2, 3, UNITS), -1),
    "conv3d": (layers.Conv3D, (UNITS, (1, 2, 1)), (1, 1, 2, 1, 3), (1, 2, 1, 3, UNITS), -1),
    "conv1d_transpose": (layers.Conv1DTranspose, (UNITS, 1), (1, 1, 6), (1, 6, UNITS), -2),
    "conv2d_transpose": (
        layers.Conv2DTranspose,
        (UNITS, (1, 1)),
        (1, 1, 1, 6),
        (1, 1, 6, UNITS),
        -2,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_pre_activation_has_the_mean_and_variance_of_the_paper(case):
    kind, arguments, input_shape, kernel_shape, axis = CASES[case]
    wrapped, kernel = tiled(kind(*arguments), axis, kernel_shape)
    x = INPUTS.reshape(input_shape).astype("float32")
    wrapped.build(input_shape)
    wrapped.layer.kernel.assign(kernel)
    draws = numpy(wrapped(x, training=True)).ravel()
    assert draws.size == UNITS
    mean = WEIGHTS @ INPUTS
    variance = 0.4 / 0.6 * np.sum(WEIGHTS**2 * INPUTS**2)
    assert standard_errors(draws, mean, variance) < 4
    assert draws.var() == pytest.approx(variance, rel=0.05)
    np.testing.assert_allclose(numpy(wrapped(x)).ravel(), mean, rtol=1e-4)


def test_each_example_has_a_mask_of_its_own_with_the_same_moments():
    wrapped = DropConnect(layers.Dense(1), rate=0.4, per_example=True, seed=1)
    wrapped.build((None, 6))
    wrapped.layer.kernel.assign(WEIGHTS[:, None])
    wrapped.layer.bias.assign([0.5])
    draws = numpy(wrapped(np.tile(INPUTS, (UNITS, 1)), training=True)).ravel()
    variance = 0.4 / 0.6 * np.sum(WEIGHTS**2 * INPUTS**2)
    assert standard_errors(draws, WEIGHTS @ INPUTS + 0.5, variance) < 4
    assert draws.var() == pytest.approx(variance, rel=0.05)
    assert len(np.unique(draws.round(5))) == 2**6


def test_outputs_are_those_of_one_of_the_masks():
    wrapped = DropConnect(layers.Dense(1, activation="tanh"), rate=0.4, per_example=True, seed=1)
    wrapped.build((None, 6))
    wrapped.layer.kernel.assign(WEIGHTS[:, None])
    possible = ensemble(WEIGHTS, INPUTS, 0.4)[0]
    draws = numpy(wrapped(np.tile(INPUTS, (50, 1)), training=True)).ravel()
    gaps = np.abs(draws[:, None] - np.tanh(possible)[None]).min(axis=1)
    assert gaps.max() < 1e-5


def ensemble(weights, inputs, rate):
    """The pre-activation of each of the 2ⁿ masks, and each mask's probability."""
    masks = np.array(list(itertools.product([0.0, 1.0], repeat=len(weights))))
    kept = masks.sum(axis=1)
    probabilities = (1 - rate) ** kept * rate ** (len(weights) - kept)
    return masks @ (weights * inputs) / (1 - rate), probabilities


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Dense(50), (5, 6)),
        (layers.Dense(50), (5, 2, 6)),
        (layers.Conv2D(8, 2), (5, 4, 4, 2)),
        (layers.EinsumDense("abc,cd->abd", (None, 50)), (5, 3, 6)),
    ],
)
def test_by_default_the_whole_batch_shares_one_mask(layer, shape):
    wrapped = DropConnect(layer, seed=1)
    x = np.tile(RNG.normal(size=(1, *shape[1:])), (shape[0],) + (1,) * (len(shape) - 1))
    outputs = numpy(wrapped(x, training=True))
    np.testing.assert_allclose(outputs, outputs[:1] + 0 * outputs, atol=1e-5)
    again = numpy(wrapped(x, training=True))
    assert not np.allclose(outputs, again)
    assert not np.allclose(outputs, numpy(wrapped(x, training=False)))


def test_bias_is_not_dropped_and_rate_0_is_the_layer_itself():
    x = RNG.normal(size=(4, 6)).astype("float32")
    for per_example in (False, True):
        dense = layers.Dense(300, activation="relu", bias_initializer="ones")
        certain = DropConnect(dense, rate=0.0, per_example=per_example)
        np.testing.assert_allclose(numpy(certain(x, training=True)), numpy(dense(x)), rtol=1e-5)
        dropped = DropConnect(dense, rate=0.9, per_example=per_example, seed=1)
        np.testing.assert_allclose(numpy(dropped(0 * x, training=True)), 1.0)


def regularized(units, **kwargs):
    return layers.Dense(
        units,
        kernel_regularizer=keras.regularizers.L2(0.1),
        bias_regularizer=keras.regularizers.L1(0.2),
        activity_regularizer=keras.regularizers.L2(0.3),
        bias_initializer="ones",
        **kwargs,
    )


@pytest.mark.parametrize(
    ("options", "training"),
    [
        ({}, True),
        ({"per_example": True}, True),
        ({}, False),
        ({"inference": "moments"}, False),
        ({"inference": "moments"}, True),
    ],
)
def test_regularizers_of_the_layer_are_counted_once(options, training):
    wrapped = DropConnect(regularized(4), seed=1, **options)
    outputs = numpy(wrapped(RNG.normal(size=(5, 6)).astype("float32"), training=training))
    kernel, bias = numpy(wrapped.layer.kernel), numpy(wrapped.layer.bias)
    expected = [
        0.1 * np.sum(kernel**2),
        0.2 * np.sum(np.abs(bias)),
        0.3 * np.sum(outputs**2) / 5,
    ]
    losses = [numpy(loss) for loss in wrapped.losses]
    np.testing.assert_allclose(sorted(losses), sorted(expected), rtol=1e-5)


@pytest.mark.parametrize("options", [{}, {"per_example": True}, {"inference": "moments"}])
def test_train_and_evaluate_losses_are_the_closed_form(options):
    """Of zero inputs the outputs are the bias, whatever the mask."""
    wrapped = DropConnect(regularized(4), rate=0.5, seed=1, **options)
    model = keras.Sequential([keras.Input((6,)), wrapped])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    x, y = np.zeros((8, 6), "float32"), np.full((8, 4), 3.0, "float32")
    kernel = numpy(wrapped.layer.kernel)
    expected = (3 - 1) ** 2 + 0.1 * np.sum(kernel**2) + 0.2 * 4 + 0.3 * 4
    history = model.fit(x, y, batch_size=4, verbose=0)
    assert history.history["loss"][0] == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_gradient_is_that_of_the_masked_kernel():
    """With inputs of 1 and a loss that is the output, ∂/∂W is the scaled mask itself."""
    wrapped = DropConnect(layers.Dense(400, use_bias=False), rate=0.5, seed=1)
    model = keras.Sequential([keras.Input((6,)), wrapped])
    model.compile(keras.optimizers.SGD(1.0), lambda y, y_pred: ops.sum(y_pred, axis=-1))
    before = numpy(wrapped.layer.kernel)
    model.fit(np.ones((2, 6)), np.ones((2, 400)), batch_size=2, verbose=0)
    step = before - numpy(wrapped.layer.kernel)
    assert set(np.unique(step.round(3))) == {0.0, 2.0}


def test_constraint_of_the_layer_holds_after_fit():
    constraint = keras.constraints.MaxNorm(0.3)
    wrapped = DropConnect(layers.Dense(4, kernel_constraint=constraint), seed=1)
    model = keras.Sequential([keras.Input((6,)), wrapped])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(RNG.normal(size=(32, 6)), 5 + RNG.normal(size=(32, 4)), verbose=0)
    norms = np.linalg.norm(numpy(wrapped.layer.kernel), axis=0)
    assert np.all(norms <= 0.3 + 1e-5)
    assert norms.max() == pytest.approx(0.3, rel=1e-3)


def test_moments_of_a_linear_layer_average_to_the_exact_mean():
    """Of an identity activation the ensemble's mean is W x + b."""
    wrapped = DropConnect(
        layers.Dense(1, bias_initializer="ones"), 0.4, inference="moments", samples=UNITS, seed=1
    )
    wrapped.build((None, 6))
    wrapped.layer.kernel.assign(WEIGHTS[:, None])
    values, probabilities = ensemble(WEIGHTS, INPUTS, 0.4)
    mean = values @ probabilities
    stddev = np.sqrt((values - mean) ** 2 @ probabilities)
    assert mean == pytest.approx(WEIGHTS @ INPUTS)
    actual = numpy(wrapped(INPUTS[None].astype("float32")))[0, 0]
    assert abs(actual - (mean + 1)) < 4 * stddev / np.sqrt(UNITS)


def test_moments_of_relu_average_the_rectified_gaussian():
    """E max(u, 0) of u ~ N(μ, σ²) is μ Φ(μ/σ) + σ φ(μ/σ)."""
    dense = layers.Dense(3, activation="relu", bias_initializer="ones")
    wrapped = DropConnect(dense, 0.4, inference="moments", samples=UNITS, seed=1)
    x = RNG.normal(size=(5, 6)).astype("float32")
    actual = numpy(wrapped(x))
    mean = x @ numpy(dense.kernel) + 1
    stddev = np.sqrt(0.4 / 0.6 * x**2 @ numpy(dense.kernel) ** 2)
    expected = mean * norm.cdf(mean / stddev) + stddev * norm.pdf(mean / stddev)
    assert np.all(np.abs(actual - expected) < 4 * stddev / np.sqrt(UNITS))


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_moments_come_nearer_to_the_ensemble_than_the_mean_network(activation):
    rng = np.random.default_rng(1)
    weights, inputs, rate = rng.normal(size=(10, 8)), np.abs(rng.normal(size=10)), 0.5
    dense = layers.Dense(8, activation=activation, use_bias=False)
    moments = DropConnect(dense, rate, inference="moments", samples=UNITS, seed=1)
    moments.build((None, 10))
    dense.kernel.assign(weights)
    function = {"relu": lambda u: np.maximum(u, 0), "sigmoid": lambda u: 1 / (1 + np.exp(-u))}
    members = [ensemble(w, inputs, rate) for w in weights.T]
    expected = [function[activation](values) @ chances for values, chances in members]
    x = inputs[None].astype("float32")
    error = np.abs(numpy(moments(x))[0] - expected)
    error_of_the_mean_network = np.abs(numpy(DropConnect(dense, rate)(x))[0] - expected)
    assert error.mean() < 0.2 * error_of_the_mean_network.mean()


@pytest.mark.parametrize("options", [{}, {"per_example": True}, {"inference": "moments"}])
def test_mixed_precision_computes_in_bfloat16_close_to_float32(options):
    dense = layers.Dense(64, dtype="mixed_bfloat16")
    wrapped = DropConnect(dense, 0.5, samples=64, seed=1, dtype="mixed_bfloat16", **options)
    x = RNG.normal(size=(4, 6)).astype("float32")
    for training in (True, False):
        outputs = wrapped(x, training=training)
        assert "bfloat16" in str(outputs.dtype)
        assert np.isfinite(numpy(outputs)).all()
    if not options:
        exact = x @ numpy(dense.kernel)
        np.testing.assert_allclose(numpy(wrapped(x)), exact, atol=0.05)


@pytest.mark.parametrize(
    "layer", [layers.DepthwiseConv2D(2), layers.LSTM(2), layers.ReLU(), keras.Sequential(), 3]
)
def test_other_layers_are_refused(layer):
    with pytest.raises(ValueError, match="`layer` must be a `keras` Dense or"):
        DropConnect(layer)


@pytest.mark.parametrize("options", [{"per_example": True}, {"inference": "moments"}])
def test_what_only_dense_can_do_is_refused_of_others(options):
    with pytest.raises(ValueError, match=r"`layer` must be a Dense layer with .*; received Conv2D"):
        DropConnect(layers.Conv2D(2, 3), **options)


def test_masks_per_example_are_refused_on_inputs_of_rank_3():
    wrapped = DropConnect(layers.Dense(2), per_example=True)
    with pytest.raises(ValueError, match=r"needs inputs of shape \(batch, features\); received"):
        wrapped(np.ones((2, 3, 4), "float32"), training=True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rate": 1.0}, r"`rate` must be a number in \[0, 1\); received rate=1.0"),
        ({"inference": "sum"}, "`inference` must be one of 'mean', 'moments'"),
        ({"per_example": "yes"}, "`per_example` must be one of False, True"),
        ({"samples": 0}, r"`samples` must be an integer in \[1, inf\)"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        DropConnect(layers.Dense(2), **arguments)


@pytest.mark.parametrize(("row", "rate"), [(0.0, 0.5), (1.0, 0.0)], ids=["zeros", "rate 0"])
def test_moments_without_spread_have_a_finite_gradient(row, rate):
    """There the pre-activation is its mean, and so is the slope."""
    dense = layers.Dense(2, "tanh")
    wrapped = DropConnect(dense, rate, inference="moments", samples=4, seed=1)
    x = ops.full((1, 3), row)
    wrapped(x)
    made, expected = (
        numpy(value_and_grad(lambda x, each=each: ops.sum(each(x)))(x)[1])
        for each in (wrapped, dense)
    )
    np.testing.assert_allclose(made, expected, rtol=1e-5)
