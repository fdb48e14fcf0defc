"""Codes between codes."""

from __future__ import annotations

import numpy as np

from keras_regzoo import validation


def line(first: np.ndarray, last: np.ndarray, steps: int) -> np.ndarray:
    """Returns points on the lines between rows, of shape (rows · steps, ...), ends among them."""
    validation.integer("steps", steps, "[2, inf)")
    if len(first) != len(last):
        raise ValueError(
            f"`b` must hold as many examples as `a`, {len(first)}; received {len(last)}."
        )
    if first.shape != last.shape:
        raise ValueError(
            f"`b` must have codes of the shape of those of `a`, {first.shape[1:]}; received "
            f"{last.shape[1:]}."
        )
    share = np.linspace(0.0, 1.0, steps).reshape(1, -1, *[1] * (first.ndim - 1))
    points = (1.0 - share) * first[:, None] + share * last[:, None]
    return points.reshape(-1, *first.shape[1:]).astype(first.dtype)
