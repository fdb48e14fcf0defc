"""Objectives that change nothing take part in no step, and come back when they do."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.backend import numpy_value, write_back
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.objectives import LossSmoothing, WeightNoise
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import X, arrays

Y = X[:, :1]


class Watch(keras.layers.Layer):
    """Notes each of its passes while the step is traced, or made."""

    def __init__(self):
        super().__init__()
        self.passes = 0

    def call(self, inputs):
        self.passes += 1
        return inputs


def watched(smoothing, **compiled):
    watch = Watch()
    model = keras.Sequential([keras.Input((5,)), watch, keras.layers.Dense(1)])
    wrapped = RegularizedModel(model, [smoothing])
    wrapped.compile(keras.optimizers.SGD(0.1), "mse", **compiled)
    return watch, wrapped


@pytest.mark.parametrize("run_eagerly", [True, False])
def test_at_width_zero_one_pass_is_made_and_no_number_is_drawn(run_eagerly):
    smoothing = LossSmoothing(0.2, samples=4, seed=0)
    watch, wrapped = watched(smoothing, run_eagerly=run_eagerly)
    wrapped.fit(X, Y, batch_size=len(X), verbose=QUIET)
    passes, drawn = [], []
    for stddev in (0.3, 0.0):
        smoothing.stddev.assign(stddev)
        wrapped.make_train_function(force=True)
        watch.passes, before = 0, numpy_value(smoothing.seed_generator.state)
        wrapped.fit(X, Y, batch_size=len(X), verbose=QUIET)
        passes.append(watch.passes)
        drawn.append((numpy_value(smoothing.seed_generator.state) != before).any())
    assert passes[0] == 4 * passes[1] > 0
    assert drawn == [True, False]


@pytest.mark.parametrize("per", ["epoch", "step"])
@pytest.mark.parametrize("technique", [WeightNoise, partial(LossSmoothing, antithetic=False)])
def test_a_width_that_comes_and_goes_is_what_each_step_is_made_at(technique, per):
    """Where it is 0 the weights move as plain ones do, and elsewhere they do not."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    plain = keras.models.clone_model(model)
    wrapped = RegularizedModel(model, [technique(0.5, seed=0, name="noise")])
    widths = [0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.0]
    seen = []

    class Compare(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            write_back(wrapped)
            plain.set_weights(model.get_weights())

        def on_train_batch_end(self, batch, logs=None):
            write_back(wrapped)
            plain.train_on_batch(X, Y)
            seen.append(np.allclose(arrays(plain)[0], arrays(model)[0], atol=1e-6))

    for each in (plain, wrapped):
        each.compile(keras.optimizers.SGD(0.1), "mse")
    schedule = Scheduler("noise/stddev", widths.__getitem__, per)
    many = len(widths) if per == "step" else 1
    data = [np.tile(each, (many, 1)) for each in (X, Y)]
    epochs = 1 if per == "step" else len(widths)
    options = {"batch_size": len(X), "shuffle": False, "verbose": QUIET}
    wrapped.fit(*data, epochs=epochs, callbacks=[schedule, Compare()], **options)
    assert seen == [width == 0 for width in widths]


def test_steps_between_which_nothing_is_read_are_the_same():
    """On JAX they go on from one another's values, and the width is not looked at again."""
    ends = []
    for callbacks in ([], [Reading()]):
        keras.utils.set_random_seed(0)
        smoothing = LossSmoothing(0.5, antithetic=False, seed=0, name="noise")
        wrapped = RegularizedModel(
            keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)]), [smoothing]
        )
        wrapped.compile(keras.optimizers.SGD(0.1), "mse")
        schedule = Scheduler("noise/stddev", [0.0, 0.5, 0.0].__getitem__)
        options = {"batch_size": 4, "shuffle": False, "verbose": QUIET}
        wrapped.fit(X, Y, epochs=3, callbacks=[schedule, *callbacks], **options)
        ends.append(arrays(wrapped))
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


class Reading(keras.callbacks.Callback):
    """Makes every step read all variables again."""

    def on_train_batch_begin(self, batch, logs=None):
        write_back(self.model)


def test_a_training_step_of_the_users_own_is_taken_as_it_is():
    class Own(RegularizedModel):
        def train_step(self, *args):
            return super().train_step(*args)

    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1)])
    smoothing = LossSmoothing(0.0, seed=0)
    wrapped = Own(model, [smoothing])
    wrapped.compile(keras.optimizers.SGD(0.1), "mse")
    before = numpy_value(smoothing.seed_generator.state)
    wrapped.fit(X, Y, batch_size=len(X), verbose=QUIET)
    assert (numpy_value(smoothing.seed_generator.state) != before).any()
