"""The smoothed loss on a quadratic, and its noise."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import LossSmoothing
from keras_regzoo.objectives.loss_smoothing import perturb
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import X, arrays, linear, numpy_gradient, train

TARGETS = X[:, :1]
STDDEV = 0.3
ONE_HOT = np.eye(3)[np.arange(len(X)) % 3]


@pytest.mark.parametrize("antithetic", [False, True])
def test_smoothed_quadratic_is_raised_by_half_the_trace_of_the_hessian(antithetic):
    """L(w) + σ²/2 tr H within four standard errors, which pairs free of the gradient's part."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    kernel, bias = arrays(model)
    residual = X @ kernel + bias - TARGETS
    rows = np.hstack([X, np.ones_like(TARGETS)])
    hessian, slope = 2 * rows.T @ rows / len(X), 2 * (rows * residual).mean(0)
    steps, samples = 100, 4
    independent = steps * samples / (2 if antithetic else 1)
    linear_part = 0.0 if antithetic else STDDEV**2 * slope @ slope
    variance = linear_part + STDDEV**4 / 2 * np.trace(hessian @ hessian)
    wrapped = RegularizedModel(model, [LossSmoothing(STDDEV, samples, antithetic, seed=0)])
    wrapped.compile(keras.optimizers.SGD(0.0), "mse")
    many = [np.tile(each, (steps, 1)) for each in (X, TARGETS)]
    logs = wrapped.fit(*many, batch_size=len(X), shuffle=False, verbose=QUIET).history
    expected = np.mean(residual**2) + STDDEV**2 / 2 * np.trace(hessian)
    error = 4 * float(np.sqrt(variance / independent))
    assert logs["loss"][0] == pytest.approx(expected, abs=error)
    assert logs["data_loss"][0] == pytest.approx(logs["loss"][0], rel=1e-5)


@pytest.mark.parametrize("antithetic", [False, True])
def test_pairs_alone_leave_a_linear_loss_as_it_is(antithetic):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    kernel, bias = arrays(model)
    wrapped = RegularizedModel(model, [LossSmoothing(STDDEV, 2, antithetic, seed=0)])
    logs = train(wrapped, y=TARGETS, loss=lambda y, outputs: outputs).history
    error = abs(logs["loss"][0] - np.mean(X @ kernel + bias))
    assert error < 1e-5 if antithetic else error > 1e-3


class FixedNoise(LossSmoothing):
    """Perturbs by numbers that a reference can know."""

    def draw(self, weights, x):
        return [ops.convert_to_tensor(noise) for noise in NOISE[: self.samples]]


NOISE = np.random.default_rng(0).normal(size=(3, 18)).astype("float32")


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("samples", [1, 3])
def test_a_step_takes_the_mean_gradient_at_the_perturbed_weights(samples, relative):
    keras.utils.set_random_seed(1)
    model = linear()
    model.layers[0].bias.assign([0.1, -0.2, 0.3])
    kernel, bias = arrays(model)
    scales = [np.sqrt(np.mean(w**2)) if relative else 1.0 for w in (kernel, bias)]
    smoothing = FixedNoise(0.4, samples, antithetic=False, relative=relative)
    train(RegularizedModel(model, [smoothing]), y=ONE_HOT.argmax(1))
    gradients = [
        numpy_gradient(
            kernel + 0.4 * scales[0] * noise[:15].reshape(5, 3),
            bias + 0.4 * scales[1] * noise[15:],
            X,
            ONE_HOT,
        )[:2]
        for noise in NOISE[:samples]
    ]
    for old, new, *each in zip((kernel, bias), arrays(model), *gradients, strict=True):
        np.testing.assert_allclose(new, old - 0.5 * np.mean(each, axis=0), atol=1e-5)


def test_a_tensor_of_zeros_has_a_finite_gradient_where_widths_are_relative():
    weights = [ops.zeros((2, 3)), ops.ones(4)]
    zeros, ones = perturb(weights, ops.ones(10), 0.5, relative=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(zeros), np.zeros((2, 3)))
    np.testing.assert_allclose(ops.convert_to_numpy(ones), np.full(4, 1.5))


def test_noise_is_standard_normal_and_differs_between_samples_and_steps():
    smoothing = LossSmoothing(samples=2, antithetic=False, seed=0)
    drawn = []
    for _ in range(2):
        drawn += map(ops.convert_to_numpy, smoothing.draw([ops.zeros(20_000)], None))
    correlations = np.corrcoef(drawn) - np.eye(4)
    assert np.abs(correlations).max() < 0.03
    np.testing.assert_allclose(np.std(drawn, axis=1), 1, atol=0.03)
    np.testing.assert_allclose(np.mean(drawn, axis=1), 0, atol=0.03)


def test_pairs_have_opposite_signs():
    smoothing = LossSmoothing(samples=4, seed=0)
    a, b, c, d = map(ops.convert_to_numpy, smoothing.draw([ops.zeros((5, 20))], None))
    np.testing.assert_array_equal(a, -b)
    np.testing.assert_array_equal(c, -d)
    assert abs(np.corrcoef(a, c)[0, 1]) < 0.5


def test_an_odd_number_of_samples_makes_no_pairs():
    with pytest.raises(ValueError, match="`samples` must be even with antithetic=True"):
        LossSmoothing(samples=3)
