"""Soft weight-sharing against SciPy's densities and scikit-learn's mixture."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops
from scipy.stats import norm
from sklearn.mixture import GaussianMixture

from keras_regzoo import RegularizedModel
from keras_regzoo.backend import value_and_grad
from keras_regzoo.objectives import SoftWeightSharing
from keras_regzoo.objectives.soft_weight_sharing import complexity_cost
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import fit_steps

MEANS = np.array([-0.3, 0.1, 0.6], "float32")
STDDEVS = np.array([0.05, 0.2, 0.1], "float32")
LOGITS = np.array([0.5, -0.3, 1.0], "float32")


def mixture_cost(weights: np.ndarray) -> float:
    proportions = np.exp(LOGITS) / np.exp(LOGITS).sum()
    densities = norm.pdf(weights[..., None], MEANS.astype(float), STDDEVS.astype(float))
    return -np.log(densities @ proportions).sum()


def test_cost_is_the_negative_log_density_of_the_mixture():
    weights = np.random.default_rng(0).normal(0, 0.4, (6, 5)).astype("float32")
    made = complexity_cost(*map(ops.convert_to_tensor, (weights, MEANS, STDDEVS, LOGITS)))
    assert float(made) == pytest.approx(mixture_cost(weights.astype(float)), rel=1e-5)


def test_gradient_equals_finite_differences():
    weights = np.random.default_rng(0).normal(0, 0.4, 7).astype("float32")
    rest = [ops.convert_to_tensor(each) for each in (MEANS, STDDEVS, LOGITS)]
    _, gradient = value_and_grad(complexity_cost)(ops.convert_to_tensor(weights), *rest)
    moves = 1e-5 * np.eye(7)
    slopes = [(mixture_cost(weights + m) - mixture_cost(weights - m)) / 2e-5 for m in moves]
    np.testing.assert_allclose(ops.convert_to_numpy(gradient), slopes, rtol=1e-3)


def test_far_weights_have_a_finite_cost_and_slope():
    rest = [ops.convert_to_tensor(each) for each in (MEANS, STDDEVS, LOGITS)]
    far = ops.convert_to_tensor(np.array([100.0], "float32"))
    made = value_and_grad(complexity_cost)(far, *rest)
    value, gradient = (ops.convert_to_numpy(each) for each in made)
    assert np.isfinite(value)
    assert gradient[0] == pytest.approx(99.9 / 0.04, rel=1e-3)


def test_it_starts_from_an_even_spread():
    objective = SoftWeightSharing(components=5, spread=0.4, min_stddev=0.001)
    np.testing.assert_allclose(
        ops.convert_to_numpy(objective.means.value), [-0.4, -0.2, 0.0, 0.2, 0.4], atol=1e-7
    )
    np.testing.assert_allclose(ops.convert_to_numpy(objective.stddevs()), 0.1, rtol=1e-3)
    np.testing.assert_allclose(ops.convert_to_numpy(objective.proportions()), 0.2, rtol=1e-6)


@pytest.mark.one_backend
def test_two_clusters_of_planted_weights_are_recovered():
    """The data hold the weights, so that the mixture has to come to them."""
    random = np.random.default_rng(0)
    planted = np.where(random.random(400) < 0.3, -0.5, 0.8)
    planted = (planted + np.where(planted < 0, 0.05, 0.1) * random.normal(size=400)).reshape(20, 20)
    model = keras.Sequential([keras.Input((20,)), layers.Dense(20, use_bias=False)])
    model.layers[0].kernel.assign(planted)
    objective = SoftWeightSharing(components=2, spread=0.2, strength=1e-4)
    wrapped = RegularizedModel(model, [objective])
    wrapped.compile(keras.optimizers.Adam(0.02), "mse")
    x = np.eye(20, dtype="float32") * 20
    fit_steps(wrapped, x, x @ planted, 250)
    fitted = GaussianMixture(2, random_state=0).fit(planted.reshape(-1, 1))
    order = np.argsort(fitted.means_.ravel())
    expected = {
        "means": fitted.means_.ravel()[order],
        "stddevs": np.sqrt(fitted.covariances_.ravel())[order],
        "proportions": fitted.weights_[order],
    }
    made = {
        "means": objective.means.value,
        "stddevs": objective.stddevs(),
        "proportions": objective.proportions(),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(ops.convert_to_numpy(made[name]), value, atol=0.02, err_msg=name)


@pytest.mark.one_backend
def test_weights_gather_at_the_means():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((20,)), layers.Dense(10)])
    objective = SoftWeightSharing(components=3, spread=0.3, strength=1.0)
    wrapped = RegularizedModel(model, [objective])
    wrapped.compile(keras.optimizers.Adam(0.01), "mse")
    x = np.zeros((4, 20), "float32")
    fit_steps(wrapped, x, np.zeros((4, 10), "float32"), 150)
    kernel = ops.convert_to_numpy(model.layers[0].kernel)
    distances = np.abs(kernel[..., None] - ops.convert_to_numpy(objective.means.value)).min(-1)
    assert np.median(distances) < 0.01


def test_at_strength_0_nothing_moves():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    objective = SoftWeightSharing(strength=0.0)
    before = [ops.convert_to_numpy(v) for v in (*model.weights, *objective.trainable_variables)]
    wrapped = RegularizedModel(model, [objective])
    wrapped.compile("sgd", "mse")
    x = np.ones((4, 3), "float32")
    wrapped.fit(x, ops.convert_to_numpy(model(x)), verbose=QUIET)
    after = [ops.convert_to_numpy(v) for v in (*model.weights, *objective.trainable_variables)]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-7)


def test_unknown_part_is_refused():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="only")])
    with pytest.raises(ValueError, match="received 'kernal'; the paths are only/kernel, only/bias"):
        RegularizedModel(model, [SoftWeightSharing(part="kernal")])


def test_frozen_weights_are_left_out_for_as_long_as_they_are():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(2)])
    first, second = model.layers
    sharing = SoftWeightSharing(strength=1.0)
    wrapped = RegularizedModel(model, [sharing])
    start = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    for frozen in (first, second):
        first.trainable = second.trainable = True
        frozen.trainable = False
        wrapped.compile(keras.optimizers.SGD(0.0), "mse")
        found = wrapped.fit(*start, verbose=QUIET).history["soft_weight_sharing"][0]
        (free,) = {first, second} - {frozen}
        mixture = sharing.means, sharing.stddevs(), sharing.logits
        expected = float(ops.convert_to_numpy(complexity_cost(free.kernel, *mixture)))
        assert found == pytest.approx(expected, rel=1e-4)


def test_gradients_are_those_of_automatic_differentiation_and_so_are_theirs():
    weights = np.random.default_rng(0).normal(0, 0.4, (6, 5)).astype("float32")
    point = [ops.convert_to_tensor(each) for each in (weights, MEANS, STDDEVS, LOGITS)]

    def directly(args):
        weights, means, stddevs, logits = args
        deviations = (weights[..., None] - means) / stddevs
        log_heights = ops.log_softmax(logits) - ops.log(stddevs) - 0.5 * np.log(2 * np.pi)
        return -ops.sum(ops.logsumexp(log_heights - 0.5 * deviations**2, axis=-1))

    def slope(cost):
        def along(args):
            gradients = value_and_grad(cost, differentiable=True)(args)[1]
            return sum(ops.sum(ops.square(each)) for each in gradients), gradients

        return value_and_grad(along, has_aux=True)(point)

    (_, firsts), seconds = slope(lambda args: complexity_cost(*args))
    (_, first_references), second_references = slope(directly)
    made, expected = [*firsts, *seconds], [*first_references, *second_references]
    for each, reference in zip(made, expected, strict=True):
        each, reference = (ops.convert_to_numpy(ops.stop_gradient(a)) for a in (each, reference))
        np.testing.assert_allclose(each, reference, rtol=1e-4, atol=1e-5 * np.abs(reference).max())
