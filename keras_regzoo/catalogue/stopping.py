"""Stopping: when to end training, and which weights to keep."""

from __future__ import annotations

from keras_regzoo.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = ()
