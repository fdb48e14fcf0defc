"""Pacing functions: the share of the examples, easiest first, that a curriculum serves.

Each function here returns a `Pacing`, which maps a count of steps (or of epochs, or of levels) to
that share. A pacing of your own is any callable from a count to a number in (0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from keras_regzoo import validation

START = "(0, 1]"
LENGTH = "[1, inf)"


@dataclass(frozen=True)
class Pacing:
    """A share of the examples that grows with a count, from `start` to 1.

    Args:
        share: Maps a count to a share; what is above 1 counts as 1.
        end: The first count at which it is 1.
    """

    share: Callable[[int], float]
    end: int

    def __call__(self, count: int) -> float:
        """Returns the share at `count`, counted from 0."""
        return 1.0 if count >= self.end else min(1.0, self.share(count))


def fixed_exponential(start: float, growth: float, length: int) -> Pacing:
    """Grows by a factor every `length` steps.

        g(t) = min(1, b · r^⌊t / s⌋)

    Args:
        start: b, the share at first, in (0, 1].
        growth: r, above 1.
        length: s, the steps between two increases, at least 1.

    Raises:
        ValueError: If an argument is outside its range.

    Example:

    >>> paced = keras_regzoo.data.pacing.fixed_exponential(0.25, 2.0, length=10)
    >>> paced(0), paced(9), paced(10), paced(20), paced.end
    (0.25, 0.25, 0.5, 1.0, 20)

    Reference: Hacohen & Weinshall (2019), On the Power of Curriculum Learning in Training Deep
    Networks, sec. 2.3.
    """
    length = validation.integer("length", length, LENGTH)
    start = validation.number("start", start, START)
    growth = validation.number("growth", growth, "(1, inf)")
    increases = _increases(start, growth)
    return Pacing(lambda t: start * growth ** (t // length), increases * length)


def varied_exponential(start: float, growth: float, lengths: Sequence[int]) -> Pacing:
    """Grows by a factor after each of some numbers of steps.

        g(t) = min(1, b · r^(number of i with s_1 + … + s_i ≤ t))

    Args:
        start: b, the share at first, in (0, 1].
        growth: r, above 1.
        lengths: s_i, the steps before each increase, each at least 1, as many as it takes to
            reach 1, or more.

    Raises:
        ValueError: If an argument is outside its range, or the share never reaches 1.

    Example:

    >>> paced = keras_regzoo.data.pacing.varied_exponential(0.25, 2.0, lengths=(10, 5))
    >>> paced(9), paced(10), paced(15)
    (0.25, 0.5, 1.0)

    Reference: Hacohen & Weinshall (2019), sec. 2.3.
    """
    start = validation.number("start", start, START)
    growth = validation.number("growth", growth, "(1, inf)")
    if not isinstance(lengths, Iterable):
        raise ValueError(f"`lengths` must be a list of numbers of steps; received {lengths!r}.")
    steps = [validation.integer("lengths", length, LENGTH) for length in lengths]
    increases = _increases(start, growth)
    if increases > len(steps):
        raise ValueError(
            f"`lengths` must have the {increases} entries it takes to reach all examples; "
            f"received {len(steps)}, after which the share is {start * growth ** len(steps):g}."
        )
    times = [sum(steps[: index + 1]) for index in range(increases)]
    return Pacing(
        lambda t: start * growth ** sum(time <= t for time in times),
        times[-1] if times else 0,
    )


def single_step(start: float, length: int) -> Pacing:
    """Serves the easiest for `length` steps, then all.

        g(t) = b for t < s, else 1

    Args:
        start: b, the share at first, in (0, 1].
        length: s, at least 1.

    Raises:
        ValueError: If an argument is outside its range.

    Example:

    >>> paced = keras_regzoo.data.pacing.single_step(0.1, length=100)
    >>> paced(99), paced(100)
    (0.1, 1.0)

    Reference: Hacohen & Weinshall (2019), sec. 2.3.
    """
    start = validation.number("start", start, START)
    length = validation.integer("length", length, LENGTH)
    return Pacing(lambda t: start, length)


def linear(start: float, length: int) -> Pacing:
    """Grows evenly.

        g(t) = b + (1 − b) t / s

    Args:
        start: b, the share at first, in (0, 1].
        length: s, the steps until all examples are served, at least 1.

    Raises:
        ValueError: If an argument is outside its range.

    Example:

    >>> round(keras_regzoo.data.pacing.linear(0.2, length=10)(5), 4)
    0.6

    Reference: Wu, Dyer & Neyshabur (2021), When Do Curricula Work?, table 2.
    """
    return root(start, length, 1.0)


def root(start: float, length: int, power: float = 2.0) -> Pacing:
    """Grows fast at first, when the share is small and its examples are soon learned.

        g(t) = (b^p + (1 − b^p) t / s)^(1/p)

    Args:
        start: b, the share at first, in (0, 1].
        length: s, the steps until all examples are served, at least 1.
        power: p, above 0: 2 for the square root; below 1 it is slow at first.

    Raises:
        ValueError: If an argument is outside its range.

    Example:

    >>> round(keras_regzoo.data.pacing.root(0.1, length=100)(25), 4)
    0.5074

    Reference: Platanios et al. (2019), Competence-based Curriculum Learning for Neural Machine
    Translation, eq. 8; Wu, Dyer & Neyshabur (2021), table 2.
    """
    power = validation.number("power", power, "(0, inf)")
    start = validation.number("start", start, START)
    length = validation.integer("length", length, LENGTH)
    least = start**power
    return Pacing(lambda t: (least + (1 - least) * t / length) ** (1 / power), length)


def logarithmic(start: float, length: int) -> Pacing:
    """Grows faster still at first, and hardly at the end.

        g(t) = b + (1 − b) (1 + 0.1 · ln(t / s + e^−10))

    Args:
        start: b, the share at first, in (0, 1].
        length: s, the steps until all examples are served, at least 1.

    Raises:
        ValueError: If an argument is outside its range.

    Example:

    >>> paced = keras_regzoo.data.pacing.logarithmic(0.1, length=100)
    >>> round(paced(0), 4), round(paced(50), 4), paced(100)
    (0.1, 0.9376, 1.0)

    Reference: Wu, Dyer & Neyshabur (2021), table 2.
    """
    start = validation.number("start", start, START)
    length = validation.integer("length", length, LENGTH)
    return Pacing(
        lambda t: start + (1 - start) * (1 + 0.1 * math.log(t / length + math.exp(-10))),
        length,
    )


def _increases(start: float, growth: float) -> int:
    """Returns how many times `start` must grow to be 1."""
    return math.ceil(math.log(1 / start) / math.log(growth) - 1e-9)
