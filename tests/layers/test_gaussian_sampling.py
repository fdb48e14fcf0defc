"""Gaussian sampling: its moments, its divergence in closed form, free bits, and the gradient."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.integrate import quad
from scipy.stats import norm

from keras_regzoo.backend import value_and_grad
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.layers import GaussianSampling
from keras_regzoo.masking import mask_of
from tests.layers.noise import numpy, standard_errors

RNG = np.random.default_rng(0)
MEAN = RNG.normal(size=(6, 3)).astype("float32")
LOG_VARIANCE = RNG.normal(size=(6, 3)).astype("float32")


def divergence():
    """KL(N(μ, σ²) ‖ N(0, 1)) of each element by numerical integration."""

    def element(mean, stddev):
        q = norm(mean, stddev)
        return quad(lambda z: q.pdf(z) * (q.logpdf(z) - norm.logpdf(z)), -20, 20, limit=200)[0]

    return np.vectorize(element)(MEAN, np.exp(LOG_VARIANCE / 2))


def penalty(layer, training=True):
    layer([MEAN, LOG_VARIANCE], training=training)
    return [float(loss) for loss in layer.losses]


@pytest.mark.parametrize("training", [True, False])
def test_penalty_is_the_divergence_summed_over_latents_and_averaged_over_the_batch(training):
    expected = 0.5 * divergence().sum(axis=1).mean()
    assert penalty(GaussianSampling(beta=0.5), training) == pytest.approx([expected], rel=1e-5)


def test_free_bits_are_the_least_a_latent_counts_in_training():
    of_latents = divergence().mean(axis=0)
    free = float(np.median(of_latents))
    layer = GaussianSampling(beta=2.0, free_bits=free)
    expected = 2.0 * np.maximum(free, of_latents).sum()
    assert penalty(layer) == pytest.approx([expected], rel=1e-5)
    assert penalty(layer, training=False) == pytest.approx([2.0 * of_latents.sum()], rel=1e-5)


def test_latents_below_their_free_bits_have_no_gradient():
    of_latents = divergence().mean(axis=0)
    layer = GaussianSampling(free_bits=float(np.median(of_latents)) + 1e-3)

    def loss(mean):
        layer([mean, ops.array(LOG_VARIANCE)], training=True)
        return sum(layer.losses)

    gradient = numpy(value_and_grad(loss)(ops.array(MEAN))[1])
    above = of_latents == of_latents.max()
    np.testing.assert_allclose(gradient, np.where(above, MEAN / len(MEAN), 0.0), rtol=1e-5)


def test_samples_have_the_mean_and_variance_given():
    draws = 40000
    mean, variance = 1.5, 0.25
    inputs = [np.full((draws, 1), mean), np.full((draws, 1), np.log(variance))]
    code = numpy(GaussianSampling(seed=1)(inputs, training=True))
    assert standard_errors(code, mean, variance) < 4
    assert code.var() == pytest.approx(variance, rel=0.03)


def test_gradient_flows_to_mean_and_log_variance():
    """z = μ + σ ε: ∂z/∂μ = 1 and ∂z/∂ log σ² = (z − μ) / 2."""
    layer = GaussianSampling(beta=0.0, seed=1)
    state = ops.copy(layer.seed_generator.state.value)

    def total(inputs):
        return ops.sum(layer(inputs, training=True))

    gradient = value_and_grad(total)([ops.array(MEAN), ops.array(LOG_VARIANCE)])[1]
    layer.seed_generator.state.assign(state)
    code = numpy(layer([MEAN, LOG_VARIANCE], training=True))
    np.testing.assert_array_equal(numpy(gradient[0]), 1.0)
    np.testing.assert_allclose(numpy(gradient[1]), (code - MEAN) / 2, rtol=1e-4, atol=1e-6)


def test_one_tensor_is_split_in_means_and_log_variances():
    both = np.concatenate([MEAN, LOG_VARIANCE], axis=-1)
    of_one, of_two = GaussianSampling(seed=1), GaussianSampling(seed=1)
    pair = [MEAN, LOG_VARIANCE]
    for training in (True, False):
        made = numpy(of_one(both, training=training))
        np.testing.assert_array_equal(made, numpy(of_two(pair, training=training)))
    assert of_one(keras.Input((6,))).shape == (None, 3)
    assert of_two([keras.Input((3,)), keras.Input((3,))]).shape == (None, 3)


def test_divergence_is_summed_over_the_positions_that_a_mask_keeps():
    """Two sequences of 2 and 1 steps, padded to 4: the mean over both of their sums."""
    both = np.concatenate([MEAN, LOG_VARIANCE], axis=-1)[:3]
    padded = np.full((2, 4, 6), 3.0, "float32")
    padded[0, :2], padded[1, 0] = both[:2], both[2]
    layer, expected = GaussianSampling(), GaussianSampling()
    code = keras.Sequential([keras.Input((4, 6)), keras.layers.Masking(3.0), layer])(padded)
    expected(both)
    assert float(layer.losses[0]) == pytest.approx(1.5 * float(expected.losses[0]), rel=1e-5)
    np.testing.assert_array_equal(numpy(mask_of(code)), [[1, 1, 0, 0], [1, 0, 0, 0]])
    pair = GaussianSampling()
    inputs = keras.layers.Masking(3.0)(padded)
    np.testing.assert_array_equal(numpy(mask_of(pair([inputs, inputs]))), numpy(mask_of(code)))


@pytest.mark.parametrize("training", [False, None])
def test_code_at_inference_is_the_mean(training):
    code = GaussianSampling()([MEAN, LOG_VARIANCE], training=training)
    np.testing.assert_array_equal(numpy(code), MEAN)


def test_schedule_warms_up_beta_in_a_compiled_fit():
    layer = GaussianSampling(beta=0.0, name="code")
    model = keras.Sequential([keras.Input((6,)), layer, keras.layers.Dense(1)])
    model.compile(loss=lambda y, y_pred: 0.0 * y_pred[:, 0])
    both = np.concatenate([MEAN, LOG_VARIANCE], axis=-1)
    betas = [0.0, 0.5, 2.0]
    schedule = Scheduler("code/beta", lambda epoch: betas[epoch])
    history = model.fit(both, MEAN, epochs=3, batch_size=3, verbose=0, callbacks=[schedule])
    expected = np.array(betas) * divergence().sum(axis=1).mean()
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "inputs",
    [np.zeros((4, 5)), [np.zeros((4, 2)), np.zeros((4, 3))], [np.zeros((4, 2))] * 3],
    ids=["odd", "two shapes", "three"],
)
def test_inputs_that_are_no_pair_are_refused_in_one_sentence(inputs):
    shapes = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:]), inputs)
    for given in (inputs, shapes):
        with pytest.raises(ValueError, match=r"`inputs` must [^\n]*$"):
            GaussianSampling()(given)
