"""Many training sets: resampled, dealt out, or made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.training.examples import count, finite_arrays, take

DRAWS = ("bootstrap", "disjoint")
Draw = Callable[[int], tuple[Any, Any]]


def training_sets(x: Any, y: Any, draw: str | Draw, sets: int, seed: int) -> Draw:
    """Returns a function that makes the training set of a number below `sets`.

    Args:
        x: Array of inputs, or a list or dict of such; `None` if `draw` makes the sets.
        y: Array of targets; `None` if `draw` makes the sets.
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
        return _Made(draw, seed)
    validation.one_of("draw", draw, DRAWS)
    x = finite_arrays("x", x)
    examples = count(x)
    y = finite_arrays("y", y, examples)
    random = np.random.default_rng(seed)
    if draw == "bootstrap":
        return _Taken(x, y, list(random.integers(examples, size=(sets, examples))))
    validation.integer("sets", sets, f"[2, {examples}]")
    return _Taken(x, y, np.array_split(random.permutation(examples), sets))


@dataclass(frozen=True)
class _Made:
    draw: Draw
    seed: int

    def __call__(self, number: int) -> tuple[Any, Any]:
        made = self.draw((self.seed + number) % 2**32)
        if not isinstance(made, list | tuple) or len(made) != 2:
            raise ValueError(f"`draw` must return new `x` and `y`; it returned {made!r}.")
        return made[0], made[1]


@dataclass(frozen=True)
class _Taken:
    x: Any
    y: Any
    positions: list[np.ndarray]

    def __call__(self, number: int) -> tuple[Any, Any]:
        return take(self.x, self.positions[number]), take(self.y, self.positions[number])
