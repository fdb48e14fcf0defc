"""What a fine-tuning made."""

from __future__ import annotations

from dataclasses import dataclass

import keras


@dataclass(frozen=True)
class FineTuned:
    """A classifier on an encoder, and how its training went.

    Attributes:
        model: The compiled model: the encoder, then its head.
        histories: What `fit` logged: of the head alone, if it was trained alone first, and of the
            whole; lists of a number an epoch.
    """

    model: keras.Model
    histories: tuple[dict[str, list[float]], ...]
