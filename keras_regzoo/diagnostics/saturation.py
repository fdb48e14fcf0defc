"""How many units of a code are at their limits."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.jacobian_norm import batches


def saturation(
    encoder: keras.Model, x: Any, low: float = 0.05, high: float = 0.95, batch_size: int = 100
) -> np.ndarray:
    """Returns the share of an encoder's units that are saturated, for each example.

        S(x) = mean_j [h_j(x) < low or h_j(x) > high]

    A saturated unit has almost no derivative: its code does not change there.

    Args:
        encoder: A built model with one floating-point input and one output, whose units have a
            lower and an upper limit; for tanh take `low=-0.9` and `high=0.9`.
        x: Array of inputs, batch first.
        low: Below it a unit is saturated.
        high: Above it a unit is saturated; greater than `low`.
        batch_size: Examples at a time, at least 1.

    Returns:
        Array of shape (examples,), fractions from 0 to 1.

    Raises:
        ValueError: If an argument is not as it must be.

    Example:

    >>> gate = keras.Sequential([keras.Input((2,)), keras.layers.Activation("sigmoid")])
    >>> keras_regzoo.diagnostics.saturation(gate, np.array([[0.0, 9.0]])).tolist()
    [0.5]

    Reference: Rifai, Vincent, Muller, Glorot & Bengio (2011), Contractive Auto-Encoders, table 1.
    """
    validation.number("low", low)
    validation.number("high", high, f"({low}, inf)")
    validation.integer("batch_size", batch_size, "[1, inf)")
    shares = []
    for batch in batches(encoder, x, batch_size):
        codes = encoder.predict_on_batch(batch).reshape(len(batch), -1)
        shares.append(((codes < low) | (codes > high)).mean(axis=1))
    return np.concatenate(shares)
