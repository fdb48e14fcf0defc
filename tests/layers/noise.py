"""What the layers that draw masks have in common in their tests."""

import keras
import numpy as np
from keras import ops


def numpy(tensor):
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32")), "float64")


def standard_errors(draws, expected, variance):
    """By how many of its standard errors the mean of independent `draws` is off."""
    return abs(np.mean(draws) - expected) / np.sqrt(variance / np.size(draws))


def losses_of_scheduled_fit(layer, strength, values, dtype=None):
    """Fits a model that is `layer` alone on ones towards zeros: each epoch's loss is mean y²."""
    from keras_regzoo.callbacks import Scheduler

    identity = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", dtype=dtype)
    model = keras.Sequential([keras.Input((1000, 1)), layer, identity])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    ones = np.ones((64, 1000, 1), "float32")
    schedule = Scheduler(f"{layer.name}/{strength}", lambda epoch: values[epoch])
    history = model.fit(
        ones, 0 * ones, batch_size=16, epochs=len(values), verbose=0, callbacks=[schedule]
    )
    assert model.evaluate(ones, 0 * ones, verbose=0) == 1.0
    return history.history["loss"]
