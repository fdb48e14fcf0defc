"""The members of an ensemble: models, or files of them, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from keras_regzoo import safe_files, validation

Member = keras.Model | str | os.PathLike[str]


def check_members(members: Any, model: keras.Model | None) -> list[Member]:
    """Returns the members as a list.

    Raises:
        ValueError: If they are not at least one model or path, or weights alone with no `model`.
    """
    if isinstance(members, str) or not isinstance(members, Sequence) or not members:
        raise ValueError(
            f"`models_or_paths` must be a list of at least one model or path; received {members!r}."
        )
    if model is not None:
        validation.instance("model", model, keras.Model)
    for member in members:
        validation.instance("models_or_paths", member, (keras.Model, str, os.PathLike))
        if isinstance(member, keras.Model):
            continue
        if not os.path.isfile(member):
            raise ValueError(
                f"`models_or_paths` must name files that exist; received {os.fspath(member)!r}."
            )
        if _weights_only(member) and model is None:
            raise ValueError(
                "`model` must be given for files of weights alone; received model=None with "
                f"{os.fspath(member)!r}."
            )
    return list(members)


def share_of_each(weights: Sequence[float] | None, count: int) -> np.ndarray:
    """Returns weights that sum to 1.

    Raises:
        ValueError: If they are not one number of at least 0 for each member, not all 0.
    """
    if weights is None:
        return np.full(count, 1 / count)
    given = validation.items("weights", weights, "numbers")
    shares = [validation.number("weights", weight, "[0, inf)") for weight in given]
    if len(shares) != count or not sum(shares) > 0:
        raise ValueError(
            f"`weights` must be {count} numbers, one for each member, that are not all 0; received "
            f"{given!r}."
        )
    return np.array(shares) / sum(shares)


def load(member: Member, model: keras.Model | None) -> keras.Model:
    """Returns the model; of a file of weights alone it is `model`, with these weights.

    Raises:
        ValueError: If the file cannot be loaded, or not without running code that it holds.
    """
    if isinstance(member, keras.Model):
        return member
    if _weights_only(member) and model is not None:
        safe_files.load_weights(model, member)
        return model
    return safe_files.load_model(member)


@contextmanager
def weights_kept(model: keras.Model | None) -> Iterator[None]:
    """Gives `model` its own weights again in the end."""
    own = None if model is None else model.get_weights()
    try:
        yield
    finally:
        if model is not None and own is not None:
            model.set_weights(own)


def _weights_only(member: Any) -> bool:
    return not isinstance(member, keras.Model) and os.fspath(member).endswith(".weights.h5")
