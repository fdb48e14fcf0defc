"""Several fits in a row."""

from __future__ import annotations

from keras_regzoo.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = ()
