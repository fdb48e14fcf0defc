"""Where a value stands along a chart of the report, in percent, so that charts of any width fit."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from keras_regzoo import validation


class Tick(NamedTuple):
    """A mark of an axis: its place in percent, and its text."""

    at: float
    text: str


@dataclass(frozen=True)
class Axis:
    """A range of values, mapped to 0 to 100 percent.

    Args:
        low: Value at 0 %.
        high: Value at 100 %, above `low`.
        logarithmic: Whether equal ratios have equal lengths; `low` is then above 0.
    """

    low: float
    high: float
    logarithmic: bool = False

    @classmethod
    def around(
        cls, values: Iterable[float], margin: float = 0.06, logarithmic: bool = False
    ) -> Axis:
        """Returns an axis that shows all `values`, at least one, with some room beside them.

        Args:
            values: What is shown.
            margin: The room at each end, as a fraction of the whole length.
            logarithmic: As in the constructor.
        """
        values = [math.log(value) if logarithmic else value for value in values]
        low, high = min(values), max(values)
        room = margin * (high - low) or 0.1 * abs(high) or 0.1
        ends = (low - room, high + room)
        return cls(*map(math.exp, ends) if logarithmic else ends, logarithmic=logarithmic)

    def __call__(self, value: float) -> float:
        """Returns the place of `value` in percent, beyond 0 and 100 if it is outside."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return round(100 * (value - low) / (high - low), 2)

    def ticks(self, most: int = 5) -> list[Tick]:
        """Returns marks at round values, about `most` of them."""
        ticker = validation.extra("matplotlib.ticker", "recipes", "A report")
        round_values = ticker.MaxNLocator(most, steps=[1, 2, 2.5, 5, 10])
        locators = [round_values]
        if self.logarithmic:
            locators.insert(0, ticker.LogLocator(subs=(1.0, 2.0, 5.0), numticks=most + 2))
        for locator in locators:
            values = [v for v in locator.tick_values(self.low, self.high) if self._shows(v)]
            if len(values) > 1:
                break
        return [Tick(self(value), f"{value:g}".replace("-", "−")) for value in values]

    def _shows(self, value: float) -> bool:
        return self.low <= value <= self.high
