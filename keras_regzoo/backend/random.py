"""Random numbers, drawn from a seed generator at the speed the backend is capable of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_regzoo.backend.autodiff import _engine

Seed = keras.random.SeedGenerator | int


def uniform(shape: Sequence[Any], seed: Seed, dtype: str = "float32") -> Any:
    """Returns independent uniforms on [0, 1), as `keras.random.uniform` does.

    Under XLA on TensorFlow, Keras's own draws take a hundred times as long on a CPU, because
    they leave the choice of the algorithm to it, and are other numbers than without XLA.

    Args:
        shape: Shape of the result.
        seed: A `keras.random.SeedGenerator`, which it moves on, or an integer.
        dtype: Its floating-point type.

    Example:

    >>> keras_regzoo.backend.uniform((2, 3), keras.random.SeedGenerator(0)).shape[1]
    3
    """
    if hasattr(_engine, "uniform"):
        return _engine.uniform(shape, seed, dtype)
    return keras.random.uniform(shape, dtype=dtype, seed=seed)


def normal(shape: Sequence[Any], seed: Seed, dtype: str = "float32") -> Any:
    """Returns independent standard normal numbers; see `uniform`.

    Args:
        shape: Shape of the result.
        seed: A `keras.random.SeedGenerator`, which it moves on, or an integer.
        dtype: Its floating-point type.

    Example:

    >>> keras_regzoo.backend.normal((2, 3), keras.random.SeedGenerator(0)).shape[1]
    3
    """
    if hasattr(_engine, "normal"):
        return _engine.normal(shape, seed, dtype)
    return keras.random.normal(shape, dtype=dtype, seed=seed)
