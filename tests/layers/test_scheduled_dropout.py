"""Dropout whose rate is a variable: its moments, its shared axes, its schedule."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.stats import binomtest

from keras_regzoo.layers import MonteCarloDropout, ScheduledDropout
from tests.layers.noise import losses_of_scheduled_fit, numpy, standard_errors


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_keeps_expected_fraction_scaled_up(rate):
    dropped = numpy(ScheduledDropout(rate, seed=1)(ops.ones((200, 100)), training=True))
    kept = dropped[dropped != 0]
    np.testing.assert_allclose(kept, 1 / (1 - rate), rtol=1e-6)
    assert binomtest(kept.size, dropped.size, 1 - rate).pvalue > 1e-4


def test_mean_is_the_input_and_variance_its_square_times_the_odds():
    rate, size = 0.3, 40000
    x = 2.0
    dropped = numpy(ScheduledDropout(rate, seed=3)(ops.full((size,), x), training=True))
    variance = rate / (1 - rate) * x**2
    assert standard_errors(dropped, x, variance) < 4
    assert dropped.var() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize("training", [False, None])
def test_dropout_is_inactive_at_inference(training):
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    np.testing.assert_array_equal(numpy(ScheduledDropout(0.9)(x, training=training)), x)


def test_rate_0_is_the_identity():
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    np.testing.assert_array_equal(numpy(ScheduledDropout(0.0)(x, training=True)), x)


def test_masks_differ_from_call_to_call_and_from_example_to_example():
    dropout = ScheduledDropout(0.5, seed=1)
    first, second = (numpy(dropout(ops.ones((4, 60)), training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    assert len(np.unique(first, axis=0)) == 4


@pytest.mark.parametrize(
    ("noise_shape", "shared"),
    [((None, 1, None), 1), ((8, 1, 30), 1), ([None, None, 1], 2), ((1, None, None), 0)],
)
def test_noise_shape_shares_one_draw_along_an_axis(noise_shape, shared):
    layer = ScheduledDropout(0.5, noise_shape=noise_shape, seed=1)
    dropped = numpy(layer(ops.ones((8, 20, 30)), training=True))
    np.testing.assert_array_equal(dropped, np.take(dropped, [0], axis=shared) + 0 * dropped)
    one = np.take(dropped, 0, axis=shared)
    assert one.std(axis=0).any()
    assert one.std(axis=1).any()


def test_noise_shape_works_with_an_unknown_batch_size():
    layer = ScheduledDropout(0.5, noise_shape=(None, 1, None), seed=1)
    model = keras.Sequential([keras.Input((None, 30)), layer, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for batch in (3, 5):
        model.train_on_batch(np.ones((batch, 4, 30)), np.ones((batch, 4, 1)))


@pytest.mark.parametrize("noise_shape", [3, "1", (None, 0), (None, 1.0)])
def test_bad_noise_shape_is_refused(noise_shape):
    with pytest.raises(ValueError, match="`noise_shape` must be"):
        ScheduledDropout(0.5, noise_shape=noise_shape)


def test_noise_shape_of_another_rank_is_refused_in_one_sentence():
    layer = ScheduledDropout(0.5, noise_shape=(None, 1))
    with pytest.raises(
        ValueError, match=r"`noise_shape` must have the rank of the inputs, 3;[^\n]*$"
    ):
        layer(ops.ones((2, 3, 4)), training=True)


def test_bfloat16_keeps_the_fraction_and_the_dtype():
    layer = ScheduledDropout(0.3003, seed=1, dtype="bfloat16")
    dropped = layer(ops.ones((2000, 1000)), training=True)
    assert "bfloat16" in str(dropped.dtype)
    kept = numpy(dropped) != 0
    assert binomtest(int(kept.sum()), kept.size, 1 - 0.3003).pvalue > 1e-4
    np.testing.assert_allclose(numpy(dropped)[kept], 1 / (1 - 0.3003), rtol=2**-8)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("layer", [ScheduledDropout, MonteCarloDropout])
def test_integers_count_as_numbers(layer, training):
    made = layer(0.25, seed=0)(ops.ones((50,), "int32"), training=training)
    assert keras.backend.standardize_dtype(made.dtype) == "float32"
    dropped = training or layer is MonteCarloDropout
    assert float(ops.max(made)) == pytest.approx(1 / 0.75 if dropped else 1.0)


@pytest.mark.parametrize(("rate", "stored"), [(1 - 1e-9, "1.0"), (1 - 1e-12, "1.0")])
def test_a_rate_that_float32_rounds_to_one_is_refused(rate, stored):
    with pytest.raises(ValueError, match=rf"`rate` must be .* in float32 too.*which is {stored}"):
        ScheduledDropout(rate)


def test_schedule_moves_the_rate_of_a_compiled_fit():
    """Of ones, mean y² is 1 / (1 − p)."""
    rates = [0.0, 0.75, 0.2]
    losses = losses_of_scheduled_fit(ScheduledDropout(0.5, seed=1, name="drop"), "rate", rates)
    np.testing.assert_allclose(losses, 1 / (1 - np.array(rates)), rtol=0.03)


@pytest.mark.parametrize("rate", [-0.1, 1.0, "0.5", None, float("nan")])
def test_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"`rate` must be a number in \[0, 1\); received rate="):
        ScheduledDropout(rate)
