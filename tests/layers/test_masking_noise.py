"""Masking noise: Bernoulli masks that are not scaled up."""

import numpy as np
import pytest
from keras import ops
from scipy.stats import binomtest, chi2_contingency

from keras_regzoo.layers import MaskingNoise
from tests.layers.noise import losses_of_scheduled_fit, numpy, standard_errors


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_masking_noise_keeps_expected_fraction(rate):
    masked = numpy(MaskingNoise(rate, seed=1)(ops.ones((200, 100)), training=True))
    assert set(np.unique(masked)) == {0.0, 1.0}
    assert binomtest(int(masked.sum()), masked.size, 1 - rate).pvalue > 1e-4


def test_kept_elements_are_left_as_they_are():
    x = np.random.default_rng(0).normal(size=(50, 40)).astype("float32")
    masked = numpy(MaskingNoise(0.4, seed=1)(x, training=True))
    assert np.all((masked == x) | (masked == 0))


def test_mean_and_variance_are_those_of_a_bernoulli_mask():
    rate, size = 0.3, 40000
    x = 2.0
    masked = numpy(MaskingNoise(rate, seed=3)(ops.full((size,), x), training=True))
    variance = rate * (1 - rate) * x**2
    assert standard_errors(masked, (1 - rate) * x, variance) < 4
    assert masked.var() == pytest.approx(variance, rel=0.03)


def test_elements_are_masked_independently():
    masked = numpy(MaskingNoise(0.5, seed=1)(ops.ones((20000, 2)), training=True))
    table, _, _ = np.histogram2d(masked[:, 0], masked[:, 1], bins=2)
    assert chi2_contingency(table).pvalue > 1e-4


@pytest.mark.parametrize("training", [False, None])
def test_masking_noise_is_inactive_at_inference(training):
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    np.testing.assert_array_equal(numpy(MaskingNoise(0.9)(x, training=training)), x)


def test_rate_0_is_the_identity():
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    np.testing.assert_array_equal(numpy(MaskingNoise(0.0)(x, training=True)), x)


def test_masks_differ_from_call_to_call_and_from_example_to_example():
    noise = MaskingNoise(0.5, seed=1)
    first, second = (numpy(noise(ops.ones((4, 60)), training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    assert len(np.unique(first, axis=0)) == 4


def test_equal_seeds_draw_equal_masks():
    x = ops.ones((4, 60))
    first, second = (numpy(MaskingNoise(0.5, seed=7)(x, training=True)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_bfloat16_keeps_the_fraction_that_float32_keeps():
    """At a rate that bfloat16 would round, by an amount this many draws would show."""
    rate = 0.3003
    noise = MaskingNoise(rate, seed=1, dtype="bfloat16")
    masked = noise(ops.ones((4000, 1000)), training=True)
    assert "bfloat16" in str(masked.dtype)
    assert binomtest(int(numpy(masked).sum()), 4_000_000, 1 - rate).pvalue > 1e-4


def test_schedule_moves_the_rate_of_a_compiled_fit():
    rates = [0.0, 0.75, 0.2]
    losses = losses_of_scheduled_fit(MaskingNoise(0.5, seed=1, name="noise"), "rate", rates)
    np.testing.assert_allclose(losses, 1 - np.array(rates), atol=0.01)


@pytest.mark.parametrize("rate", [-0.1, 1.0, "0.5", None, float("nan")])
def test_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"`rate` must be a number in \[0, 1\); received rate="):
        MaskingNoise(rate)
