"""The first batch of a feed, looked at before any training."""

from __future__ import annotations

from collections.abc import Iterator
from types import GeneratorType
from typing import Any

import keras


def first_batch(feed: Any) -> tuple[Any, Any]:
    """Returns the first batch of a feed, and the feed, which still begins with that batch.

    Args:
        feed: A generator, a `PyDataset`, a `tf.data.Dataset` or a torch `DataLoader`, of which the
            first rows, in their own order, are a batch. Of anything else the batch is `None`:
            nothing else gives one without losing it.
    """
    if isinstance(feed, GeneratorType):
        batch = next(feed, None)
        return batch, feed if batch is None else _restored(batch, feed)
    if isinstance(feed, keras.utils.PyDataset):
        return (None if feed.num_batches == 0 else feed[0]), feed
    if hasattr(feed, "element_spec") and hasattr(feed, "take"):
        return next(iter(feed.take(1)), None), feed
    if hasattr(feed, "collate_fn") and feed.batch_size and _is_numbered(feed):
        return _first_rows(feed), feed
    return None, feed


def _restored(batch: Any, feed: Iterator[Any]) -> Iterator[Any]:
    yield batch
    yield from feed


def _is_numbered(loader: Any) -> bool:
    """Whether the rows of a torch `DataLoader` are known to be those from 0 on."""
    ordered = type(loader.sampler).__name__ in ("SequentialSampler", "RandomSampler")
    return ordered and hasattr(loader.dataset, "__len__")


def _first_rows(loader: Any) -> Any:
    """Returns a batch of a torch `DataLoader` without starting it, as arrays."""
    rows = range(min(loader.batch_size, len(loader.dataset)))
    if not rows:
        return None
    made = loader.collate_fn([loader.dataset[row] for row in rows])
    batch = keras.tree.map_structure(
        lambda leaf: leaf.numpy() if hasattr(leaf, "numpy") else leaf, made
    )
    return tuple(batch) if isinstance(batch, list) else batch
