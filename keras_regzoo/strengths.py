"""Strengths: the numbers of a technique that training may move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation


@dataclass(frozen=True)
class Strength:
    """One strength of a layer or objective.

    Attributes:
        variable: Holds the current value, a float32 scalar in every dtype policy.
        initial: The constructor's plain value, which the config keeps.
        within: The interval in which every value must lie, such as `"[0, 1)"`.
    """

    variable: keras.Variable
    initial: float
    within: str


def add_strength(layer: keras.layers.Layer, name: str, value: Any, within: str) -> keras.Variable:
    """Gives `layer` a non-trainable scalar variable, saved with it, that a `Scheduler` can drive.

    A plain attribute would be baked into the compiled step as a constant.

    Args:
        layer: A layer or objective; its `strengths` then holds the `Strength` under `name`.
        name: The constructor argument's name.
        value: The constructor argument.
        within: The interval `value` must lie in, such as `"[0, 1)"`.

    Returns:
        The variable.

    Raises:
        ValueError: If `value` is not a number in that interval, in float32 too.
    """
    initial = _number(name, value, within)
    variable = layer.add_weight(
        name=name,
        shape=(),
        dtype="float32",
        initializer=keras.initializers.Constant(initial),
        trainable=False,
        autocast=False,
    )
    if not hasattr(layer, "strengths"):
        layer.strengths = {}
    layer.strengths[name] = Strength(variable, initial, within)
    return variable


def _number(name: str, value: Any, within: str) -> float:
    number = validation.number(name, value, within)
    with np.errstate(over="ignore"):
        stored = float(np.float32(number))
    low, high = (float(np.float32(end)) for end in within[1:-1].split(","))
    if not validation.contains(f"{within[0]}{low!r}, {high!r}{within[-1]}", stored):
        raise ValueError(
            f"`{name}` must be a number in {within} in float32 too; received {name}={value!r}, "
            f"which is {stored} there."
        )
    return number


def strength_config(layer: keras.layers.Layer) -> dict[str, float]:
    """Returns the part of `layer`'s config that its strengths make: their initial values."""
    return {name: strength.initial for name, strength in layer.strengths.items()}
