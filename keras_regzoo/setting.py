"""One argument to search: its values, their scale, and when it makes sense."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

DIGITS = 3  # of a value drawn, so that it can be written out and given again


@dataclass(frozen=True)
class Setting:
    """One argument to search.

    Attributes:
        argument: Its name in the technique's constructor.
        low: The least value.
        high: The greatest value.
        scale: `"linear"` or `"log"`.
        whole: Whether values are integers.
        choices: The values themselves, in place of a range.
        parent: The argument that decides whether this one makes sense; empty where it always does.
        parent_values: The values of the parent with which it does.
    """

    argument: str
    low: float = 0.0
    high: float = 0.0
    scale: str = "linear"
    whole: bool = False
    choices: tuple[Any, ...] = ()
    parent: str = ""
    parent_values: tuple[Any, ...] = ()

    def when(self, parent: str, *values: Any) -> Setting:
        """Returns the same setting for these values of another argument alone."""
        return replace(self, parent=parent, parent_values=values)

    def draw(self, hp: Any, name: str) -> Any:
        """Declares the setting as the hyperparameter `name`, and returns its value."""
        if self.choices:
            return hp.Choice(name, list(self.choices))
        declare = hp.Int if self.whole else hp.Float
        return declare(name, self.low, self.high, sampling=self.scale)

    def sample(self, random: np.random.Generator) -> Any:
        """Returns a random value: uniform on the scale, of three significant digits."""
        if self.choices:
            return self.choices[int(random.integers(len(self.choices)))]
        if self.scale == "log":
            value = float(np.exp(random.uniform(np.log(self.low), np.log(self.high))))
        else:
            value = float(random.uniform(self.low, self.high))
        return round(value) if self.whole else float(f"{value:.{DIGITS}g}")


def linear(argument: str, low: float, high: float) -> Setting:
    """Returns a number on a linear scale."""
    return Setting(argument, low, high)


def log(argument: str, low: float, high: float) -> Setting:
    """Returns a number on a logarithmic scale."""
    return Setting(argument, low, high, "log")


def whole(argument: str, low: int, high: int, scale: str = "linear") -> Setting:
    """Returns an integer."""
    return Setting(argument, low, high, scale, whole=True)


def choice(argument: str, *values: Any) -> Setting:
    """Returns one of some values."""
    return Setting(argument, choices=values)
