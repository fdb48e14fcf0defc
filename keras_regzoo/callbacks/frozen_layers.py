"""The layers of a model that are frozen while an epoch runs, and the model as it was built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import keras

from keras_regzoo.backend import HeldOptimizer


class FrozenLayers:
    """Freezes layers, and puts back what of each was trainable.

    Args:
        optimizer: That of their model, which leaves their weights out.
        layers: Those to freeze.
    """

    def __init__(self, optimizer: HeldOptimizer, layers: Sequence[keras.layers.Layer]) -> None:
        self._optimizer, self._frozen = optimizer, layers
        flat = [each for layer in layers for each in layer._flatten_layers()]
        self._layers = [(each, each.trainable) for each in flat]
        variables = [variable for layer in layers for variable in layer.variables]
        self._variables = [(variable, variable.trainable) for variable in variables]
        self._held = [variable for layer in layers for variable in layer.trainable_variables]

    def freeze(self) -> None:
        self._optimizer.hold(self._held)
        for layer in self._frozen:
            layer.trainable = False

    def thaw(self) -> None:
        for layer, trainable in self._layers:  # a layer comes before its parts, which it sets too
            layer.trainable = trainable
        for variable, trainable in self._variables:
            variable.trainable = trainable
        self._optimizer.hold([])


_FROZEN: WeakKeyDictionary[keras.Model, FrozenLayers] = WeakKeyDictionary()


def freeze(
    model: keras.Model, optimizer: HeldOptimizer, layers: Sequence[keras.layers.Layer]
) -> None:
    """Freezes layers of a model, until `thaw`."""
    _FROZEN[model] = FrozenLayers(optimizer, layers)
    _FROZEN[model].freeze()


def thaw(model: keras.Model) -> None:
    """Makes a model again as it was built, also where another callback froze it."""
    frozen = _FROZEN.pop(model, None)
    if frozen is not None:
        frozen.thaw()


@contextmanager
def as_built(model: keras.Model) -> Iterator[None]:
    """Within it the model is as it was built, such as for saving it."""
    frozen = _FROZEN.get(model)
    if frozen is None:
        yield
        return
    frozen.thaw()
    try:
        yield
    finally:
        frozen.freeze()
