"""Two virtual devices of one CPU, made before anything runs on it."""

from __future__ import annotations

import importlib
from typing import Any

import keras

from tests.backends import BACKEND


def two_devices() -> Any:
    """Returns the strategy of TensorFlow; JAX, started with a flag for two, has one set."""
    if BACKEND == "jax":
        distribution = keras.distribution.DataParallel()
        assert len(distribution.device_mesh.devices.flatten()) == 2
        keras.distribution.set_distribution(distribution)
        return None
    tensorflow = importlib.import_module("tensorflow")
    one = tensorflow.config.LogicalDeviceConfiguration()
    cpu = tensorflow.config.list_physical_devices("CPU")[0]
    tensorflow.config.set_logical_device_configuration(cpu, [one, one])
    strategy = tensorflow.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    return strategy
