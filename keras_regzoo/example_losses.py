"""The loss of each example, by a Keras loss that usually returns one number for a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops, tree
from keras.src.losses.losses import LossFunctionWrapper  # as `compile` wraps a function

UnreducedLoss = Callable[[Any, Any], Any]


def unreduced(loss: Any) -> UnreducedLoss | None:
    """Returns a single loss, or its name, as a function without reduction; `None` for others."""
    given = tree.flatten(loss)
    if len(given) != 1 or given[0] is None:
        return None
    found = keras.losses.get(given[0])
    return (found if isinstance(found, keras.losses.Loss) else LossFunctionWrapper(found)).call


def example_losses(loss: UnreducedLoss, y: Any, outputs: np.ndarray) -> np.ndarray:
    """Returns the losses, each a mean over all axes but the first.

    Raises:
        ValueError: If the loss does not give a number for each example.
    """
    targets = ops.convert_to_tensor(np.asarray(ops.convert_to_numpy(y)))
    values = loss(targets, ops.convert_to_tensor(outputs))
    values = np.asarray(ops.convert_to_numpy(values), "float64")
    if values.ndim == 0 or len(values) != len(outputs):
        raise ValueError(
            f"`loss` must give a number for each of {len(outputs)} examples; received an array of "
            f"shape {values.shape}."
        )
    return values.reshape(len(outputs), -1).mean(axis=1)
