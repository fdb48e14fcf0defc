"""Virtual adversarial directions and divergences against their closed forms on linear models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import VirtualAdversarialTraining
from tests.objectives.networks import LOSS, X, Y, arrays, linear, softmax, train
from tests.objectives.reference_net import RATE, gradient

START = np.random.default_rng(1).normal(size=X.shape).astype("float32")
UNIT = START / np.linalg.norm(START, axis=1, keepdims=True)
RADIUS = 0.5


class FixedStart(VirtualAdversarialTraining):
    """Starts the power method where a reference can know."""

    def draw(self, weights, x):
        return ops.convert_to_tensor(START)


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return np.sum(p * (np.log(p) - np.log(q)), axis=1)


def logged(model: keras.Model, smooth: Any, loss: Any = LOSS, y: Any = Y, **options: Any) -> float:
    logs = train(RegularizedModel(model, [smooth]), y=y, loss=loss, **options).history
    return logs[smooth.name][0]


def softmax_regression() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    keras.utils.set_random_seed(1)
    model = linear()
    kernel, bias = (each.astype("float64") for each in arrays(model))
    return model, kernel, bias


def moved(kernel: np.ndarray, bias: np.ndarray, xi: float = 2.0**-11.5) -> np.ndarray:
    """Returns the inputs after one power iteration: the divergence's gradient is `(q − p) Wᵀ`."""
    near = X + xi * np.linalg.norm(X, axis=1, keepdims=True) * UNIT
    slope = (softmax(near @ kernel + bias) - softmax(X @ kernel + bias)) @ kernel.T
    return X + RADIUS * slope / np.linalg.norm(slope, axis=1, keepdims=True)


@pytest.mark.parametrize("xi", [None, 0.1])
def test_the_divergence_logged_is_that_of_one_power_iteration(xi):
    model, kernel, bias = softmax_regression()
    made = logged(model, FixedStart(RADIUS, xi=xi))
    far = moved(kernel, bias, xi or 2.0**-11.5)
    expected = divergence(softmax(X @ kernel + bias), softmax(far @ kernel + bias)).mean()
    assert made == pytest.approx(expected, rel=2e-3 if xi is None else 1e-4)


def test_the_direction_is_the_hessian_of_the_divergence_times_the_start():
    """`H = W (diag p − p pᵀ) Wᵀ`, and r ∝ H d but for terms of order ξ."""
    _, kernel, bias = softmax_regression()
    step = moved(kernel, bias) - X
    for row, start, r in zip(softmax(X @ kernel + bias), UNIT, step, strict=True):
        product = kernel @ (np.diag(row) - np.outer(row, row)) @ kernel.T @ start
        cosine = product @ r / np.linalg.norm(product) / np.linalg.norm(r)
        assert cosine == pytest.approx(1, abs=1e-4)


def test_more_iterations_find_the_leading_eigenvector():
    """Where the divergence is `ε²/2 λ_max`, for a small ε."""
    model, kernel, bias = softmax_regression()
    made = logged(model, FixedStart(0.03, iterations=60))
    largest = [
        np.linalg.eigvalsh(kernel @ (np.diag(p) - np.outer(p, p)) @ kernel.T)[-1]
        for p in softmax(X @ kernel + bias)
    ]
    assert made == pytest.approx(0.03**2 / 2 * np.mean(largest), rel=0.01)


@pytest.mark.parametrize("outputs", ["logits", "probabilities", "one logit", "one probability"])
def test_with_two_classes_the_direction_is_the_difference_of_their_weights(outputs):
    """However the outputs are given: `r = ± ε a / ‖a‖`, on the side on which d lies."""
    keras.utils.set_random_seed(2)
    units = 1 if "one" in outputs else 2
    probabilities = "probab" in outputs
    activation = ("sigmoid" if units == 1 else "softmax") if probabilities else None
    model = keras.Sequential([keras.Input((5,)), layers.Dense(units, activation)])
    kernel, bias = arrays(model)
    apart = kernel[:, 0] if units == 1 else kernel[:, 1] - kernel[:, 0]
    margin = X @ apart + (bias[0] if units == 1 else bias[1] - bias[0])
    binary = keras.losses.BinaryCrossentropy(from_logits=not probabilities)
    sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=not probabilities)
    labels = (Y % 2)[:, None] if units == 1 else Y % 2
    loss = binary if units == 1 else sparse
    made = logged(model, FixedStart(RADIUS), loss, labels)
    shift = RADIUS * np.linalg.norm(apart) * np.sign(UNIT @ apart)
    p, q = (softmax(np.stack([0 * m, m], axis=1)) for m in (margin, margin + shift))
    assert made == pytest.approx(divergence(p, q).mean(), rel=1e-3)


