"""The loss of each example, by a Keras loss that usually returns one number for a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops, tree
from keras.src.losses.losses import LossFunctionWrapper  # as `compile` wraps a function

from keras_regzoo import validation

UnreducedLoss = Callable[[Any, Any], Any]

_OF_OTHER_SHAPES = ("categorical_generalized_cross_entropy", "circle", "ctc")
_SPARSE = "sparse_categorical_crossentropy"


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


def check_targets(loss: UnreducedLoss, y: np.ndarray, outputs: tuple[int, ...]) -> None:
    """Raises a ValueError unless there is a target for each example, of the outputs' shape.

    Keras's sparse loss takes them without the last axis. Of a loss that is not Keras's nothing is
    known but that it needs as many.
    """
    if y.ndim == 0 or len(y) != outputs[0]:
        raise ValueError(
            f"`y` must have one target for each of {outputs[0]} examples; received "
            f"{len(y) if y.ndim else validation.shown(y.tolist())}."
        )
    function = getattr(getattr(loss, "__self__", None), "fn", None)
    name = getattr(function, "__name__", "")
    if getattr(function, "__module__", "") != LossFunctionWrapper.__module__:
        return
    if name in _OF_OTHER_SHAPES:
        return
    expected = outputs[:-1] if name == _SPARSE else outputs
    if y.shape != expected and y.shape != (*expected, 1) and (*y.shape, 1) != expected:
        raise ValueError(
            f"`y` must be of shape {expected}, as {name} needs for outputs of shape {outputs}; "
            f"received {y.shape}."
        )
