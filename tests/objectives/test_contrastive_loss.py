"""The contrastive loss against loops in NumPy."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.backend import value_and_grad
from keras_regzoo.objectives import ContrastiveLoss
from keras_regzoo.objectives.contrastive_loss import contrastive_loss
from keras_regzoo.objectives.views import View
from tests.objectives.networks import X, Y, arrays, train

NOISE = np.random.default_rng(1).normal(size=(2, *X.shape)).astype("float32")
CODES = np.random.default_rng(2).normal(size=(8, 3)).astype("float32")


def loops(codes, labels, temperature):
    """Khosla's eq. 2 over Chen's 2B views, divided by their number."""
    unit = codes.astype("float64")
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    total = 0.0
    for i in range(len(unit)):
        others = [a for a in range(len(unit)) if a != i]
        below = sum(math.exp(unit[i] @ unit[a] / temperature) for a in others)
        alike = [p for p in others if labels[p] == labels[i]]
        logs = [math.log(math.exp(unit[i] @ unit[p] / temperature) / below) for p in alike]
        total -= sum(logs) / len(alike)
    return total / len(unit)


def value(codes, labels, temperature):
    codes, labels = map(ops.convert_to_tensor, (codes, np.array(labels, "int32")))
    return float(contrastive_loss(codes, labels, temperature))


@pytest.mark.parametrize("temperature", [0.1, 1.0])
@pytest.mark.parametrize("labels", [[0, 1, 2, 3] * 2, [0, 1, 1, 0] * 2, [5] * 8])
def test_loss_is_that_of_loops(labels, temperature):
    expected = loops(CODES, labels, temperature)
    assert value(CODES, labels, temperature) == pytest.approx(expected, rel=1e-5)
    assert value(100 * CODES, labels, temperature) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("code", [0.0, 1.0])
def test_collapsed_codes_cost_the_logarithm_of_the_number_of_others(code):
    codes = np.full((10, 3), code, "float32")
    assert value(codes, [0, 1, 2, 3, 4] * 2, 0.1) == pytest.approx(math.log(9), rel=1e-5)
    _, gradient = value_and_grad(
        lambda c: contrastive_loss(c, ops.concatenate([ops.arange(5)] * 2), 0.1)
    )(ops.convert_to_tensor(codes))
    assert np.abs(ops.convert_to_numpy(gradient)).max() < 1e-4


def test_single_example_costs_nothing_and_low_temperatures_stay_finite():
    assert value(CODES[:2], [0, 0], 0.1) == pytest.approx(0.0, abs=1e-6)
    assert np.isfinite(value(CODES, [0, 1, 2, 3] * 2, 1e-4))
    half = value(CODES.astype("float16"), [0, 1, 2, 3] * 2, 0.1)
    assert half == pytest.approx(loops(CODES, [0, 1, 2, 3] * 2, 0.1), rel=1e-2)


class FixedViews(ContrastiveLoss):
    def draw(self, weights, x):
        first, second = (ops.convert_to_tensor(noise) for noise in NOISE)
        return View([first], None), View([second], None)


def model():
    return keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, name="encoder"), layers.Dense(3, name="logits")]
    )


@pytest.mark.parametrize(("supervised", "labels"), [(False, np.arange(12)), (None, Y), (True, Y)])
def test_trained_term_is_that_of_the_codes_of_two_noisy_views(supervised, labels):
    keras.utils.set_random_seed(0)
    base = model()
    kernel, bias = arrays(base)[:2]
    contrast = FixedViews("encoder", 0.5, 2.0, stddev=0.3, supervised=supervised, name="contrast")
    logs = train(RegularizedModel(base, [contrast])).history
    views = np.concatenate([X + 0.3 * noise for noise in NOISE])
    expected = 2.0 * loops(views @ kernel + bias, np.tile(labels, 2), 0.5)
    assert logs["contrast"][0] == pytest.approx(expected, rel=1e-4)
    assert logs["loss"][0] == pytest.approx(logs["data_loss"][0] + expected, rel=1e-4)


def test_projection_is_trained_and_decides_what_is_compared():
    keras.utils.set_random_seed(0)
    base, projection = model(), layers.Dense(2, use_bias=False)
    contrast = FixedViews("encoder", 0.5, stddev=0.3, projection=projection, supervised=False)
    wrapped = RegularizedModel(base, [contrast])
    kernel, bias = arrays(base)[:2]
    head = ops.convert_to_numpy(projection.kernel)
    logs = train(wrapped).history
    views = np.concatenate([X + 0.3 * noise for noise in NOISE])
    expected = loops((views @ kernel + bias) @ head, np.tile(np.arange(12), 2), 0.5)
    assert logs["fixed_views"][0] == pytest.approx(expected, rel=1e-4)
    assert np.abs(ops.convert_to_numpy(projection.kernel) - head).max() > 1e-4


def test_views_differ_from_each_other_and_from_step_to_step():
    contrast = ContrastiveLoss(stddev=1.0, seed=0)
    contrast.attach(model())
    x = ops.zeros((40, 5))
    draws = [view for _ in range(2) for view in contrast.draw([], x)]
    made = [ops.convert_to_numpy(contrast._views.view(view, x)).ravel() for view in draws]
    off = np.corrcoef(made) - np.eye(4)
    assert np.abs(off).max() < 0.3
    assert np.std(made) == pytest.approx(1.0, abs=0.1)


def test_labels_that_are_none_are_refused_where_they_must_be_used():
    wrapped = RegularizedModel(model(), [ContrastiveLoss("encoder", supervised=True)])
    with pytest.raises(ValueError, match="`y` must hold one integer for each example"):
        train(wrapped, y=np.eye(3, dtype="float32")[Y], loss="mse")
