"""Reading techniques as they are written: `l2`, `dropout:rate=0.3`."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import keras

from keras_regzoo import validation
from keras_regzoo.diagnostics.treatments import BASELINE, TECHNIQUES, Option, Treated


@dataclass(frozen=True)
class Treatment:
    """A technique with the values of all its options.

    Attributes:
        name: The technique's name.
        options: Every option with its value.
        written: The options that were written out, which tuning leaves as they are.
    """

    name: str
    options: dict[str, float]
    written: tuple[str, ...] = field(default=(), compare=False)

    @property
    def label(self) -> str:
        """The technique as it is written, options at their defaults left out."""
        return self._with(())

    @property
    def as_written(self) -> str:
        """The technique as it was written, also options that were written out at their defaults."""
        return self._with(self.written)

    @property
    def key(self) -> str:
        """The technique with every option, which tells its runs from those of others."""
        return ",".join([self.name, *(f"{k}={v!r}" for k, v in self.options.items())])

    def _with(self, named: tuple[str, ...]) -> str:
        known, given = TECHNIQUES[self.name].options, self.options.items()
        shown = [f"{k}={v:g}" for k, v in given if k in named or v != known[k].default]
        return ":".join([self.name, *shown])

    def treat(self, base: keras.Model, valid_range: tuple[float, float] | None) -> Treated:
        """Returns `base`, a network of its own, as this technique trains it."""
        return TECHNIQUES[self.name].treat(base, valid_range, **self.options)


@contextlib.contextmanager
def fitting(technique: str) -> Iterator[None]:
    """Makes a ValueError within the block one sentence that names the technique as written."""
    try:
        yield
    except ValueError as error:
        raise ValueError(
            f"`techniques` has {technique!r}, which does not fit the network: "
            f"{' '.join(str(error).split())}"
        ) from error


def parse_techniques(written: str | Sequence[str] | None) -> list[Treatment]:
    """Returns the techniques named in `written`, the baseline first.

    Args:
        written: Names separated by commas, or a list of them, each followed by any options in
            the form `name:option=value:option=value`. `None` means all techniques. The baseline
            is added where it is not named.

    Raises:
        ValueError: If a technique or an option does not exist, a value is out of range, or one
            technique is named twice with the same options.

    Example:

    >>> from keras_regzoo.diagnostics.technique_names import parse_techniques
    >>> [treatment.label for treatment in parse_techniques("dropout:rate=0.3,l2")]
    ['baseline', 'dropout:rate=0.3', 'l2']
    """
    if written is None:
        written = list(TECHNIQUES)
    if isinstance(written, str):
        written = written.split(",")
    validation.instance("techniques", written, (list, tuple))
    treatments = [_parse(str(part).strip()) for part in written]
    labels = [treatment.label for treatment in treatments]
    for label in labels:
        if labels.count(label) > 1:
            raise ValueError(f"`techniques` must name each one once; received {label!r} twice.")
    baseline = Treatment(BASELINE, {})
    return [baseline, *(t for t in treatments if t != baseline)]


def _parse(written: str) -> Treatment:
    name, *assignments = written.split(":")
    if name not in TECHNIQUES:
        raise ValueError(_unknown("technique", name, TECHNIQUES))
    options = TECHNIQUES[name].options
    values = {option: options[option].default for option in options}
    given = []
    for assignment in assignments:
        option, equals, value = assignment.partition("=")
        if option not in options:
            raise ValueError(_unknown(f"option of {name}", option, options))
        if not equals or not value:
            raise ValueError(f"An option is written {name}:{option}=value; received {written!r}.")
        if option in given:
            raise ValueError(f"An option is written once; received {written!r}.")
        values[option] = _number(f"{name}:{option}", value, options[option])
        given.append(option)
    return Treatment(name, values, tuple(given))


def _number(name: str, value: str, option: Option) -> float:
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        if option.whole:
            return validation.integer(name, number, option.within)
        return validation.number(name, number, option.within)
    raise ValueError(f"`{name}` must be a number in {option.within}; received {value!r}.")


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name.lower(), known, n=2, cutoff=0.5)
    guess = f" Did you mean {' or '.join(repr(match) for match in near)}?" if near else ""
    those = f"those that exist are {', '.join(known)}" if known else "it takes none"
    return f"There is no {what} called {name!r}; {those}.{guess}"
