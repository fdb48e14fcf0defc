"""Data with a known principal subspace, and linear autoencoders for it."""

import keras
import numpy as np


def gaussian(examples=128, seed=0):
    """Rows of six numbers with variances far apart, rotated."""
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    scales = np.array([3.0, 2.0, 0.8, 0.7, 0.6, 0.5])
    return ((rng.normal(size=(examples, 6)) * scales) @ rotation).astype("float32")


def linear(codes, inputs=6):
    """A linear encoder and decoder without biases."""

    def model(given, units, name):
        dense = keras.layers.Dense(units, use_bias=False, kernel_initializer="orthogonal")
        return keras.Sequential([keras.Input((given,)), dense], name=name)

    return model(inputs, codes, "encoder"), model(codes, inputs, "decoder")


def train_on_full_batches(model, x, steps, rate):
    """Minimizes by `steps` full-batch steps of Adam, in one epoch, which is fast."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    model.compile(keras.optimizers.Adam(schedule), "mse")
    model.fit(np.tile(x, (steps, 1)), batch_size=len(x), shuffle=False, verbose=0)


def numpy_weights(model):
    return [np.asarray(each, "float64") for each in model.get_weights()]


@keras.saving.register_keras_serializable(package="tests")
class Subclassed(keras.Model):
    """A dense layer in a model without a graph."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dense = keras.layers.Dense(units)

    def call(self, inputs):
        return self.dense(inputs)

    def get_config(self):
        return {"units": self.units, **super().get_config()}
