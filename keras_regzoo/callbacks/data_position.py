"""Where a run stands in its data, and how another process gets there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from keras.src.trainers.data_adapters import ArrayDataAdapter

from keras_regzoo import backend
from keras_regzoo.callbacks import run_state
from keras_regzoo.callbacks.fingerprint import fingerprint


class DataPosition:
    """Follows the batches that a `fit` reads.

    Arrays, and a source that gives its state and takes it back, are put where the epoch began;
    the batches of the epoch that were trained on are read again, and dropped. Any other source may
    carry what happened in earlier epochs, in its own generator or a shuffling buffer, and all that
    was read is read again.

    Args:
        batches: The epoch iterator of a `fit` that has not begun its first epoch.

    Attributes:
        arrays: What tells the arrays from others; `None` for any other data.
    """

    def __init__(self, batches: Any) -> None:
        self._batches = batches
        self._enumerate = batches._enumerate_iterator
        batches._enumerate_iterator = self._epoch
        source = getattr(batches.data_adapter, "py_dataset", None)
        self._source = source if run_state.keeps(source) else None
        self._arrays = isinstance(batches.data_adapter, ArrayDataAdapter)
        self._rereads = batches.steps_per_epoch is not None or not (self._arrays or self._source)
        self.arrays = fingerprint(batches.data_adapter._inputs) if self._arrays else None
        self._epochs = 0
        self._start: dict[str, Any] = {}
        self._start_arrays: list[np.ndarray] = []
        self._jumps: dict[str, Any] = {}
        self._ended: Any = None
        self._skip = 0
        self._restore: Callable[[], None] | None = None

    def repeats(self) -> bool:
        """Returns whether the order of the data can be made again."""
        shuffled = getattr(self._batches.data_adapter, "_shuffle", False)
        return not (self._arrays and shuffled) or backend.repeats_shuffling()

    def state(self, in_epoch: bool) -> tuple[dict[str, Any], list[np.ndarray]]:
        """Returns the position as plain values and arrays, but for the step, which `fit` counts."""
        now, now_arrays = _capture(self._source)
        plain = {"epochs": self._epochs, "jumps": self._jumps, "now": now, "arrays": self.arrays}
        if not in_epoch:
            return plain, now_arrays
        return {**plain, "start": self._start}, [*now_arrays, *self._start_arrays]

    def go_to(self, saved: dict[str, Any], arrays: Iterator[np.ndarray]) -> None:
        """Puts the source where it stood, or reads again what was read in earlier epochs."""
        now = [next(arrays) for _ in range(_count(saved["now"]))]
        self._start = saved.get("start", {})
        self._start_arrays = [next(arrays) for _ in range(_count(self._start.get("source")))]
        self._now = (saved["now"], now)
        self._jumps = saved["jumps"]
        self._epochs = saved["epochs"]
        if self._rereads:
            for epoch in range(self._epochs - bool(self._start)):
                self._read_again(epoch)

    def put_source_back(self) -> None:
        """Gives a source that takes its state the one it had when the run was saved."""
        _put_back(self._source, *self._now)

    def skip(self, steps: int, restore: Callable[[], None]) -> None:
        """Lets the coming epoch begin at a step, from the state that `restore` puts back."""
        self._skip, self._restore = steps, restore

    def release(self) -> None:
        """Leaves the epoch iterator as it was."""
        self._batches._enumerate_iterator = self._enumerate

    def _epoch(self) -> Iterator[Any]:
        if self._restore is None:
            self._begin()
            yield from self._enumerate()
        else:
            yield from self._skipping(self._restore)
        self._ended = backend.random_state() if self._rereads else None

    def _begin(self) -> None:
        state = backend.random_state()
        source, self._start_arrays = _capture(self._source)
        self._start_arrays = [array.copy() for array in self._start_arrays]
        self._start = {"random": state, "source": source}
        if self._rereads and state != self._ended:
            self._jumps[str(self._epochs)] = state
        self._epochs += 1

    def _skipping(self, restore: Callable[[], None]) -> Iterator[Any]:
        self._restore = None
        restore()  # since the callbacks have begun the epoch again, and may have moved the source
        there = backend.random_state()
        backend.set_random_state(self._start["random"])
        _put_back(self._source, self._start["source"], self._start_arrays)
        arrived = False
        for begin, end, iterator in self._enumerate():
            if begin < self._skip:
                try:
                    self._pull(iterator)
                except StopIteration:
                    break
                continue
            if not arrived:
                arrived = True
                if self._moved():
                    self.put_source_back()
                backend.set_random_state(there)
            yield begin, end, iterator
        if not arrived:
            raise ValueError(
                f"`fit` must have the data of the run it goes on with; received data that end "
                f"before step {self._skip} of an epoch."
            )

    def _moved(self) -> bool:
        """Returns whether something moved the source after the epoch had begun."""
        plain, arrays = self._now
        same = map(np.array_equal, arrays, self._start_arrays)
        return plain != self._start["source"] or not all(same)

    def _read_again(self, epoch: int) -> None:
        if str(epoch) in self._jumps:
            backend.set_random_state(self._jumps[str(epoch)])
        with self._batches.catch_stop_iteration():
            for _, _, iterator in self._enumerate():
                self._pull(iterator)

    def _pull(self, iterator: Any) -> None:
        """Reads what one execution reads, the last of an epoch being perhaps shorter."""
        next(iterator)
        for _ in range(self._batches.steps_per_execution - 1):
            if next(iterator, None) is None:
                return


def _capture(source: Any) -> tuple[Any, list[np.ndarray]]:
    return (None, []) if source is None else run_state.capture(source)


def _put_back(source: Any, kept: Any, arrays: list[np.ndarray]) -> None:
    if source is not None:
        run_state.put_back(source, kept, iter(arrays))


def _count(kept: Any) -> int:
    return sum(count or 0 for count in kept["arrays"].values()) if kept else 0
