"""The maximum mean discrepancy against double loops and closed forms, in NumPy."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.backend import value_and_grad
from keras_regzoo.objectives import MaximumMeanDiscrepancy
from keras_regzoo.objectives.maximum_mean_discrepancy import squared_discrepancy
from tests.objectives.networks import X, Y, arrays, train

RNG = np.random.default_rng(2)
CODES, PRIOR = (RNG.normal(scale=s, size=(7, 3)).astype("float32") for s in (2.0, 1.5))


def kernel_value(a, b, kernel, scales, stddev):
    square = np.sum((a.astype("float64") - b) ** 2)
    widths = [scale * 2 * len(a) * stddev**2 for scale in scales]
    if kernel == "imq":
        return sum(width / (width + square) for width in widths)
    return sum(np.exp(-square / width) for width in widths)


def double_loop(codes, prior, *options):
    n, total = len(codes), 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                within = kernel_value(codes[i], codes[j], *options)
                within += kernel_value(prior[i], prior[j], *options)
                total += within / (n * (n - 1))
            total -= 2 * kernel_value(codes[i], prior[j], *options) / n**2
    return total


def value(codes, prior, *options):
    tensors = map(ops.convert_to_tensor, (codes, prior))
    return float(squared_discrepancy(*tensors, *options))


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
@pytest.mark.parametrize(("scales", "stddev"), [((1.0,), 1.0), ((0.1, 0.5, 5.0), 1.7)])
def test_estimate_is_that_of_a_double_loop(kernel, scales, stddev):
    options = (kernel, scales, stddev)
    assert value(CODES, PRIOR, *options) == pytest.approx(
        double_loop(CODES, PRIOR, *options), abs=2e-6
    )


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_estimate_is_zero_in_expectation_where_the_codes_have_the_priors_distribution(kernel):
    """And not only small: the biased estimate, with i = j, would be 1/n or more."""
    pairs = np.random.default_rng(3).normal(size=(2000, 2, 5, 2)).astype("float32")
    distances = np.square(pairs[:, :, :, None, None] - pairs[:, None, None]).sum(-1) / 4
    values = np.exp(-distances) if kernel == "rbf" else 1 / (1 + distances)
    off = 1 - np.eye(5)
    numpy = ((values[:, 0, :, 0] + values[:, 1, :, 1]) * off).sum((1, 2)) / 20
    numpy -= 2 * values[:, 0, :, 1].mean((1, 2))
    mine = np.array([value(*pair, kernel, (1.0,), 1.0) for pair in pairs[:100]])
    np.testing.assert_allclose(mine, numpy[:100], atol=1e-6)
    assert abs(numpy.mean()) < 4 * numpy.std() / np.sqrt(len(numpy)) < 0.02


def test_estimate_of_shifted_normals_is_the_closed_form():
    """`2 (s²/(s²+2))^{d/2} (1 − e^{−m²/2(s²+2)})` of N(m, I) and N(0, I) under `exp(−r²/2s²)`."""
    shift, d = 2.0, 2
    random = np.random.default_rng(4)
    codes, prior = random.normal(size=(2, 1500, d)).astype("float32")
    codes[:, 0] += shift
    width = d  # 2 d = 2 s²
    exact = 2 * (width / (width + 2)) ** (d / 2) * (1 - np.exp(-(shift**2) / (2 * (width + 2))))
    assert value(codes, prior, "rbf", (1.0,), 1.0) == pytest.approx(exact, abs=0.03)


def test_single_code_has_no_discrepancy_and_equal_codes_have_finite_gradients():
    assert value(CODES[:1], PRIOR[:1], "imq", (1.0,), 1.0) == 0.0
    for codes in (CODES[:1], np.zeros_like(CODES)):
        _, gradient = value_and_grad(
            lambda c: squared_discrepancy(c, ops.convert_to_tensor(PRIOR[: len(c)]), "imq", (1,), 1)
        )(ops.convert_to_tensor(codes))
        assert np.isfinite(ops.convert_to_numpy(gradient)).all()


class Fixed(MaximumMeanDiscrepancy):
    def draw(self, weights, x):
        return ops.convert_to_tensor(DRAWN)


DRAWN = np.random.default_rng(5).normal(size=(len(X), 4)).astype("float32")


def test_trained_term_is_that_of_the_encoders_codes_and_moves_them():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, name="encoder"), layers.Dense(3, name="logits")]
    )
    kernel, bias = arrays(model)[:2]
    wrapped = RegularizedModel(model, [Fixed("encoder", 3.0, stddev=0.5, name="mmd")])
    logs = train(wrapped).history
    expected = 3.0 * double_loop(X @ kernel + bias, 0.5 * DRAWN, "imq", (1.0,), 0.5)
    assert logs["mmd"][0] == pytest.approx(expected, rel=1e-4)
    assert logs["loss"][0] == pytest.approx(logs["data_loss"][0] + expected, rel=1e-4)

    def at(moved):
        return 3.0 * double_loop(X @ moved + bias, 0.5 * DRAWN, "imq", (1.0,), 0.5)

    keras.utils.set_random_seed(0)
    plain = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, name="encoder"), layers.Dense(3, name="logits")]
    )
    np.testing.assert_array_equal(arrays(plain)[0], kernel)
    train(plain)
    step = (arrays(plain)[0] - arrays(model)[0]) / 0.5
    for place in ((0, 0), (3, 2)):
        unit = np.zeros_like(kernel)
        unit[place] = 1e-3
        slope = (at(kernel + unit) - at(kernel - unit)) / 2e-3
        assert step[place] == pytest.approx(slope, abs=2e-3)


def test_draws_are_standard_normal_and_anew_each_step():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(400, name="encoder")])
    penalty = MaximumMeanDiscrepancy(seed=0)
    penalty.attach(model)
    first, second = (ops.convert_to_numpy(penalty.draw([], ops.zeros((5, 5)))) for _ in range(2))
    assert first.shape == (5, 400)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.1
    assert [first.mean(), first.std()] == pytest.approx([0, 1], abs=0.08)


def test_several_inputs_are_refused_in_one_sentence():
    inputs = [keras.Input((5,)), keras.Input((5,))]
    model = keras.Model(inputs, layers.Dense(3, name="logits")(layers.Concatenate()(inputs)))
    wrapped = RegularizedModel(model, [MaximumMeanDiscrepancy("logits")])
    with pytest.raises(ValueError, match="needs a model with a single input; this one is fed 2"):
        train(wrapped, x=[X, X], y=Y)
