"""Many training sets: resampled, dealt out, or made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.training.examples import count, finite_arrays, finite_if_given, take

DRAWS = ("bootstrap", "disjoint")
Draw = Callable[[int], tuple[Any, Any]]
Drawn = Callable[[int], tuple[Any, Any, Any]]


def training_sets(x: Any, y: Any, weights: Any, draw: str | Draw, sets: int, seed: int) -> Drawn:
    """Returns a function that makes the training set of a number below `sets`, with its weights.

    Args:
        x: Array of inputs, or a list or dict of such; `None` if `draw` makes the sets.
        y: Array of targets; `None` if `draw` makes the sets.
        weights: Weights of the examples; `None` for equal ones, or if `draw` makes the sets.
        draw: `"bootstrap"`, `"disjoint"`, or a function of a seed that returns new `x` and `y`.
        sets: How many there will be, at least 2.
        seed: Of the draw; set s of a function has the seed `seed + s`.

    Raises:
        ValueError: If an argument is outside its range.
    """
    if not isinstance(draw, str):
        validation.function("draw", draw)
        if x is not None or y is not None:
            raise ValueError("`x` and `y` must be None where `draw` makes the sets; received both.")
        if weights is not None:
            raise ValueError(
                "`sample_weight` must be None where `draw` makes the sets; received "
                f"{validation.shown(weights)}."
            )
        return _Made(draw, seed)
    validation.one_of("draw", draw, DRAWS)
    x = finite_arrays("x", x)
    examples = count(x)
    y = finite_arrays("y", y, examples)
    weights = finite_if_given("sample_weight", weights, examples)
    random = np.random.default_rng(seed)
    if draw == "bootstrap":
        positions = list(random.integers(examples, size=(sets, examples)))
    else:
        validation.integer("sets", sets, f"[2, {examples}]")
        positions = np.array_split(random.permutation(examples), sets)
    return _Taken((x, y, weights), positions)


@dataclass(frozen=True)
class _Made:
    draw: Draw
    seed: int

    def __call__(self, number: int) -> tuple[Any, Any, None]:
        made = self.draw((self.seed + number) % 2**32)
        if not isinstance(made, list | tuple) or len(made) != 2:
            raise ValueError(f"`draw` must return new `x` and `y`; it returned {made!r}.")
        x = finite_arrays("x of draw", made[0])
        return x, finite_arrays("y of draw", made[1], count(x)), None


@dataclass(frozen=True)
class _Taken:
    data: tuple[Any, Any, Any]
    positions: list[np.ndarray]

    def __call__(self, number: int) -> tuple[Any, Any, Any]:
        x, y, weights = (take(part, self.positions[number]) for part in self.data)
        return x, y, weights
