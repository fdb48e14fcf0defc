"""Layers one after another."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.models.inputs import check_names

Models = list[keras.layers.Layer]


def check_stage(name: str, layer: keras.layers.Layer, encoder: keras.Model, at: str) -> None:
    """Raises a ValueError if the layer given as `name` changes shapes.

    Args:
        name: The argument's name.
        layer: A layer before or after the encoder.
        encoder: The encoder, of which nothing is known before it is built.
        at: `"input_shape"` or `"output_shape"`: which of the encoder's the layer meets.
    """
    if encoder.built and getattr(encoder, "inputs", None):
        shape: Any = getattr(encoder, at)
        if isinstance(shape, tuple):  # several have a list
            validation.same_shape(name, layer, shape, layer(keras.KerasTensor(shape)).shape)


def chain(encoder: keras.Model, stages: Models, name: str) -> keras.Model:
    """Returns the model of some layers one after another, built if the encoder's input is known."""
    check_names(stages)
    known = encoder.built and hasattr(encoder, "inputs")
    inputs = [keras.Input(batch_shape=encoder.input_shape)] if known else []
    return keras.Sequential([*inputs, *stages], name=name)
