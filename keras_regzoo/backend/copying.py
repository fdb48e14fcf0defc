"""Copies of a model's structure."""

from __future__ import annotations

import keras
from keras.src.saving.serialization_lib import ObjectSharingScope


def copy_model(model: keras.Model) -> keras.Model:
    """Returns a built model of the same structure, with weights of its own.

    `keras.models.clone_model` makes two of a weight that tied layers share; a model that has any
    is copied through its config.

    Raises:
        ValueError: If Keras cannot copy it.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> keras_regzoo.backend.copy_model(model).count_params()
    3
    """
    try:
        copy = keras.models.clone_model(model)
        if not copy.built:
            copy.build_from_config(model.get_build_config())
        return copy if _shapes(copy) == _shapes(model) else _from_config(model)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise ValueError(
            f"{model.name!r} must be a model that Keras can copy: {type(model).__name__} needs a "
            "`get_config` that returns the arguments of its constructor."
        ) from error


def _from_config(model: keras.Model) -> keras.Model:
    with ObjectSharingScope():
        config = keras.saving.serialize_keras_object(model)
    with ObjectSharingScope():
        return keras.saving.deserialize_keras_object(config)


def _shapes(model: keras.Model) -> list[tuple]:
    return [tuple(weight.shape) for weight in model.weights]
