"""DropBlock: γ, the squares, how often each position is dropped, and the scale of the rest."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo.layers import DropBlock
from keras_regzoo.layers.drop_block import seed_rate, squares
from tests.layers.noise import numpy


def test_gamma_is_that_of_equation_1():
    """On a 14 × 14 map with blocks of 7 and keep_prob 0.9."""
    assert float(seed_rate(0.1, 7, 14, 14)) == pytest.approx(0.1 / 49 * 14**2 / (14 - 7 + 1) ** 2)
    assert float(seed_rate(0.1, 1, 5, 9)) == pytest.approx(0.1)
    assert float(seed_rate(0.1, 5, 5, 5)) == pytest.approx(0.1)


@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_squares_are_those_drawn_one_by_one(side):
    starts = (np.random.default_rng(side).random((3, 5, 4, 2)) < 0.1).astype("float32")
    expected = np.zeros((3, 5 + side - 1, 4 + side - 1, 2))
    for image, row, column, channel in np.argwhere(starts):
        expected[image, row : row + side, column : column + side, channel] = 1
    np.testing.assert_array_equal(numpy(squares(ops.convert_to_tensor(starts), side)), expected)


@pytest.mark.parametrize("side", [2, 3])
def test_each_position_is_dropped_as_often_as_a_seed_whose_block_covers_it(side):
    """With probability 1 − (1 − γ)ⁿ, n the number of blocks that cover it."""
    rate, height, width, draws = 0.4, 5, 6, 20000
    drop = DropBlock(rate, side, data_format="channels_last", seed=1)
    maps = numpy(drop(ops.ones((draws // 4, height, width, 4)), training=True))
    dropped = (maps == 0).mean(axis=(0, 3))
    gamma = rate / side**2 * height * width / ((height - side + 1) * (width - side + 1))
    cover = np.zeros((height, width))
    for row in range(height - side + 1):
        for column in range(width - side + 1):
            cover[row : row + side, column : column + side] += 1
    expected = 1 - (1 - gamma) ** cover
    errors = np.sqrt(expected * (1 - expected) / draws)
    assert np.all(np.abs(dropped - expected) < 4.5 * errors)
    assert dropped.mean() < rate


def test_what_is_left_is_scaled_up_by_what_was_counted():
    x = np.random.default_rng(0).uniform(1, 2, size=(6, 7, 8, 3)).astype("float32")
    dropped = numpy(DropBlock(0.3, 3, data_format="channels_last", seed=1)(x, training=True))
    kept = dropped != 0
    assert 0 < kept.mean() < 1
    np.testing.assert_allclose(dropped[kept], x[kept] / kept.mean(), rtol=1e-5)


def test_blocks_are_of_each_channel_and_example_or_shared_by_the_channels():
    x = ops.ones((4, 9, 9, 5))
    own, shared = (
        numpy(DropBlock(0.6, 3, each, "channels_last", seed=1)(x, training=True)) == 0
        for each in (True, False)
    )
    np.testing.assert_array_equal(shared, shared[..., :1] & np.ones_like(shared))
    assert len({own[0, :, :, channel].tobytes() for channel in range(5)}) == 5
    for masks in (own, shared):
        assert len({masks[example, :, :, 0].tobytes() for example in range(4)}) == 4


def test_channels_first_is_the_transpose_of_channels_last():
    x = np.random.default_rng(0).normal(size=(4, 6, 7, 3)).astype("float32")
    last = DropBlock(0.3, 3, data_format="channels_last", seed=1)(x, training=True)
    first = DropBlock(0.3, 3, data_format="channels_first", seed=1)
    transposed = numpy(first(x.transpose(0, 3, 1, 2), training=True))
    np.testing.assert_array_equal(transposed.transpose(0, 2, 3, 1), numpy(last))
    assert (transposed == 0).any()


def test_a_block_as_large_as_the_map_drops_whole_maps():
    drop = DropBlock(0.4, 4, data_format="channels_last", seed=1)
    maps = numpy(drop(ops.ones((8, 4, 4, 9)), training=True))
    maps = maps.reshape(8, 16, 9)
    np.testing.assert_array_equal(maps, maps[:, :1] + 0 * maps)
    assert 0 < (maps == 0).mean() < 1


def test_height_and_width_may_be_unknown():
    drop = DropBlock(0.3, 3, data_format="channels_last", seed=1)
    inputs = keras.Input((None, None, 2))
    pooled = keras.layers.GlobalAveragePooling2D()(drop(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(pooled))
    model.compile("sgd", "mse", jit_compile=False)
    for side in (5, 8):
        x = np.ones((4, side, side, 2), "float32")
        assert np.isfinite(model.train_on_batch(x, np.zeros((4, 2))))


def test_rate_scheduled_to_0_in_a_compiled_fit_drops_nothing():
    from keras_regzoo.callbacks import Scheduler

    drop = DropBlock(0.5, 2, data_format="channels_last", seed=1, name="drop")
    identity = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((4, 4, 1)), drop, identity])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    schedule = Scheduler("drop/rate", lambda epoch: [0.5, 0.0][epoch])
    x = np.ones((32, 4, 4, 1), "float32")
    logs = model.fit(x, x, epochs=2, verbose=0, callbacks=[schedule]).history
    assert logs["loss"][0] > 0.05
    assert logs["loss"][1] == 0.0


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (
            (2, 4, 8, 3),
            r"`block_size` must be at most the height and width of .*, \(4, 8\); received",
        ),
        ((2, 8, 3), r"DropBlock needs inputs of rank 4, with height and width; received shape"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(shape, sentence):
    with pytest.raises(ValueError, match=sentence):
        DropBlock(0.1, 5, data_format="channels_last")(np.ones(shape, "float32"))


def test_a_block_larger_than_a_map_of_unknown_size_is_cut_to_it():
    drop = DropBlock(0.5, 7, data_format="channels_last", seed=1)
    model = keras.Sequential([keras.Input((None, None, 9)), drop, keras.layers.Dense(9)])
    model.compile(loss="mse", jit_compile=False)
    x = np.ones((8, 4, 12, 9), "float32")
    assert np.isfinite(model.train_on_batch(x, x))
    maps = numpy(drop(x, training=True)) == 0
    np.testing.assert_array_equal(maps, maps[:, :1] & np.ones_like(maps))
    assert 0.2 < maps.mean() < 0.5
