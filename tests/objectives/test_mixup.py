"""The mathematics of mixup."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import Mixup
from keras_regzoo.objectives.mixup import dominant_share
from tests.compiled import compiled


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 2.0, 8.0])
def test_shares_follow_the_folded_beta(alpha):
    uniforms = np.random.default_rng(0).random((2, 20_000)).astype("float32")
    shares = ops.convert_to_numpy(dominant_share(alpha, ops.convert_to_tensor(uniforms)))
    assert shares.min() >= 0.5 and shares.max() <= 1.0

    def folded(share):
        return stats.beta(alpha, alpha).cdf(share) - stats.beta(alpha, alpha).cdf(1 - share)

    inner = shares[shares < 0.9999]  # float32 cannot tell shares of tiny alphas from one
    scale = folded(0.9999)
    assert stats.kstest(inner, lambda s: folded(s) / scale).pvalue > 1e-3
    assert np.mean(shares < 0.9999) == pytest.approx(scale, abs=0.02)


def test_no_mixing_at_alpha_zero():
    uniforms = ops.convert_to_tensor(np.array([[0.0, 0.3, 0.999], [0.25, 0.5, 0.0]], "float32"))
    np.testing.assert_array_equal(ops.convert_to_numpy(dominant_share(0.0, uniforms)), np.ones(3))


def test_draws_compile_and_give_a_permutation():
    mixup = Mixup(0.4, seed=0)
    x = ops.zeros((50, 2))
    if keras.backend.backend() == "jax":  # a seed moved inside a bare jit would leak
        share, permutation = mixup.draw([], x)
    else:
        share, permutation = compiled(lambda x: mixup.draw([], x))(x)
    assert sorted(ops.convert_to_numpy(permutation)) == list(range(50))
    assert 0.5 <= float(ops.convert_to_numpy(share)) <= 1


def test_every_input_is_mixed_with_the_same_partner():
    share, permutation = np.float32(0.75), np.array([2, 0, 1])
    draw = ops.convert_to_tensor(share), ops.convert_to_tensor(permutation)
    a = np.random.default_rng(0).random((3, 2)).astype("float32")
    b = np.random.default_rng(1).random((3, 4, 1)).astype("float32")
    mixed = Mixup().transform_inputs(
        {"a": ops.convert_to_tensor(a), "b": ops.convert_to_tensor(b)}, draw
    )
    for name, array in {"a": a, "b": b}.items():
        np.testing.assert_allclose(
            ops.convert_to_numpy(mixed[name]), 0.75 * array + 0.25 * array[permutation], rtol=1e-6
        )


def test_a_numpy_integer_is_a_seed():
    number: Any = np.int64(3)
    word: Any = "a"
    assert Mixup(seed=number).get_config()["seed"] == 3
    with pytest.raises(ValueError, match=r"`seed` must be an integer in .* received seed='a'"):
        Mixup(seed=word)


def test_weighted_targets_keep_their_losses_and_weights_apart():
    draw = ops.convert_to_tensor(np.float32(0.75)), ops.convert_to_tensor([1, 2, 0])
    y, weight = ops.convert_to_tensor([5.0, 6.0, 7.0]), ops.convert_to_tensor([1.0, 2.0, 3.0])
    ((_, mixed, none),) = Mixup().transform_targets(y, None, draw)
    np.testing.assert_allclose(ops.convert_to_numpy(mixed), [5.25, 6.25, 6.5])
    assert none is None
    assert [float(share) for share, *_ in Mixup().transform_targets(y, weight, draw)] == [
        0.75,
        0.25,
    ]


def test_a_sparse_loss_takes_class_numbers_whatever_their_type():
    x = np.random.default_rng(0).random((6, 4)).astype("float32")
    y = np.array([0, 2, 2, 0, 1, 0])
    losses = []
    for dtype in ("int32", "float32"):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
        wrapped = RegularizedModel(model, [Mixup(1.0, seed=3)])
        wrapped.compile(keras.optimizers.SGD(0.0), ["sparse_categorical_crossentropy"])
        logs = wrapped.fit(x, y.astype(dtype), shuffle=False, verbose="0").history
        losses.append(logs["loss"][0])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "categorical_hinge"])
def test_hinge_losses_are_mixed_and_not_their_labels(loss):
    """Keras tells labels 0 and 1 from -1 and 1 by their values, which those mixed have not."""
    random = np.random.default_rng(0)
    x = random.normal(size=(6, 4)).astype("float32")
    y = np.eye(3, dtype="float32")[[0, 2, 2, 0, 1, 0]]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    share, order = Mixup(8.0, seed=3).draw([], ops.convert_to_tensor(x))
    share, order = float(ops.convert_to_numpy(share)), ops.convert_to_numpy(order)
    assert share < 0.9
    outputs = ops.convert_to_numpy(model(share * x + (1 - share) * x[order]))

    def value(y: np.ndarray) -> float:
        signs = 2 * y - 1
        margins = np.maximum(1 - signs * outputs, 0)
        right = np.sum(y * outputs, axis=-1)
        wrong = np.max((1 - y) * outputs, axis=-1)
        return {
            "hinge": margins.mean(),
            "squared_hinge": np.square(margins).mean(),
            "categorical_hinge": np.maximum(wrong - right + 1, 0).mean(),
        }[loss]

    wrapped = RegularizedModel(model, [Mixup(8.0, seed=3)])
    wrapped.compile(keras.optimizers.SGD(0.0), loss)
    logs = wrapped.fit(x, y, shuffle=False, verbose="0").history
    expected = share * value(y) + (1 - share) * value(y[order])
    assert logs["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_integer_targets_keep_their_losses_and_weights_apart():
    draw = ops.convert_to_tensor(np.float32(0.75)), ops.convert_to_tensor([1, 2, 0])
    y, weight = ops.convert_to_tensor([5, 6, 7]), ops.convert_to_tensor([1.0, 2.0, 3.0])
    (first, y_a, weight_a), (second, y_b, weight_b) = Mixup().transform_targets(y, weight, draw)
    assert float(first) == 0.75 and float(second) == 0.25
    assert y_a is y and weight_a is weight
    assert list(ops.convert_to_numpy(y_b)) == [6, 7, 5]
    assert list(ops.convert_to_numpy(weight_b)) == [2.0, 3.0, 1.0]
