"""The output layer and loss that fit given labels."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from keras_regzoo.data.labels import class_numbers
from keras_regzoo.objectives.data_loss import from_logits
from keras_regzoo.training.stage_inputs import loss_of


def output_layer(
    y: np.ndarray, loss: Any, held_out: np.ndarray | None = None
) -> tuple[keras.layers.Layer, Any]:
    """Returns a new output layer for the targets `y`, and the loss to train it with.

    It gives what the loss takes: probabilities or logits for a cross-entropy, otherwise as many
    numbers as a target has. Without a loss the targets are classes, and the loss is their
    cross-entropy.

    Args:
        y: Classes, as integers from 0 or one-hot rows, or numbers.
        loss: A loss that Keras knows, or `None`.
        held_out: Targets to validate on, or `None`.

    Raises:
        ValueError: If the loss is unknown, or needs classes and the targets are none, or those to
            validate on are of other classes.
    """
    if loss is None:
        hot = y.size > len(y)
        loss = "categorical_crossentropy" if hot else "sparse_categorical_crossentropy"
    found, binary, _ = loss_of(loss)
    logits = from_logits(found)
    if logits is None:
        return keras.layers.Dense(math.prod(y.shape[1:])), loss
    if binary:
        return keras.layers.Dense(math.prod(y.shape[1:]), None if logits else "sigmoid"), loss
    classes = class_numbers(y)
    units = y.shape[1] if y.size > len(y) else int(classes.max()) + 1
    greatest = -1 if held_out is None else int(class_numbers(held_out).max())
    if greatest >= units:
        raise ValueError(
            f"`validation_data` must hold the classes of `y`, 0 to {units - 1}; received "
            f"{greatest}."
        )
    return keras.layers.Dense(units, None if logits else "softmax"), loss
