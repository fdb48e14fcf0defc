"""The techniques: ours and Keras's own, one entry each."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from types import ModuleType
from typing import get_args

from keras_regzoo.catalogue import (
    averaging,
    callbacks,
    coding_layers,
    constraints,
    data,
    feature_layers,
    generative_models,
    gradient_objectives,
    label_objectives,
    layers,
    models,
    noise_layers,
    objectives,
    penalties,
    pretraining,
    regularizers,
    scheduling,
    semi_supervised,
    sparse_models,
    stacking,
    stopping,
    training,
    variational_models,
)
from keras_regzoo.catalogue.entry import Cost, Entry, Kind
from keras_regzoo.catalogue.nearest import plain, unknown
from keras_regzoo.catalogue.reference import Reference
from keras_regzoo.catalogue.table import markdown_table

__all__ = ["Cost", "Entry", "Reference", "entries", "find", "kinds", "markdown_table"]

_MODULES = (
    (regularizers,),
    (constraints,),
    (layers, noise_layers, coding_layers, feature_layers),
    (objectives, penalties, gradient_objectives, label_objectives, semi_supervised),
    (callbacks, stopping, scheduling, averaging),
    (models, sparse_models, generative_models, variational_models, stacking),
    (training, pretraining),
    (data,),
)


def _of_a_kind(modules: tuple[ModuleType, ...]) -> list[Entry]:
    listed: Iterable[Entry] = itertools.chain.from_iterable(each.ENTRIES for each in modules)
    return sorted(listed, key=lambda entry: entry.origin != "keras")


_ENTRIES: tuple[Entry, ...] = tuple(itertools.chain.from_iterable(map(_of_a_kind, _MODULES)))


def entries() -> tuple[Entry, ...]:
    """Returns every entry, kind by kind, within a kind Keras's own first."""
    return _ENTRIES


def kinds() -> tuple[str, ...]:
    """Returns the kinds of techniques, in the order of `entries()`."""
    return get_args(Kind)


def find(name: str) -> Entry:
    """Returns the entry called `name`.

    Args:
        name: An entry's name, alias or class, in any case, with or without `-` and `_`.

    Raises:
        ValueError: If no entry has this name, or a class of this name belongs to several.
    """
    wanted = plain(name)
    found = [entry for entry in _ENTRIES if wanted in map(plain, entry.names)]
    exactly = [entry for entry in found if plain(entry.name) == wanted] or found
    if not exactly:
        options = [option for entry in _ENTRIES for option in reversed(entry.names)]
        raise ValueError(unknown("technique", name, options, "`regzoo list` shows all of them"))
    if len(exactly) > 1:
        several = " and ".join(f"`{entry.name}`" for entry in exactly)
        raise ValueError(f"`{name}` belongs to several techniques: name one of {several}.")
    return exactly[0]
