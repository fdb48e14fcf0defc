"""Error curves, fed to a stopping callback without training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_regzoo.callbacks import Stopping


def model() -> keras.Model:
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    made.compile("sgd", "mse", metrics=["accuracy"], run_eagerly=True)
    return made


def stop_of(callback: Stopping, **curves: Sequence[float]) -> int | None:
    """Returns after which epoch, from 1, `callback` stops on logs of these values, or `None`."""
    trained: Any = model()
    trained.history = keras.callbacks.History()
    callback.set_model(trained)
    callback.on_train_begin()
    for epoch, values in enumerate(zip(*curves.values(), strict=True)):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, dict(zip(curves, values, strict=True)))
        if trained.stop_training:
            return epoch + 1
    callback.on_train_end()
    return None
