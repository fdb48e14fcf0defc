"""ConsecutiveRiseStopping: Prechelt's UP."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras_regzoo import validation
from keras_regzoo.callbacks.stopping import Stopping


class ConsecutiveRiseStopping(Stopping):
    """Stops when the validation error has risen in several successive strips (UP_s).

        UP_1 stops at the first t = 2k, 3k, … with E_va(t) > E_va(t − k),
        UP_s stops at t if UP_{s−1} stops at t − k and E_va(t) > E_va(t − k)

    A strip is k looks, and only the ends of strips count: what happens within one is not seen. As
    in the paper's text UP_{s−1} "stops" wherever its own condition holds, so that after a strip
    without a rise the count begins anew. It acts at the end of each strip, and is active in
    training alone. It is *not* patience: it asks how often the error rose, not for how long it was
    above its least nor by how much.

    NaN counts as a rise. Of a monitor of which more is better, a fall is a rise of the error.

    Args:
        strips: s, the successive strips with a rise, at least 1.
        strip: k, the looks of a strip, at least 1.
        **kwargs: Those of `Stopping`: monitor, mode, restore_best_weights, every, validation_data,
            validation_batch_size.

    Raises:
        ValueError: If an argument is not as it must be.

    Example:

    >>> keras_regzoo.callbacks.ConsecutiveRiseStopping(strips=3).strip
    5

    Reference: Prechelt (1998), Early Stopping - But When?, sec. 2.1 (UP_s).
    """

    def __init__(self, strips: int = 3, strip: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strips = validation.integer("strips", strips, "[1, inf)")
        self.strip = validation.integer("strip", strip, "[1, inf)")

    def judge(self) -> tuple[bool, str]:
        errors = self.curves[self.monitor]
        if len(errors) % self.strip:
            return False, "the strip has not ended"
        if self.monitors[self.monitor].rising(self.model):
            errors = [-error for error in errors]
        found = successive_rises(errors[self.strip - 1 :: self.strip])
        stop = found >= self.strips
        return stop, (
            f"{self.monitor} has become worse in {found} successive strips"
            + ("" if stop else f", fewer than strips={self.strips}")
        )


def successive_rises(ends: Sequence[float]) -> int:
    """Returns in how many last strips the error rose, of its values at the ends of strips."""
    rises = 0
    for before, after in zip(reversed(ends[:-1]), reversed(ends[1:]), strict=True):
        if not (math.isnan(after) or after > before):
            break
        rises += 1
    return rises
