"""The learning rate of an optimizer, as callbacks set it."""

from __future__ import annotations

from typing import Any

import keras


def rate_variable(optimizer: Any) -> keras.Variable:
    """Returns the variable that holds the learning rate, also where a loss scale wraps it.

    Raises:
        ValueError: If the optimizer follows a schedule of its own.
    """
    rate = getattr(optimizer, "inner_optimizer", optimizer)._learning_rate
    if not isinstance(rate, keras.Variable):
        raise ValueError(
            "The optimizer's learning rate must be a number for a callback to set it; it is the "
            f"schedule {type(rate).__name__}."
        )
    return rate
