"""What depends on where and how the backend runs a step."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo.backend.autodiff import _engine


def replicas() -> int:
    """Returns among how many replicas the batch is split, whose losses are then summed.

    It is 1 unless a `tf.distribute` strategy is active: on JAX a distributed step computes the
    loss of the whole batch.
    """
    return _engine.replicas()


def assign_between_steps(model: keras.Model, variable: keras.Variable, value: Any) -> None:
    """Assigns a variable of `model` so that the next training step sees it, mid-epoch too.

    On JAX an epoch carries the variables' values from step to step; they are first written back,
    and are read again before the next step.
    """
    sync = getattr(model, "jax_state_sync", None)
    if sync is not None and getattr(model, "_jax_state", None) is not None:
        sync()
    variable.assign(value)
