"""What depends on where and how the backend runs a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo.backend.autodiff import _engine


def replicas() -> int:
    """Returns among how many replicas the batch is split, whose losses are then summed.

    It is 1 unless a `tf.distribute` strategy is active: on JAX a distributed step computes the
    loss of the whole batch.
    """
    return _engine.replicas()


def replica() -> Any:
    """Returns which of `replicas()` runs the step, from 0."""
    return _engine.replica()


def latest(compute: Callable[[], Any], memory: keras.Variable) -> Any:
    """Returns a metric's value as a function of a layer's variables.

    Within a step on JAX, which carries the values of those away, it is what it was when last
    computed outside of one, at the end of an epoch.

    Args:
        compute: Returns the value, from variables that are no metric's.
        memory: A variable of the metric.
    """
    return _engine.latest(compute, memory)


def move_average(average: keras.Variable, value: Any, decay: Any) -> Any:
    """Assigns `w̄ ← α w̄ + (1 − α) w`, in place where the backend can, and returns it.

    Args:
        average: w̄.
        value: w, a tensor of the same shape.
        decay: α, a scalar tensor.
    """
    value = ops.cast(value, average.dtype)
    if hasattr(_engine, "move_average"):
        return _engine.move_average(average.value, value, decay)
    moved = decay * average.value + (1.0 - decay) * value
    average.assign(moved)
    return moved


def write_back(model: keras.Model) -> None:
    """Gives the variables of `model` the values of the step just taken, in a callback mid-epoch.

    On JAX an epoch carries the values from step to step, and the variables hold nothing that can
    be read; after this they may be read and assigned, and are read again before the next step.
    Elsewhere, and between epochs, it does nothing.
    """
    sync = getattr(model, "jax_state_sync", None)
    if sync is not None and getattr(model, "_jax_state", None) is not None:
        sync()


def numpy_value(variable: keras.Variable) -> np.ndarray:
    """Returns a copy of the value of a variable, which `tf.distribute` may hold several times."""
    return np.array(ops.convert_to_numpy(ops.convert_to_tensor(variable)))


def assign_between_steps(model: keras.Model, variable: keras.Variable, value: Any) -> None:
    """Assigns a variable of `model` so that the next training step sees it, mid-epoch too."""
    write_back(model)
    variable.assign(value)


def values_before_step(
    model: keras.Model, variables: list[keras.Variable], args: tuple
) -> list[float] | None:
    """Returns what a training step is about to read from scalar variables that it never assigns.

    Args:
        model: The model that is trained, which tracks them.
        variables: The variables.
        args: What `model.train_function` was called with.

    Returns:
        The values, or `None` where nothing can have changed them since the last step: on JAX,
        which else would have to wait for that step.
    """
    if hasattr(_engine, "values_before_step"):
        return _engine.values_before_step(model, variables, args)
    return [float(variable.numpy()) for variable in variables]
