"""Layers one after another."""

from __future__ import annotations

import keras

from keras_regzoo.models.inputs import check_names

Models = list[keras.layers.Layer]


def chain(encoder: keras.Model, stages: Models, name: str) -> keras.Model:
    """Returns the model of some layers one after another, built if the encoder's input is known."""
    check_names(stages)
    known = encoder.built and hasattr(encoder, "inputs")
    inputs = [keras.Input(batch_shape=encoder.input_shape)] if known else []
    return keras.Sequential([*inputs, *stages], name=name)
