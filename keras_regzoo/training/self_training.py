"""What a self-training made."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np


@dataclass(frozen=True)
class SelfTraining:
    """The model of the last training, and which examples it took on whose word.

    Attributes:
        model: The trained model.
        labels: The class given to each unlabelled example, of shape (unlabelled,); −1 where none
            was confident enough.
        rounds: The round in which it was given, from 1; −1 where it never was.
        histories: What `fit` logged in each training: lists of a number an epoch. The first one is
            on the labelled examples alone.
        stopped: Why it ended: `"all labelled"`, `"none confident"` or `"rounds"`.
    """

    model: keras.Model
    labels: np.ndarray
    rounds: np.ndarray
    histories: tuple[dict[str, list[float]], ...]
    stopped: str
