"""Which units of a code never do anything."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.jacobian_norm import batches


def dead_units(
    encoder: keras.Model, x: Any, threshold: float = 0.0, batch_size: int = 100
) -> np.ndarray:
    """Returns which of an encoder's units are off for every example.

        dead_j = max_x |h_j(x)| ≤ threshold

    A rectified unit that is dead has no gradient, and stays so; a code with many has less room than
    it seems. The mean of the result is the dead fraction.

    Args:
        encoder: A built model with one floating-point input and one output.
        x: Array of inputs, batch first: as many as it takes to meet every unit's pattern.
        threshold: The greatest absolute value of a unit that is off, at least 0.
        batch_size: Examples at a time, at least 1.

    Returns:
        Boolean array of the code's shape without the batch: of a feature map, each position is a
        unit.

    Raises:
        ValueError: If an argument is not as it must be.

    Example:

    >>> rectifier = keras.Sequential([keras.Input((2,)), keras.layers.ReLU()])
    >>> keras_regzoo.diagnostics.dead_units(rectifier, np.array([[1.0, -1.0]])).tolist()
    [False, True]

    Reference: Gao et al. (2024), Scaling and Evaluating Sparse Autoencoders.
    """
    validation.number("threshold", threshold, "[0, inf)")
    validation.integer("batch_size", batch_size, "[1, inf)")
    parts = batches(encoder, x, batch_size)
    largest = [np.abs(encoder.predict_on_batch(batch)).max(axis=0) for batch in parts]
    return np.max(largest, axis=0) <= threshold
