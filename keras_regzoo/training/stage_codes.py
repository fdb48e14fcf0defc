"""The codes of one level, in memory or on disk, and how they are fed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import keras
import numpy as np

from keras_regzoo.quiet import QUIET

CHUNK = 2**22  # bytes of inputs or outputs held at a time


class Batches(keras.utils.PyDataset):
    """Rows of two arrays, which may lie on disk, in batches.

    Args:
        inputs: Array of inputs.
        targets: Array of targets.
        batch_size: Rows of a batch.
        random: Shuffles the rows anew for each epoch; `None` leaves them in order.
    """

    def __init__(
        self, inputs: Any, targets: Any, batch_size: int, random: np.random.Generator | None = None
    ) -> None:
        super().__init__()
        self.inputs, self.targets = inputs, targets
        self.batch_size = batch_size
        self.random = random
        self.order = np.arange(len(inputs))
        self.on_epoch_end()

    @property
    def num_batches(self) -> int:
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        inputs = np.asarray(self.inputs[rows], "float32")
        alike = self.targets is self.inputs
        return inputs, inputs if alike else np.asarray(self.targets[rows])

    def on_epoch_end(self) -> None:
        if self.random is not None:
            self.order = self.random.permutation(len(self.order))


class Store:
    """Where codes are kept: in memory, or in a folder that is deleted on leaving.

    Args:
        path: A folder that exists, in which one of its own is made; `None` for memory.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        if path is not None and not _can_write(path):
            raise ValueError(
                "`store` must be a folder that exists and can be written to; received "
                f"store={path!r}."
            )
        self._path = path
        self._folder: Path | None = None

    def __enter__(self) -> Store:
        if self._path is not None:
            self._folder = Path(tempfile.mkdtemp(prefix="codes-", dir=self._path))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def outputs(self, model: keras.Model, x: Any, batch_size: int) -> np.ndarray:
        """Returns the outputs of `model` for `x`, as float32, computed in bounded memory."""
        shape = (len(x), *model.compute_output_shape(x.shape)[1:])
        largest = max(np.prod(x.shape[1:]), np.prod(shape[1:]))
        rows = max(1, CHUNK // int(4 * largest) // batch_size) * batch_size
        made, path = self._empty(shape)
        for start in range(0, len(x), rows):
            part = slice(start, start + rows)
            made[part] = model.predict(np.asarray(x[part]), batch_size, QUIET)
        if path is None:
            return made
        made.flush()
        return np.load(path, mmap_mode="r", allow_pickle=False)

    def drop(self, *arrays: Any) -> None:
        """Deletes the files of arrays that `outputs` has made."""
        for array in arrays:
            name = getattr(array, "filename", None)
            if self._folder is not None and name and Path(name).parent == self._folder:
                Path(name).unlink(missing_ok=True)

    def _empty(self, shape: tuple[int, ...]) -> tuple[Any, Path | None]:
        if self._folder is None:
            return np.empty(shape, "float32"), None
        handle, name = tempfile.mkstemp(suffix=".npy", dir=self._folder)
        os.close(handle)
        return np.lib.format.open_memmap(name, "w+", "float32", shape), Path(name)


def _can_write(folder: Any) -> bool:
    try:
        os.rmdir(tempfile.mkdtemp(dir=os.fspath(folder)))
    except (OSError, TypeError):
        return False
    return True
