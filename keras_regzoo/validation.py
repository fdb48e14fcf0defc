"""One clear sentence for every bad argument: which, what was expected, what came."""

from __future__ import annotations

import importlib
import math
import numbers
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = Path(__file__).parent


@contextmanager
def plain_sentences() -> Iterator[None]:
    """Keeps Keras from adding the arguments of a layer's `call` to errors raised within."""
    try:
        yield
    except ValueError as error:
        error._keras_call_info_injected = True  # type: ignore[attr-defined]
        raise


def number(name: str, value: Any, within: str = "(-inf, inf)") -> float:
    """Returns `value` as a float if it is a real number in the interval `within`.

    Args:
        name: The argument's name, as the user wrote it.
        value: What the user passed.
        within: An interval such as `"[0, 1)"`; a round bracket excludes its end.

    Raises:
        ValueError: If `value` is not a real number (booleans and NaN are not) or lies outside.
    """
    if not _is_number(value) or not contains(within, float(value)):
        raise ValueError(f"`{name}` must be a number in {within}; received {name}={value!r}.")
    return float(value)


def integer(name: str, value: Any, within: str = "[0, inf)") -> int:
    """Returns `value` as an int if it is a whole number in the interval `within`.

    Raises:
        ValueError: If `value` is not an integer or lies outside.
    """
    whole = isinstance(value, numbers.Integral) and _is_number(value)
    if not whole or not contains(within, float(value)):
        raise ValueError(f"`{name}` must be an integer in {within}; received {name}={value!r}.")
    return int(value)


def seed(value: Any, within: str = "(-inf, inf)") -> int | None:
    """Returns a `seed` argument as an int, or `None` if it is that.

    Raises:
        ValueError: If `value` is neither, or outside the interval.
    """
    return None if value is None else integer("seed", value, within)


def value_range(name: str, value: Any, within: str = "(-inf, inf)") -> tuple[float, float]:
    """Returns `value` as a pair of floats if it is a pair (least, greatest) in `within`.

    Raises:
        ValueError: If it is no pair, or not increasing, or one end lies outside.
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"`{name}` must be a pair (least, greatest); received {name}={value!r}.")
    least = number(name, value[0], within)
    return least, number(name, value[1], f"({least}, {within.split(',')[1].strip()}")


def one_of(name: str, value: Any, options: Collection[Any]) -> Any:
    """Returns `value` if it is one of `options`.

    Raises:
        ValueError: If it is not; the sentence lists the options.
    """
    try:
        known = value in options
    except (TypeError, ValueError):  # what has no hash, or an array, whose comparison is one too
        known = False
    if not known:
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"`{name}` must be one of {listed}; received {name}={value!r}.")
    return value


def items(name: str, value: Any, kind: str) -> list[Any]:
    """Returns the items of a list, tuple, range or array of one axis, which has at least one.

    Args:
        name: The argument's name.
        value: What the user passed.
        kind: What the items are, such as `"names"`.

    Raises:
        ValueError: If it is something else, or empty.
    """
    listed = isinstance(value, list | tuple | range) or getattr(value, "ndim", None) == 1
    if not listed or not len(value):
        raise ValueError(
            f"`{name}` must be a list of {kind}, at least one; received {shown(value)}."
        )
    return list(value)


def instance(name: str, value: Any, kind: type | tuple[type, ...]) -> Any:
    """Returns `value` if it is an instance of `kind`.

    Raises:
        ValueError: If it is not.
    """
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        expected = " or ".join(_kind_name(kind) for kind in kinds)
        raise ValueError(
            f"`{name}` must be a {expected}; received {shown(value)} (of type "
            f"{type(value).__name__})."
        )
    return value


def function(name: str, value: Any) -> Any:
    """Returns `value` if it can be called.

    Raises:
        ValueError: If it cannot.
    """
    if not callable(value):
        raise ValueError(f"`{name}` must be callable; received {name}={value!r}.")
    return value


def contains(interval: str, value: float) -> bool:
    """Returns whether `value` lies in an interval such as `"[0, 1)"`."""
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = low <= value if interval[0] == "[" else low < value
    below = value <= high if interval[-1] == "]" else value < high
    return above and below


def same_shape(name: str, layer: Any, shape: Any, made: Any) -> None:
    """Raises a ValueError if the layer given as `name` makes another shape of `shape`."""
    if tuple(made) != tuple(shape):
        raise ValueError(
            f"`{name}` must keep the shape of what it is given, {tuple(shape[1:])}; received "
            f"{layer.name!r}, which makes it {tuple(made[1:])}."
        )


def shown(value: Any, length: int = 80) -> str:
    """Returns `repr(value)` in one line, of which a sentence shows no more than the begin."""
    line = " ".join(repr(value).split())
    return line if len(line) <= length else f"{line[:length]}..."


def extra(module: str, name: str, purpose: str) -> ModuleType:
    """Imports the optional `module`, which the extra called `name` installs.

    Args:
        module: Module to import, such as `"matplotlib.pyplot"`.
        name: Extra that brings it, such as `"recipes"`.
        purpose: What needs it, as the subject of the sentence, such as `"Plotting"`.

    Raises:
        ImportError: If it is not installed; the sentence says what to install.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{purpose} needs the package `{error.name}`, which is not installed: "
            f'run `pip install "keras-regzoo[{name}]"`.'
        ) from error


def first_line(error: BaseException) -> str:
    """Returns the first line of an error that says something: Keras writes a heading before it."""
    plain = re.sub(r"\x1b\[\d*m", "", str(error))
    lines = [line.strip() for line in plain.split("\n")]
    told = (line for line in lines if line and not line.startswith("Exception encountered when"))
    return next(told, type(error).__name__)


def is_mistake(error: BaseException) -> bool:
    """Returns whether an error tells a user what to do otherwise, in its one sentence.

    Such are an `ImportError`, an `OSError`, and a `ValueError` raised in this package or in a
    recipe; any other is a failure, of which the traceback tells more.
    """
    if not isinstance(error, ValueError):
        return isinstance(error, ImportError | OSError)
    file, traceback = "", error.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        traceback = traceback.tb_next
    return Path(file).is_relative_to(PACKAGE) or Path(file).parent.name == "recipes"


def _is_number(value: Any) -> bool:
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        return False
    try:
        return not math.isnan(float(value))
    except OverflowError:  # an integer beyond every float
        return False


def _kind_name(kind: type) -> str:
    package = kind.__module__.split(".")[0]
    return kind.__name__ if package == "builtins" else f"`{package}` {kind.__name__}"
