"""What a cross-validation found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np


@dataclass(frozen=True)
class CrossValidation:
    """The models of all folds and what they gave on the examples held out from them.

    Attributes:
        scores: The loss and each metric of `evaluate` on the held-out examples, under its name in
            the first fold an array of shape (folds,).
        models: The trained model of each fold.
        histories: What `fit` logged in each fold: lists of a number an epoch, under the names of
            the first fold.
        predictions: Of each example, by the model that has not seen it: an array of shape
            (examples, ...), or the outputs' list or dict of such. The mean, where several folds
            held it out; NaN, where none did, as for the first examples of a time series.
        folds: For each fold the positions of the examples that it used, for training and any
            validation of it, and of those held out.
    """

    scores: dict[str, np.ndarray]
    models: tuple[keras.Model, ...]
    histories: tuple[dict[str, list[float]], ...]
    predictions: Any
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]

    @property
    def mean(self) -> dict[str, float]:
        """The mean of each score over the folds."""
        return {name: float(np.mean(values)) for name, values in self.scores.items()}

    @property
    def spread(self) -> dict[str, float]:
        """The standard deviation of each score over the folds; NaN for a single fold.

        Divided by √folds it is *not* the standard error of the mean: folds share their training
        examples.
        """
        return {
            name: float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
            for name, values in self.scores.items()
        }
