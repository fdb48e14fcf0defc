"""Networks that cannot be compared, or not with every technique."""

import functools

import keras
from keras import layers

from keras_regzoo.layers import RadialBasis


@functools.cache
def shared(input_shape, num_outputs):
    """The same object at every call."""
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(num_outputs)])


def without_kernels(input_shape, num_outputs):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.BatchNormalization(),
            RadialBasis(num_outputs),
        ]
    )


def of_integers(input_shape, num_outputs):
    return keras.Sequential(
        [
            keras.Input(input_shape, dtype="int32"),
            layers.Flatten(),
            layers.Rescaling(1.0),
            layers.Dense(num_outputs),
        ]
    )


class Own(keras.Model):
    def __init__(self, num_outputs):
        super().__init__()
        self.flatten, self.dense = layers.Flatten(), layers.Dense(num_outputs)

    def call(self, inputs):
        return self.dense(self.flatten(inputs))

    def train_step(self, *args):
        return super().train_step(*args)


def with_own_training(input_shape, num_outputs):
    model = Own(num_outputs)
    model(keras.ops.zeros((1, *input_shape)))
    return model
