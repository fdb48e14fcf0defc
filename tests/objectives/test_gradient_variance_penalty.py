"""The gradient-variance penalty against finite differences of each microbatch's loss."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    GradientNormPenalty,
    GradientVariancePenalty,
    InputGradientPenalty,
    Mixup,
)
from tests.objectives.networks import RNG, X, Y, arrays, softmax, train
from tests.objectives.reference_net import Arrays, assert_trains, gradient, losses, mlp


def variance(slopes: np.ndarray, microbatches: int) -> float:
    """Returns `Σ_k p_k ‖g_k − g‖²` of the gradients of each example, along the last axis."""
    rows = slopes.reshape(-1, slopes.shape[-1])
    parts = [rows[:, k::microbatches] for k in range(min(microbatches, rows.shape[1]))]
    mean = rows.mean(axis=1)
    squares = [np.sum(np.square(part.mean(axis=1) - mean)) for part in parts]
    return float(np.average(squares, weights=[part.shape[1] for part in parts]))


def penalty(microbatches: int) -> Any:
    def of(weights: Arrays) -> float:
        slopes = gradient(losses, weights)
        return 0.5 / 4 * sum(variance(each, microbatches) for each in slopes)

    return of


@pytest.mark.parametrize("microbatches", [2, 5, 12])
def test_a_step_is_that_of_the_loss_and_the_finite_differences(microbatches):
    """Twelve examples: microbatches of 6, of 3 and 2, and of 1."""
    assert_trains(GradientVariancePenalty(microbatches, 0.5), penalty(microbatches))


@pytest.mark.parametrize("examples", [1, 3])
def test_microbatches_that_stay_empty_do_not_count(examples):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1, use_bias=False)])
    (kernel,) = arrays(model)
    wrapped = RegularizedModel(model, [GradientVariancePenalty(5, 4.0)])
    x, y = X[:examples], X[:examples, :1]
    logs = train(wrapped, x=x, y=y, loss="mse").history
    slopes = (2 * (x @ kernel - y) * x).T
    made, expected = logs["gradient_variance_penalty"][0], variance(slopes, 5)
    assert made == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("labels", ["integers", "one-hot"])
def test_targets_of_several_axes_are_split_by_example(labels, weighted):
    """Sequences of four, whose loss is the mean over them."""
    keras.utils.set_random_seed(0)
    x = RNG.normal(size=(6, 4, 5)).astype("float32")
    y = RNG.integers(0, 3, size=(6, 4))
    one_hot = np.eye(3, dtype="float32")[y]
    model = keras.Sequential([keras.Input((4, 5)), layers.Dense(3, use_bias=False)])
    (kernel,) = arrays(model)
    sparse = labels == "integers"
    name = "SparseCategoricalCrossentropy" if sparse else "CategoricalCrossentropy"
    loss = getattr(keras.losses, name)(from_logits=True)
    weight = RNG.random((6, 1)).astype("float32") if weighted else None
    wrapped = RegularizedModel(model, [GradientVariancePenalty(2, 4.0)])
    logs = train(wrapped, x=x, y=y if sparse else one_hot, loss=loss, sample_weight=weight).history
    probabilities = softmax((x @ kernel).reshape(-1, 3)).reshape(6, 4, 3)
    slopes = np.einsum("bti,btk->ikb", x, probabilities - one_hot) / 4
    slopes = slopes if weight is None else slopes * weight[:, 0]
    assert logs["gradient_variance_penalty"][0] == pytest.approx(variance(slopes, 2), rel=1e-4)


def test_it_splits_a_mixed_batch_by_its_weights():
    """Inside a batch transform that needs the whole batch."""
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1)])
    objectives = [Mixup(0.4, seed=0), GradientVariancePenalty(5)]
    logs = train(RegularizedModel(model, objectives), y=X[:, :1], loss="mse").history
    assert logs["gradient_variance_penalty"][0] > 1e-4


def test_a_penalty_that_is_no_mean_over_a_microbatch_is_refused_before_it():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1)])
    penalty, variance = InputGradientPenalty(0.1), GradientVariancePenalty()
    with pytest.raises(ValueError, match="must have gradient_variance_penalty before input_grad"):
        RegularizedModel(model, [penalty, variance]).compile("sgd", "mse")
    RegularizedModel(model, [variance, penalty]).compile("sgd", "mse")


def test_inside_it_a_penalty_on_the_norm_is_that_of_each_microbatch():
    def slope(weights: Arrays, rows: Any = slice(None)) -> Arrays:
        return gradient(lambda at: losses(at, X[rows], Y[rows]).mean(), weights)

    def penalized(weights: Arrays, rows: Any) -> float:
        norm = sum(np.square(each).sum() for each in slope(weights, rows))
        return losses(weights, X[rows], Y[rows]).mean() + 2.0 / 4 * norm

    model = mlp()
    weights = [each.astype("float64") for each in arrays(model)]
    objectives = [GradientNormPenalty(2.0), GradientVariancePenalty(2, 4.0)]
    logs = train(RegularizedModel(model, objectives)).history
    halves = [
        gradient(lambda at, rows=slice(k, None, 2): penalized(at, rows), weights) for k in (0, 1)
    ]
    apart = sum(np.square(a - b).sum() for a, b in zip(*halves, strict=True)) / 4
    assert logs["gradient_variance_penalty"][0] == pytest.approx(apart, rel=1e-3)
