"""Batches from a disk: which rows, in which order, and how much is read."""

import numpy as np
import pytest

from keras_regzoo.data import MemmapDataset
from keras_regzoo.data.memmap_dataset import permutation

pytestmark = pytest.mark.one_backend


def served(dataset):
    return np.concatenate([dataset[i][0].ravel() for i in range(len(dataset))])


def rows(count=103):
    return np.arange(float(count))[:, None]


@pytest.mark.parametrize("run", [1, 4, 25, 200])
def test_every_row_is_served_once_an_epoch(run):
    dataset = MemmapDataset(rows(), batch_size=16, run=run, seed=3)
    for _ in range(3):
        np.testing.assert_array_equal(np.sort(served(dataset)), np.arange(103))
        dataset.on_epoch_end()
    assert len(dataset) == 7 and len(dataset[6][0]) == 7


def test_orders_are_those_of_the_seed_and_the_epoch():
    first, again, other = (MemmapDataset(rows(), batch_size=16, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(served(first), served(again))
    assert (served(first) != served(other)).any()
    before = served(first)
    again.on_epoch_end()
    assert (before != served(again)).any()
    late = [again[i][0].ravel() for i in reversed(range(len(again)))]
    np.testing.assert_array_equal(np.concatenate(late[::-1]), served(again))


def test_runs_stay_together_and_single_rows_are_spread_evenly():
    dataset = MemmapDataset(rows(1000), batch_size=50, run=10)
    batch = dataset[0][0].ravel()
    assert np.sum(np.diff(batch) == 1) >= 40
    single = MemmapDataset(rows(1000), batch_size=50)
    means = []
    for _ in range(40):
        means.append(single[0][0].mean())
        single.on_epoch_end()
    assert np.mean(means) == pytest.approx(500, abs=4 * 290 / np.sqrt(50 * 40))
    assert np.std(means) == pytest.approx(289 / np.sqrt(50), rel=0.5)


def test_rows_targets_and_weights_belong_together_in_their_own_order_without_shuffling():
    x = rows()
    dataset = MemmapDataset(x, -x, x[:, 0] / 2, batch_size=10)
    given, wanted, weights = dataset[4]
    np.testing.assert_array_equal(wanted, -given)
    np.testing.assert_array_equal(weights, given[:, 0] / 2)
    np.testing.assert_array_equal(served(MemmapDataset(x, shuffle=False)), x[:, 0])


def test_batches_are_arrays_in_memory_of_keras_own_floats(tmp_path):
    x = np.memmap(tmp_path / "x", "float64", "w+", shape=(20, 3))
    (batch,) = MemmapDataset(x, batch_size=4)[0]
    assert type(batch) is np.ndarray and batch.dtype == "float32" and batch.base is None
    assert MemmapDataset(np.zeros((4, 2), "uint8"))[0][0].dtype == "uint8"


@pytest.mark.parametrize(
    ("argument", "value", "sentence"),
    [
        ("x", [1.0], "`x` must be a `numpy` ndarray"),
        ("x", np.zeros((0, 2)), "`x` must have at least one example"),
        ("y", np.zeros(3), "`y` must have as many examples as `x`, 4; received 3"),
        ("sample_weight", np.zeros(4), "`y` must be given with `sample_weight`"),
        ("batch_size", 0, "`batch_size` must be an integer"),
        ("shuffle", "yes", "`shuffle` must be one of"),
        ("run", 0, "`run` must be an integer"),
        ("seed", -1, "`seed` must be an integer"),
    ],
)
def test_bad_arguments_are_refused(argument, value, sentence):
    with pytest.raises(ValueError, match=sentence):
        MemmapDataset(**{"x": np.zeros((4, 2)), argument: value})


@pytest.mark.parametrize("size", [1, 2, 5, 64, 100])
def test_permutation_is_one_and_spreads_every_number_evenly(size):
    rng = np.random.default_rng(0)
    counts = np.zeros((size, size))
    for _ in range(2000):
        made = permutation(np.arange(size), size, rng.integers(2**64, size=8, dtype="uint64"))
        counts[np.arange(size), made] += 1
    np.testing.assert_array_equal(counts.sum(axis=0), 2000)
    expected = 2000 / size
    chi = np.sum((counts - expected) ** 2 / expected)
    free = (size - 1) ** 2
    assert abs(chi - free) < 5 * np.sqrt(2 * free) + 1e-9


def test_a_list_of_inputs_comes_as_a_tuple():
    """TensorFlow takes a list in a generator's batch for one tensor."""
    x = np.arange(6.0)[:, None]
    (inputs,) = MemmapDataset([x, x], batch_size=4, shuffle=False)[1]
    assert isinstance(inputs, tuple)
    np.testing.assert_array_equal(inputs, [x[4:], x[4:]])
