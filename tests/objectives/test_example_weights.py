"""SelfPaced and SuperLoss: weights in closed form, from the losses of the examples."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.optimize import minimize_scalar
from scipy.special import lambertw, log_softmax

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    AdversarialTraining,
    GradientNormPenalty,
    GradientVariancePenalty,
    InputGradientPenalty,
    PseudoLabel,
    RDrop,
    SelfPaced,
    SharpnessAware,
    SuperLoss,
)
from keras_regzoo.objectives.example_weights import one_weight_each
from keras_regzoo.objectives.loss import Point
from keras_regzoo.objectives.self_paced import WEIGHTINGS
from keras_regzoo.objectives.super_loss import confidence, lambert_w

random = np.random.default_rng(0)
X = random.normal(size=(8, 4)).astype("float32")
Y = random.normal(size=(8, 1)).astype("float32")


def trained(
    objective: Any,
    weights: Any = None,
    steps: int = 1,
    companions: Any = (),
    before: Any = (),
) -> Any:
    """Returns the logs, the losses before the first step, and the kernels before and after."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, use_bias=False)])
    wrapped = RegularizedModel(model, [*before, objective, *companions])
    wrapped.compile(keras.optimizers.SGD(0.1), "mse")
    before = ops.convert_to_numpy(model.layers[0].kernel)
    losses = np.square(X @ before - Y)[:, 0]
    options: Any = {"batch_size": 8, "epochs": steps, "shuffle": False, "verbose": "0"}
    logs = wrapped.fit(X, Y, sample_weight=weights, **options).history
    return logs, losses, before, ops.convert_to_numpy(model.layers[0].kernel)


def gradient(kernel: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (2 * weights[:, None] * (X @ kernel - Y) * X).mean(axis=0)[:, None]


@pytest.mark.parametrize("weighting", ["hard", "linear"])
def test_self_paced_weights_minimize_the_paper_s_objective(weighting):
    losses, threshold = random.gamma(1.0, size=20), 0.8
    rewards = {"hard": lambda v: -threshold * v, "linear": lambda v: threshold * (v * v / 2 - v)}
    reward = rewards[weighting]
    made = ops.convert_to_numpy(WEIGHTINGS[weighting](ops.convert_to_tensor(losses), threshold))
    for loss, weight in zip(losses, made, strict=True):
        best = minimize_scalar(
            lambda v, cost=loss: v * cost + reward(v), bounds=(0, 1), method="bounded"
        )
        assert weight == pytest.approx(best.x, abs=1e-4)


@pytest.mark.parametrize("sample_weight", [None, np.linspace(0.0, 2.0, 8)])
def test_self_paced_step_leaves_the_hard_examples_out(sample_weight):
    _, losses, *_ = trained(SelfPaced(1.0))
    threshold = float(np.median(losses))
    logs, _, before, after = trained(SelfPaced(threshold), sample_weight)
    easy = (losses < threshold).astype("float64")
    given = np.ones(8) if sample_weight is None else sample_weight
    np.testing.assert_allclose(after, before - 0.1 * gradient(before, easy * given), atol=1e-5)
    assert logs["self_paced"][0] == pytest.approx(0.5)
    assert logs["loss"][0] == pytest.approx(np.mean(easy * given * losses), rel=1e-4)


@pytest.mark.parametrize(
    "penalty",
    [
        lambda: InputGradientPenalty(100.0),
        lambda: GradientNormPenalty(100.0),
        lambda: GradientVariancePenalty(2, 100.0),
        lambda: SharpnessAware(1.0),
        lambda: AdversarialTraining(1.0),
        lambda: RDrop(1.0, from_logits=True),
    ],
    ids=lambda penalty: penalty().name,
)
def test_an_example_s_loss_is_that_of_the_data_alone(penalty):
    """Penalties on gradients are quadratic in the weights of the examples."""
    losses, weight = trained(SelfPaced(1.0))[1], np.linspace(0.5, 2.0, 8)
    threshold = float(np.sort(losses)[2:4].mean())
    logs, *_ = trained(SelfPaced(threshold), weight, before=[penalty()])
    assert logs["self_paced"][0] == pytest.approx(3 / 8)
    logs, *_ = trained(SuperLoss(1.0, threshold=0.9), weight, before=[penalty()])
    sigma = np.exp(-lambertw(np.maximum(losses - 0.9, -2 / math.e) / 2).real)
    assert logs["super_loss"][0] == pytest.approx(sigma.mean(), rel=1e-4)


@pytest.mark.parametrize("objective", [SelfPaced(1.0), SuperLoss(1.0, threshold=1.0)])
def test_images_are_weighted_whole(objective):
    """The batch is as large as an image is wide, and one image is not like the others."""
    x = random.normal(size=(3, 3, 3, 1)).astype("float32")
    y = np.concatenate([x[:1] + 5.0, x[1:]])
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Conv2D(1, 1)])
    wrapped = RegularizedModel(model, [objective])
    wrapped.compile(keras.optimizers.SGD(0.0), "mse")
    losses = np.square(ops.convert_to_numpy(model(x)) - y).mean(axis=(1, 2, 3))
    made = wrapped.fit(x, y, verbose="0").history["data_loss"][0]
    if isinstance(objective, SelfPaced):
        weights = losses < 1.0
    else:
        weights = np.exp(-lambertw(np.maximum(losses - 1.0, -2 / math.e) / 2).real)
    assert made == pytest.approx(np.mean(weights * losses), rel=1e-4)


