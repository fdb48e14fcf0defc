"""One decorator that makes a class loadable from a saved Keras file."""

from __future__ import annotations

from typing import TypeVar

import keras

PACKAGE = "keras_regzoo"

T = TypeVar("T")


def register(cls: T) -> T:
    """Registers a class for Keras serialization as `keras_regzoo>ClassName`.

    A model holding such an object then loads in safe mode, in any process that has imported
    `keras_regzoo`, without `custom_objects`.
    """
    return keras.saving.register_keras_serializable(package=PACKAGE)(cls)
