"""Arrays on a disk, fed to a model a batch at a time."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_regzoo import validation
from keras_regzoo.data import MemmapDataset

_BATCH = 32  # Keras's default
_PARTS = ("x", "y", "sample_weight")


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
    if on_disk(given.get("x")):
        share = given.pop("validation_split", None)
        if share and given.get("validation_data") is None:
            _split(given, share)
        trains = method.__name__ == "fit"
        _feed(given, "x", trains and given.get("shuffle", True) is not False)
    held_out = given.get("validation_data")
    if isinstance(held_out, tuple) and on_disk(held_out[0]):
        parts: dict[str, Any] = dict(zip(_PARTS, held_out, strict=False))
        size = given.pop("validation_batch_size", None) or given.get("batch_size")
        parts["batch_size"] = size or getattr(given.get("x"), "batch_size", None)
        _feed(parts, "validation_data", False)
        given["validation_data"] = parts["validation_data"]
    return method(**given)


def on_disk(x: Any) -> bool:
    """Whether a `numpy.memmap` is among the inputs."""
    return any(isinstance(each, np.memmap) for each in tree.flatten(x))


def _split(given: dict[str, Any], share: Any) -> None:
    """Moves the last rows of the arrays to `validation_data`, as Keras does."""
    validation.number("validation_split", share, "(0, 1)")
    rows = len(tree.flatten(given["x"])[0])
    kept = int(rows * (1.0 - share))
    if not kept:
        raise ValueError(
            "`validation_split` must leave an example to train on; received "
            f"validation_split={share!r} for {rows}."
        )

    arrays = {name: given.get(name) for name in _PARTS}
    given["validation_data"] = tuple(cut(each, slice(kept, None)) for each in arrays.values())
    given |= {name: cut(each, slice(kept)) for name, each in arrays.items()}


def cut(arrays: Any, rows: slice) -> Any:
    """Returns some rows of arrays, in the same structure; those on disk stay there."""
    return tree.map_structure(lambda each: None if each is None else each[rows], arrays)


def _feed(given: dict[str, Any], name: str, shuffle: bool) -> None:
    """Puts a dataset in place of arrays and of what goes with them."""
    x, y, sample_weight = (given.pop(part, None) for part in _PARTS)
    size = given.pop("batch_size", None) or _BATCH
    seed = random.getrandbits(31) if shuffle else 0
    given[name] = MemmapDataset(x, y, sample_weight, size, shuffle, seed=seed)
