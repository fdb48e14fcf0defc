"""MemmapDataset: batches from arrays on a disk that do not fit into memory."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import tree

from keras_regzoo import validation
from keras_regzoo.data.splits import SEEDS

_ROUNDS = 8


class MemmapDataset(keras.utils.PyDataset):
    """Serves batches of arrays that lie on a disk, such as `numpy.memmap`, a batch in memory.

    Keras's own way with arrays copies them into memory on TensorFlow, and on every backend where
    their floats are not Keras's own. This reads the rows of a batch when it is asked for, in the
    order in which they lie on the disk.

    With `shuffle` each epoch has an order of its own, drawn from the seed: runs of `run`
    consecutive rows are permuted, counted from a random row, and batches cut from that. With
    `run=1` the order is pseudo-random, and takes no memory itself; with longer runs, which a disk
    reads faster, neighbours come together, which matters little where the rows were written in
    random order. A batch depends on the seed, the epoch and its index alone, so that `fit` may ask
    in any order, from any worker.

    It is *not* a shuffle buffer, whose randomness depends on how the file is ordered.

    Args:
        x: Array of inputs, batch first, or a list or dict of such; a list's batches are tuples, as
            TensorFlow's datasets need them. Floats become Keras's own, a batch at a time.
        y: The same of targets, or `None`.
        sample_weight: Array of shape (examples,), or `None`; goes with `y`.
        batch_size: An integer of at least 1.
        shuffle: Whether each epoch has a random order; else rows come in theirs.
        run: Rows that stay together, an integer of at least 1.
        seed: Seed of the orders, an integer in `[0, 2**32 - 1]`.
        **kwargs: `workers`, `use_multiprocessing` and `max_queue_size` of a Keras `PyDataset`.

    Raises:
        ValueError: If an argument is not as it must be, or the arrays differ in length.

    Example:

    >>> rows = keras_regzoo.data.MemmapDataset(np.arange(6.0)[:, None], batch_size=4, shuffle=False)
    >>> len(rows), rows[1][0].ravel().tolist()
    (2, [4.0, 5.0])
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        run: int = 1,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if sample_weight is not None and y is None:
            raise ValueError("`y` must be given with `sample_weight`; received y=None.")
        given = {"x": x, "y": y, "sample_weight": sample_weight}
        self._arrays = [each for each in given.values() if each is not None]
        rows = _checked(given)
        if not rows:
            raise ValueError("`x` must have at least one example; received 0.")
        self.batch_size = validation.integer("batch_size", batch_size, "[1, inf)")
        self.shuffle = validation.one_of("shuffle", shuffle, (False, True))
        self.run = validation.integer("run", run, "[1, inf)")
        self.seed = validation.integer("seed", seed, SEEDS)
        self.epoch = 0
        self._size = rows

    def __len__(self) -> int:
        return -(-self._size // self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        rows = self.rows(range(len(self))[index])
        batch = [tree.map_structure(lambda a: _read(a, rows), each) for each in self._arrays]
        return tuple(tuple(each) if isinstance(each, list) else each for each in batch)

    def rows(self, index: int) -> np.ndarray:
        """Returns which rows the batch of that index has in this epoch, ascending."""
        size = self._size
        places = np.arange(index * self.batch_size, min((index + 1) * self.batch_size, size))
        if not self.shuffle:
            return places
        rng = np.random.default_rng([self.seed, self.epoch])
        keys = rng.integers(2**64, size=_ROUNDS, dtype="uint64")
        moved = shuffled(places, size // self.run, self.run, keys)
        return np.sort((moved + rng.integers(size)) % size)

    def on_epoch_end(self) -> None:
        self.epoch += 1


def shuffled(places: np.ndarray, runs: int, run: int, keys: np.ndarray) -> np.ndarray:
    """Returns what stands at some places when runs of rows are permuted.

    Args:
        places: Integers of at least 0. Those beyond the runs stay.
        runs: How many runs there are.
        run: Rows in a run.
        keys: Of the permutation.
    """
    permuted = places < runs * run
    moved = places.copy()
    first = permutation(places[permuted] // run, runs, keys) * run
    moved[permuted] = first + places[permuted] % run
    return moved


def permutation(index: np.ndarray, size: int, keys: np.ndarray) -> np.ndarray:
    """Returns what stands at some places of a random permutation, without making all of it.

    A Feistel network permutes the numbers of an even number of bits; one that leaves the range is
    permuted again, which always leads back.

    Args:
        index: Integers in [0, size).
        size: How many numbers are permuted.
        keys: Random 64-bit numbers, one a round.
    """
    half = np.uint64((max(size - 1, 1).bit_length() + 1) // 2)
    low = (np.uint64(1) << half) - np.uint64(1)
    moved = index.astype("uint64")
    outside = np.ones(len(moved), bool)
    while outside.any():
        left, right = moved[outside] >> half, moved[outside] & low
        for key in keys:
            left, right = right, left ^ (_mixed(right ^ key) & low)
        moved[outside] = (left << half) | right
        outside = moved >= size
    return moved.astype("int64")


def _mixed(x: np.ndarray) -> np.ndarray:
    """Returns numbers whose bits all depend on all bits of `x` (the finalizer of SplitMix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _checked(given: dict[str, Any]) -> int:
    """Returns how many examples all arrays have."""
    rows: int | None = None
    for name, part in given.items():
        for array in [] if part is None else tree.flatten(part):
            found = len(validation.instance(name, array, np.ndarray))
            rows = found if rows is None else rows
            if found != rows:
                raise ValueError(
                    f"`{name}` must have as many examples as `x`, {rows}; received {found}."
                )
    return rows or 0


def _read(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Returns some ascending rows, copied into memory."""
    together = rows[-1] - rows[0] + 1 == len(rows)
    part = np.array(array[rows[0] : rows[-1] + 1] if together else array[rows], subok=False)
    return part.astype(keras.config.floatx(), copy=False) if part.dtype.kind == "f" else part
