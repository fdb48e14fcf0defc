"""Runs a function of tensors compiled on the backend under test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns `function`, under XLA on TensorFlow and JAX, as it is on PyTorch."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True)
    if backend == "jax":
        import jax

        return jax.jit(function)
    return function


def as_they_are(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
