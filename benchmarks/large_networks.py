"""The networks of the performance benchmark, and the shapes of the data they take."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from benchmarks import overhead

CLASSES = 10
COLOUR = (32, 32, 3)


def resnet18() -> keras.Model:
    """He et al. (2016), 18 layers, with the 3 x 3 stem for images of 32 x 32 pixels."""
    inputs = keras.Input(COLOUR)
    x = _normalized(inputs, 64, 3, 1)
    for width, first_stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first_stride, 1):
            shortcut = x
            x = _normalized(x, width, 3, stride)
            x = _normalized(x, width, 3, 1, activation=None)
            if shortcut.shape != x.shape:
                shortcut = _normalized(shortcut, width, 1, stride, activation=None)
            x = layers.Activation("relu")(layers.Add()([x, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(CLASSES)(x), name="resnet18")


def _normalized(x: Any, width: int, size: int, stride: int, activation: Any = "relu") -> Any:
    x = layers.Conv2D(width, size, stride, padding="same", use_bias=False)(x)
    return layers.Activation(activation)(layers.BatchNormalization()(x))


class Positions(layers.Layer):
    """Adds a learned vector to each patch."""

    def build(self, shape: Any) -> None:
        self.vectors = self.add_weight(shape=(1, *shape[1:]), initializer="random_normal")

    def call(self, x: Any) -> Any:
        return x + self.vectors


def vit_tiny(patch: int = 4, width: int = 192, heads: int = 3, depth: int = 12) -> keras.Model:
    """Dosovitskiy et al. (2021), in the size "tiny" of Touvron et al. (2021), patches averaged."""
    inputs = keras.Input(COLOUR)
    x = layers.Conv2D(width, patch, patch)(inputs)
    x = Positions()(layers.Reshape((-1, width))(x))
    for _ in range(depth):
        normal = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(heads, width // heads)(normal, normal)])
        hidden = layers.Dense(4 * width, "gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(width)(hidden)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(inputs, layers.Dense(CLASSES)(x), name="vit_tiny")


NETWORKS = {**overhead.NETWORKS, "resnet18": resnet18, "vit_tiny": vit_tiny}