@pytest.mark.parametrize("compiled", ["auto", False])
def test_a_step_holds_the_clean_predictions_and_the_direction_constant(compiled):
    model, kernel, bias = softmax_regression()
    far, clean = moved(kernel, bias, 0.1), softmax(X @ kernel + bias)

    def trained(weights: list[np.ndarray]) -> float:
        q = softmax(far @ weights[0] + weights[1])
        p = softmax(X @ weights[0] + weights[1])
        return -np.log(p[np.arange(len(Y)), Y]).mean() + 0.7 * divergence(clean, q).mean()

    logged(model, FixedStart(RADIUS, 0.7, xi=0.1), jit_compile=compiled)
    slopes = gradient(trained, [kernel, bias])
    for old, new, slope in zip((kernel, bias), arrays(model), slopes, strict=True):
        np.testing.assert_allclose((old - new) / RATE, slope, atol=1e-5)


def test_examples_without_weight_count_as_the_others_do():
    made = []
    for weight in (None, np.arange(len(X)) % 2):
        model, _, _ = softmax_regression()
        made.append(logged(model, FixedStart(RADIUS), sample_weight=weight))
    assert made[0] == pytest.approx(made[1], rel=1e-6)
    assert made[0] > 1e-3


def test_an_example_of_zeros_moves_too():
    model, kernel, bias = softmax_regression()
    made = logged(model, FixedStart(RADIUS, xi=0.1), x=0 * X)
    slope = (softmax(0.1 * UNIT @ kernel + bias) - softmax(0 * X @ kernel + bias)) @ kernel.T
    far = RADIUS * slope / np.linalg.norm(slope, axis=1, keepdims=True)
    expected = divergence(softmax(0 * X @ kernel + bias), softmax(far @ kernel + bias)).mean()
    assert made == pytest.approx(expected, rel=1e-4)


def test_starts_differ_between_steps():
    smooth = VirtualAdversarialTraining(seed=0)
    first, second = (ops.convert_to_numpy(smooth.draw([], ops.zeros((200, 50)))) for _ in range(2))
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_a_loss_that_tells_no_probabilities_is_refused():
    wrapped = RegularizedModel(linear(), [VirtualAdversarialTraining()])
    with pytest.raises(ValueError, match="VirtualAdversarialTraining learns whether"):
        wrapped.compile("sgd", "mse")
    told = RegularizedModel(linear(), [VirtualAdversarialTraining(from_logits=True)])
    told.compile("sgd", "mse")


def test_several_outputs_are_refused():
    inputs = keras.Input((5,))
    model = keras.Model(inputs, [layers.Dense(3)(inputs), layers.Dense(3)(inputs)])
    wrapped = RegularizedModel(model, [VirtualAdversarialTraining(from_logits=True)])
    wrapped.compile("sgd", [LOSS, LOSS], run_eagerly=True)
    with pytest.raises(ValueError, match="`y` must be one target"):
        wrapped.train_on_batch(X, [Y, Y])


def test_padding_that_a_mask_leaves_out_does_not_count():
    made = []
    for padding in (0, 2):
        width = ((0, 0), (0, padding), (0, 0))
        start = np.pad(START[:, None], width, constant_values=1.0)
        keras.utils.set_random_seed(1)
        model = keras.Sequential([layers.Masking(), layers.Dense(3)])
        model.build((None, *start.shape[1:]))
        smooth = FixedStart(RADIUS)
        smooth.draw = lambda weights, x, start=start: ops.convert_to_tensor(start)
        x = np.pad(X[:, None], width)
        made.append(logged(model, smooth, y=np.pad(Y[:, None], width[:2]), x=x, jit_compile=False))
    assert made[1] == pytest.approx(made[0], rel=5e-3)
