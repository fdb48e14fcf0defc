"""The first batch of a feed, looked at before any training."""

from __future__ import annotations

from collections.abc import Iterator
from types import GeneratorType
from typing import Any

import keras


def first_batch(feed: Any) -> tuple[Any, Any]:
    """Returns the first batch of a feed, and the feed, which still begins with that batch.

    Args:
        feed: A generator, a `PyDataset` or a `tf.data.Dataset`. Of anything else the batch is
            `None`: nothing else gives one without losing it.
    """
    if isinstance(feed, GeneratorType):
        batch = next(feed, None)
        return batch, feed if batch is None else _restored(batch, feed)
    if isinstance(feed, keras.utils.PyDataset):
        return (None if feed.num_batches == 0 else feed[0]), feed
    if hasattr(feed, "element_spec") and hasattr(feed, "take"):
        return next(iter(feed.take(1)), None), feed
    return None, feed


def _restored(batch: Any, feed: Iterator[Any]) -> Iterator[Any]:
    yield batch
    yield from feed
