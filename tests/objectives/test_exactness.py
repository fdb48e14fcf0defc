"""One SGD step of each objective equals a NumPy step; an empty list equals plain Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    AdversarialTraining,
    Mixup,
    SharpnessAware,
    WeightNoise,
    WeightPenalty,
)
from tests.objectives.networks import X, Y, arrays, full, linear, numpy_gradient, train

RATE = 0.5
ONE_HOT = np.eye(3, dtype="float32")[Y]


def after_one_step(objective: Any, y: np.ndarray = Y, **options: Any) -> tuple[list, list]:
    """Returns the weights before and after one step of SGD."""
    keras.utils.set_random_seed(1)
    model = linear()
    before = arrays(model)
    train(RegularizedModel(model, [objective]), y=y, **options)
    return before, arrays(model)


def assert_step(before: list, after: list, gradients: tuple) -> None:
    for old, new, gradient in zip(before, after, gradients, strict=False):
        np.testing.assert_allclose(new, old - RATE * gradient, atol=1e-5)


def test_sharpness_aware_step_equals_numpy():
    (kernel, bias), after = after_one_step(SharpnessAware(0.3))
    dk, db, _ = numpy_gradient(kernel, bias, X, ONE_HOT)
    scale = 0.3 / np.sqrt((dk**2).sum() + (db**2).sum())
    assert_step(
        [kernel, bias], after, numpy_gradient(kernel + scale * dk, bias + scale * db, X, ONE_HOT)
    )


def test_sharpness_aware_moves_the_regularized_loss():
    """Weight regularizers are part of the loss, at the ascended weights as well."""
    keras.utils.set_random_seed(1)
    model = linear()
    layer = keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1))
    model = keras.Sequential([keras.Input((5,)), layer])
    kernel, bias = before = arrays(model)
    train(RegularizedModel(model, [SharpnessAware(0.3)]))

    def gradient(k, b):
        dk, db, _ = numpy_gradient(k, b, X, ONE_HOT)
        return dk + 0.2 * k, db

    dk, db = gradient(kernel, bias)
    scale = 0.3 / np.sqrt((dk**2).sum() + (db**2).sum())
    assert_step(before, arrays(model), gradient(kernel + scale * dk, bias + scale * db))


@pytest.mark.parametrize("clean_weight", [0.0, 0.5])
@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_fast_gradient_step_equals_numpy(norm, clean_weight):
    attack = AdversarialTraining(0.2, norm=norm, clean_weight=clean_weight)
    (kernel, bias), after = after_one_step(attack)
    dk, db, dx = numpy_gradient(kernel, bias, X, ONE_HOT)
    direction = np.sign(dx) if norm == "linf" else dx / np.linalg.norm(dx, axis=1, keepdims=True)
    adversarial = numpy_gradient(kernel, bias, X + 0.2 * direction, ONE_HOT)
    mixed = tuple(
        clean_weight * clean + (1 - clean_weight) * worst
        for clean, worst in zip((dk, db), adversarial, strict=False)
    )
    assert_step([kernel, bias], after, mixed)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_projected_gradient_step_equals_numpy(norm):
    attack = AdversarialTraining(
        0.3, norm=norm, steps=3, step_size=0.2, clean_weight=0.0, valid_range=(-1.0, 1.0)
    )
    (kernel, bias), after = after_one_step(attack)
    moved = X
    for _ in range(3):
        dx = numpy_gradient(kernel, bias, moved, ONE_HOT)[2]
        if norm == "linf":
            delta = np.clip(moved + 0.2 * np.sign(dx) - X, -0.3, 0.3)
        else:
            delta = moved + 0.2 * dx / np.linalg.norm(dx, axis=1, keepdims=True) - X
            delta *= np.minimum(1, 0.3 / np.linalg.norm(delta, axis=1, keepdims=True))
        moved = np.clip(X + delta, -1, 1)
    assert_step([kernel, bias], after, numpy_gradient(kernel, bias, moved, ONE_HOT))


class FixedMixup(Mixup):
    """Mixes with a share and a permutation that a reference can know."""

    share, permutation = 0.7, np.roll(np.arange(len(Y)), 5)

    def draw(self, weights, x):
        convert = keras.ops.convert_to_tensor
        return convert(np.float32(self.share)), convert(self.permutation.astype("int32"))


@pytest.mark.parametrize("labels", ["integers", "one-hot"])
def test_mixup_step_equals_numpy(labels):
    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    options = {} if labels == "integers" else {"y": ONE_HOT, "loss": cross_entropy}
    (kernel, bias), after = after_one_step(FixedMixup(), **options)
    share, permutation = FixedMixup.share, FixedMixup.permutation
    x = share * X + (1 - share) * X[permutation]
    targets = share * ONE_HOT + (1 - share) * ONE_HOT[permutation]
    assert_step([kernel, bias], after, numpy_gradient(kernel, bias, x, targets))


def test_weight_noise_step_takes_the_gradient_at_the_noisy_weights():
    class FixedNoise(WeightNoise):
        def draw(self, weights, x):
            return [keras.ops.ones_like(w) for w in weights]

    (kernel, bias), after = after_one_step(FixedNoise(0.4))
    assert_step([kernel, bias], after, numpy_gradient(kernel + 0.4, bias + 0.4, X, ONE_HOT))


def test_weight_penalty_step_equals_numpy():
    (kernel, bias), after = after_one_step(
        WeightPenalty({"kernel": keras.regularizers.L2(0.1)}, strength=0.5)
    )
    dk, db, _ = numpy_gradient(kernel, bias, X, ONE_HOT)
    assert_step([kernel, bias], after, (dk + 0.1 * kernel, db))


def test_the_first_objective_is_innermost():
    """[WeightPenalty, SharpnessAware] is sharpness-aware on the penalized loss."""
    keras.utils.set_random_seed(1)
    model = linear()
    kernel, bias = before = arrays(model)
    penalty = WeightPenalty({"kernel": keras.regularizers.L2(0.1)})
    train(RegularizedModel(model, [penalty, SharpnessAware(0.3)]))

    def gradient(k, b):
        dk, db, _ = numpy_gradient(k, b, X, ONE_HOT)
        return dk + 0.2 * k, db

    dk, db = gradient(kernel, bias)
    scale = 0.3 / np.sqrt((dk**2).sum() + (db**2).sum())
    assert_step(before, arrays(model), gradient(kernel + scale * dk, bias + scale * db))


def test_the_order_of_a_list_matters():
    """[SharpnessAware, WeightPenalty] penalizes the weights before the ascent."""
    keras.utils.set_random_seed(1)
    model = linear()
    kernel, bias = before = arrays(model)
    penalty = WeightPenalty({"kernel": keras.regularizers.L2(0.1)})
    train(RegularizedModel(model, [SharpnessAware(0.3), penalty]))
    dk, db, _ = numpy_gradient(kernel, bias, X, ONE_HOT)
    scale = 0.3 / np.sqrt((dk**2).sum() + (db**2).sum())
    worst_k, worst_b, _ = numpy_gradient(kernel + scale * dk, bias + scale * db, X, ONE_HOT)
    assert_step(before, arrays(model), (worst_k + 0.2 * kernel, worst_b))


@pytest.mark.parametrize(
    "objectives",
    [
        [],
        [SharpnessAware(0.0)],
        [WeightNoise(0.0)],
        [Mixup(0.0)],
        [AdversarialTraining(0.0, random_start=True)],
        [WeightPenalty({"kernel": keras.regularizers.L2(1.0)}, strength=0.0)],
    ],
    ids=lambda objectives: objectives[0].name if objectives else "empty",
)
def test_trajectory_without_effect_equals_plain_keras(objectives):
    """Dropout, batch statistics and all losses of the model's own included."""
    keras.utils.set_random_seed(1)
    plain = full()
    expected = train(plain, steps=6).history["loss"]
    keras.utils.set_random_seed(1)
    base = full()
    wrapped = RegularizedModel(base, objectives)
    history = train(wrapped, steps=6).history["loss"]
    np.testing.assert_allclose(history, expected, rtol=1e-6, atol=1e-6)
    for ours, theirs in zip(base.variables, plain.variables, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(ours.value),
            keras.ops.convert_to_numpy(theirs.value),
            atol=1e-6,
        )
