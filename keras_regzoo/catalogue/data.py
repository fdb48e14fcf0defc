"""What is fed, and in which order."""

from __future__ import annotations

from keras_regzoo.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = ()
