"""The input-gradient penalty against finite differences and the closed form of a linear model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import InputGradientPenalty
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import RNG, X, arrays
from tests.objectives.reference_net import Arrays, assert_trains, losses

TARGETS = X[:, :1]


def penalty(weights: Arrays, step: float = 1e-4) -> float:
    """Returns 0.7 times the mean over examples of the squared central differences of their loss."""
    columns = [
        (losses(weights, X + step * unit) - losses(weights, X - step * unit)) / (2 * step)
        for unit in np.eye(5)
    ]
    return 0.7 * np.mean(np.sum(np.square(columns), axis=0))


@pytest.mark.parametrize("compiled", ["auto", False])
def test_a_step_is_that_of_the_loss_and_the_finite_differences(compiled):
    assert_trains(InputGradientPenalty(0.7), penalty, jit_compile=compiled)


def linear_regression(inputs: int = 1) -> keras.Model:
    keras.utils.set_random_seed(0)
    given = [keras.Input((5,)) for _ in range(inputs)]
    joined = given[0] if inputs == 1 else layers.Concatenate()(given)
    return keras.Model(given if inputs > 1 else given[0], layers.Dense(1)(joined))


def logged(model: keras.Model, x: Any, **options: Any) -> float:
    wrapped = RegularizedModel(model, [InputGradientPenalty(1.0)])
    wrapped.compile(keras.optimizers.SGD(0.0), options.pop("loss", "mse"))
    rows = len(x[0]) if isinstance(x, list) else len(x)
    y = np.resize(TARGETS, (rows, 1))
    logs = wrapped.fit(x, y, batch_size=rows, verbose=QUIET, **options).history
    return logs["input_gradient_penalty"][0]


def closed_form(model: keras.Model, x: np.ndarray, weight: Any = 1.0) -> float:
    """Of the squared error of a linear model: `mean (2 aᵢ rᵢ)² ‖w‖²`."""
    kernel, bias = arrays(model)
    slopes = 2 * weight * (x @ kernel + bias - np.resize(TARGETS, (len(x), 1)))[:, 0]
    return float(np.mean(np.square(slopes)) * np.sum(np.square(kernel)))


@pytest.mark.parametrize("copies", [1, 3])
def test_penalty_does_not_depend_on_the_size_of_the_batch(copies):
    model = linear_regression()
    made = logged(model, np.tile(X, (copies, 1)))
    assert made == pytest.approx(closed_form(model, X), rel=1e-5)


def test_a_summed_loss_has_the_square_of_the_batch_size_more():
    model = linear_regression()
    made = logged(model, X, loss=keras.losses.MeanSquaredError(reduction="sum"))
    assert made == pytest.approx(len(X) ** 2 * closed_form(model, X), rel=1e-5)


def test_sample_weights_are_part_of_each_loss():
    model = linear_regression()
    weight = RNG.random(len(X)).astype("float32")
    made = logged(model, X, sample_weight=weight)
    assert made == pytest.approx(closed_form(model, X, weight), rel=1e-5)


def test_several_inputs_count_together():
    model = linear_regression(inputs=2)
    made = logged(model, [X, -2 * X])
    assert made == pytest.approx(closed_form(model, np.hstack([X, -2 * X])), rel=1e-5)


def test_integer_inputs_are_refused():
    model = keras.Sequential([keras.Input((5,), dtype="int32"), layers.Embedding(3, 2)])
    with pytest.raises(ValueError, match="InputGradientPenalty needs floating-point inputs"):
        RegularizedModel(model, [InputGradientPenalty()])
