"""How many devices share one training step."""

from __future__ import annotations

from keras_regzoo.backend import autodiff


def replicas() -> int:
    """Returns among how many replicas the batch is split, whose losses are then summed.

    It is 1 unless a `tf.distribute` strategy is active: on JAX a distributed step computes the
    loss of the whole batch.
    """
    return autodiff._engine.replicas()
