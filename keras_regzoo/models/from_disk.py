"""Arrays on a disk, fed to a model a batch at a time."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_regzoo.data import MemmapDataset

_BATCH = 32  # Keras's default


def from_disk(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls `fit`, `evaluate` or `predict` so that a `numpy.memmap` is not read into memory.

    Anything else is passed on as it is.

    Args:
        method: The bound method of a Keras model.
        *args: Its arguments.
        **kwargs: The same.
    """
    own = inspect.signature(getattr(keras.Model, method.__name__))
    given = dict(own.bind(None, *args, **kwargs).arguments)
    given |= given.pop("kwargs", {})
    del given["self"]
    if isinstance(given.get("x"), np.memmap):
        trains = method.__name__ == "fit"
        _feed(given, "x", trains and given.get("shuffle", True) is not False)
    held_out = given.get("validation_data")
    if isinstance(held_out, tuple) and isinstance(held_out[0], np.memmap):
        names = ("x", "y", "sample_weight")
        parts: dict[str, Any] = dict(zip(names, held_out, strict=False))
        size = given.pop("validation_batch_size", None) or given.get("batch_size")
        parts["batch_size"] = size or getattr(given.get("x"), "batch_size", None)
        _feed(parts, "validation_data", False)
        given["validation_data"] = parts["validation_data"]
    return method(**given)


def _feed(given: dict[str, Any], name: str, shuffle: bool) -> None:
    """Puts a dataset in place of arrays and of what goes with them."""
    x, y, weight = (given.pop(part, None) for part in ("x", "y", "sample_weight"))
    given[name] = MemmapDataset(
        x,
        x if y is None and weight is not None else y,
        weight,
        given.pop("batch_size", None) or _BATCH,
        shuffle,
        seed=random.getrandbits(31) if shuffle else 0,
    )
