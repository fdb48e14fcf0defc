"""The classifier that recipes train again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_regzoo import data
from keras_regzoo.backend import steps_per_execution
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.objectives.regularized_model import RegularizedModel
from keras_regzoo.quiet import QUIET


def network(
    images: data.Dataset, units: Sequence[int] = (128, 128), dropout: float = 0.0
) -> keras.Model:
    """Returns dense layers, each with dropout where there is any, of which the last gives logits.

    Args:
        images: Images and labels like those that it is for.
        units: Of the hidden layers.
        dropout: The rate behind each hidden layer, in [0, 1).
    """
    stack: list[Any] = [keras.Input(images.shape), layers.Flatten()]
    for each in units:
        stack += [layers.Dense(each, "relu"), *[layers.Dropout(dropout)] * bool(dropout)]
    return keras.Sequential([*stack, layers.Dense(images.num_classes)])


def loss() -> keras.losses.Loss:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """Returns the share of `x` whose greatest output is that of its label."""
    return float(np.mean(model.predict(x, batch_size=len(x), verbose=QUIET).argmax(-1) == y))


class Trainer:
    """Trains one network from the weights of one seed after another, so that it is compiled once.

    The same seed gives networks of the same shapes the same weights, whatever their objectives.

    Args:
        base: The network.
        objectives: What it is trained with.
        rate: Of Adam.
        together: Steps of an execution, where the backend takes several.
    """

    def __init__(
        self,
        base: keras.Model,
        objectives: Sequence[Objective] = (),
        rate: float = 1e-3,
        together: int = 1,
    ) -> None:
        self.base, self.objectives = base, list(objectives)
        self.model = RegularizedModel(base, self.objectives)
        optimizer = keras.optimizers.Adam(rate)
        optimizer.build(self.model.trainable_variables)
        self.model.compile(optimizer, loss(), steps_per_execution=steps_per_execution(together))
        self._variables = [*self.model.variables, *optimizer.variables]
        self._first = [np.array(ops.convert_to_numpy(each)) for each in self._variables]

    def __call__(self, x: Any, y: Any, seed: int, **options: Any) -> keras.Model:
        """Trains from the weights of `seed`, and returns the network.

        Args:
            x: Inputs.
            y: Labels.
            seed: Of weights and batches.
            options: Of `fit`.
        """
        keras.utils.set_random_seed(seed)
        for variable, first in zip(self._variables, self._first, strict=True):
            variable.assign(first)
        for kernel in (each for each in self.base.trainable_variables if each.name == "kernel"):
            kernel.assign(keras.initializers.GlorotUniform()(kernel.shape))
        self.model.fit(x, y, verbose=QUIET, **options)
        return self.base