@pytest.mark.parametrize("weights", [np.ones((8, 3)), [np.ones(8), np.ones(8)]])
def test_several_weights_of_an_example_are_refused(weights):
    with pytest.raises(ValueError, match=r"must be one number for each example.*received weights"):
        one_weight_each(Point([], X, Y, weights), "SelfPaced")


def test_lambert_w_is_that_of_scipy():
    edge = -1 / math.e
    z = np.concatenate(
        [edge + np.logspace(-7, -0.5, 60), np.linspace(-0.05, 3, 80), [10, 1e3, 1e6]]
    )
    made = ops.convert_to_numpy(lambert_w(ops.convert_to_tensor(z.astype("float32"))))
    expected = lambertw(z.astype("float32").astype("float64")).real
    at_edge = z < edge + 1e-4  # where a float32 itself moves W by the root of its rounding
    np.testing.assert_allclose(made[at_edge], expected[at_edge], atol=3e-3)
    np.testing.assert_allclose(made[~at_edge], expected[~at_edge], atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_confidence_minimizes_the_paper_s_objective(strength):
    losses, threshold = random.gamma(2.0, size=20), 1.1
    made = ops.convert_to_numpy(confidence(ops.convert_to_tensor(losses), threshold, strength))
    for loss, sigma in zip(losses, made, strict=True):
        beta = max(-2 / math.e, (loss - threshold) / strength)
        best = minimize_scalar(
            lambda s, b=beta: b * math.exp(s) + s * s, bounds=(-8, 1), method="bounded"
        )
        assert sigma == pytest.approx(math.exp(best.x), abs=2e-3)


def test_super_loss_step_follows_the_weighted_gradient():
    logs, losses, before, after = trained(SuperLoss(0.5, threshold=0.9))
    beta = np.maximum((losses - 0.9) / 0.5, -2 / math.e)
    sigma = np.exp(-lambertw(beta / 2).real)
    np.testing.assert_allclose(after, before - 0.1 * gradient(before, sigma), atol=1e-4)
    expected = np.mean((losses - 0.9) * sigma + 0.5 * np.log(sigma) ** 2)
    assert logs["loss"][0] == pytest.approx(expected, rel=1e-4)
    assert logs["super_loss"][0] == pytest.approx(sigma.mean(), rel=1e-4)


@pytest.mark.parametrize("companions", [(), (SharpnessAware(1e-6),)], ids=["alone", "in SAM"])
def test_running_mean_of_the_loss_is_that_of_numpy(companions):
    objective = SuperLoss(1.0, momentum=0.6)
    logs, losses, *_ = trained(objective, steps=3, companions=companions)
    means = [losses.mean()]
    kernel = None
    for steps in (1, 2):
        *_, kernel = trained(SuperLoss(1.0, momentum=0.6), steps=steps)
        means.append(np.square(X @ kernel - Y).mean())
    running = total = 0.0
    for mean in means:
        running, total = 0.6 * running + 0.4 * mean, 0.6 * total + 0.4
    assert float(objective.running) / float(objective.total) == pytest.approx(
        running / total, rel=1e-4
    )
    assert len(logs["loss"]) == 3


def test_only_labelled_examples_enter_the_means():
    labels = np.array([0, 1, 2, 1, -1, -1, -1, -1])
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    logits = ops.convert_to_numpy(model(X))
    losses = -log_softmax(logits, axis=-1)[np.arange(4), labels[:4]]
    threshold = float(np.median(losses))
    for objective in (SelfPaced(threshold), SuperLoss(1.0)):
        wrapped = RegularizedModel(model, [PseudoLabel(0.0), objective])
        wrapped.compile(
            keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        options: Any = {"batch_size": 4, "shuffle": False, "verbose": "0"}
        logs = wrapped.fit(X[:4], labels[:4], **options).history
        if isinstance(objective, SelfPaced):
            assert wrapped.fit(X, labels, batch_size=8, verbose="0").history["self_paced"] == [0.5]
            continue
        wrapped.fit(X[4:], labels[4:], **options)
        tau = float(objective.running) / float(objective.total)
        assert tau == pytest.approx(losses.mean(), rel=1e-5)
        sigma = np.exp(-lambertw(np.maximum(losses - tau, -2 / math.e) / 2).real)
        assert logs["super_loss"][0] == pytest.approx(sigma.mean(), rel=1e-4)


@pytest.mark.parametrize("reduction", ["sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("objective", [SelfPaced, SuperLoss])
def test_a_loss_that_is_no_mean_over_the_batch_is_refused_at_compile(objective, reduction):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    wrapped = RegularizedModel(model, [objective(1.0)])
    loss = keras.losses.MeanSquaredError(reduction=reduction)
    with pytest.raises(ValueError, match=f"mean over the batch .* received reduction='{reduction}"):
        wrapped.compile("sgd", [loss])


def test_weighting_examples_twice_is_refused_at_compile():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    wrapped = RegularizedModel(model, [SelfPaced(1.0), SuperLoss(1.0)])
    with pytest.raises(ValueError, match=r"weight the examples by their losses once; received"):
        wrapped.compile("sgd", "mse")
