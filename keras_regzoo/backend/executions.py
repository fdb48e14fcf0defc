"""How many steps a backend can take at once."""

from __future__ import annotations

import keras


def steps_per_execution(wanted: int) -> int:
    """Returns `wanted`, or 1 on PyTorch, where Keras takes no other `steps_per_execution`.

    Args:
        wanted: Steps to take at once, which spares TensorFlow the start of each.
    """
    return 1 if keras.config.backend() == "torch" else wanted
