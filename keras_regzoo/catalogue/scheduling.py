"""Schedules: what moves while training, and watching how it goes."""

from __future__ import annotations

from keras_regzoo.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = ()
