"""The mathematics of weight noise and of the sharpness term."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import SharpnessAware, WeightNoise
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import X, arrays, train

TARGETS = X[:, :1]


def regression() -> keras.Model:
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])


def test_expected_loss_is_raised_by_half_the_trace_of_the_hessian():
    """Of a linear model with squared error: L(w) + σ²/2 tr H, exactly."""
    keras.utils.set_random_seed(0)
    model = regression()
    kernel, bias = arrays(model)
    wrapped = RegularizedModel(model, [WeightNoise(0.3, seed=0)])
    wrapped.compile(keras.optimizers.SGD(0.0), "mse")
    draws = 400
    many = [np.tile(each, (draws, 1)) for each in (X, TARGETS)]
    logs = wrapped.fit(*many, batch_size=len(X), shuffle=False, verbose=QUIET).history
    residual = X @ kernel + bias - TARGETS
    hessian = 2 * np.mean([np.outer(row, row) for row in np.hstack([X, np.ones_like(TARGETS)])], 0)
    gradient = 2 * np.append((X * residual).mean(0), residual.mean())
    variance = 0.3**2 * gradient @ gradient + 0.3**4 / 2 * np.trace(hessian @ hessian)
    expected = np.mean(residual**2) + 0.3**2 / 2 * np.trace(hessian)
    assert logs["loss"][0] == pytest.approx(expected, abs=float(4 * np.sqrt(variance / draws)))


def test_noise_is_standard_normal_and_anew_each_step():
    noise = WeightNoise(1.0, seed=0)
    first, second = (noise.draw([ops.zeros((200, 50))], None)[0] for _ in range(2))
    first, second = ops.convert_to_numpy(first), ops.convert_to_numpy(second)
    assert first.mean() == pytest.approx(0, abs=0.03)
    assert first.std() == pytest.approx(1, abs=0.03)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_the_clean_weights_are_updated():
    keras.utils.set_random_seed(0)
    model = regression()
    before = arrays(model)
    wrapped = RegularizedModel(model, [WeightNoise(10.0)])
    wrapped.compile(keras.optimizers.SGD(0.0), "mse")
    wrapped.fit(X, TARGETS, verbose=QUIET)
    for old, new in zip(before, arrays(model), strict=True):
        np.testing.assert_array_equal(old, new)


def test_sharpness_logged_is_the_rise_to_the_ascended_weights():
    keras.utils.set_random_seed(0)
    model = regression()
    kernel, bias = arrays(model)
    logs = train(RegularizedModel(model, [SharpnessAware(0.2)]), y=TARGETS, loss="mse").history

    def loss(k, b):
        return np.mean((X @ k + b - TARGETS) ** 2)

    residual = 2 * (X @ kernel + bias - TARGETS) / len(X)
    dk, db = X.T @ residual, residual.sum(0)
    scale = 0.2 / np.sqrt((dk**2).sum() + (db**2).sum())
    rise = loss(kernel + scale * dk, bias + scale * db) - loss(kernel, bias)
    assert logs["sharpness_aware"][0] == pytest.approx(rise, rel=1e-4)


@pytest.mark.parametrize("build", [lambda: WeightNoise(-0.1), lambda: SharpnessAware(-0.1)])
def test_negative_strengths_are_refused(build):
    with pytest.raises(ValueError, match=r"must be a number in \[0, inf\); received .*=-0.1"):
        build()
