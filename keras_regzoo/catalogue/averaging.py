"""Averages, checkpoints and sparsity over the course of training."""

from __future__ import annotations

from keras_regzoo.catalogue.entry import Entry

ENTRIES: tuple[Entry, ...] = ()
