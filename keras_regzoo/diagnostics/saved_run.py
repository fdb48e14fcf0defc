"""The form of a saved run of a comparison, which a file must have to be taken for one."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from keras_regzoo import validation
from keras_regzoo.diagnostics.calibration import BINS
from keras_regzoo.diagnostics.technique_names import Treatment

SECONDS = "[1e-9, 1e9]"  # of an epoch: their ratios are finite
ROUNDING = 1e-6  # of a sum of confidences
VERSIONS = ("keras_regzoo", "keras", "backend", "numpy", "python", "system")


@dataclasses.dataclass(frozen=True)
class Number:
    """A number in an interval; a whole one, or `None` instead, where that is said."""

    within: str
    whole: bool = False
    optional: bool = False

    def check(self, name: str, value: Any) -> None:
        if value is None and self.optional:
            return
        (validation.integer if self.whole else validation.number)(name, value, self.within)


@dataclasses.dataclass(frozen=True)
class Row:
    """A list of so many values of one form."""

    each: Number
    length: int

    def check(self, name: str, value: Any) -> None:
        if not isinstance(value, list) or len(value) != self.length:
            raise ValueError(
                f"`{name}` must be a list of {self.length}; received {validation.shown(value)}."
            )
        for number, entry in enumerate(value):
            self.each.check(f"{name}[{number}]", entry)


@dataclasses.dataclass(frozen=True)
class Text:
    """A text that begins with `start`."""

    start: str = ""

    def check(self, name: str, value: Any) -> None:
        if not isinstance(value, str) or not value.startswith(self.start):
            raise ValueError(
                f"`{name}` must be a text that begins with {self.start!r}; received "
                f"{validation.shown(value)}."
            )


@dataclasses.dataclass(frozen=True)
class Same:
    """This value, as JSON holds it."""

    value: Any

    def check(self, name: str, value: Any) -> None:
        if json.dumps(value, sort_keys=True) != json.dumps(self.value, sort_keys=True):
            raise ValueError(
                f"`{name}` must be {self.value!r}; received {validation.shown(value)}."
            )


@dataclasses.dataclass(frozen=True)
class Parts:
    """An object with these entries, among others; `optional` ones may be missing."""

    entries: dict[str, Form]
    optional: tuple[str, ...] = ()

    def check(self, name: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"`{name}` must be an object; received {validation.shown(value)}.")
        for entry, form in self.entries.items():
            if entry in value:
                form.check(f"{name}.{entry}", value[entry])
            elif entry not in self.optional:
                raise ValueError(
                    f"`{name}` must have an entry {entry!r}; received {sorted(value)}."
                )


Form = Number | Row | Text | Same | Parts


def check_run(run: Any, treatment: Treatment, seed: int, settings: dict[str, Any]) -> None:
    """Raises a ValueError unless `run` is what `Experiment.run` returns, as JSON holds it.

    Args:
        run: What a file holds.
        treatment: The technique whose run it must be.
        seed: The seed that it must be of.
        settings: Those of the comparison.
    """
    _run_form(treatment, seed, settings).check("run", run)
    trained = run["epochs_trained"]
    Number(f"[1, {trained}]", whole=True).check("run.kept_epoch", run["kept_epoch"])
    losses = Row(Number("[0, inf)", optional=True), trained)
    curves = Parts({"error": Row(_error(settings), trained), "loss": losses})
    curves.check("run.curves", run["curves"])
    for part in ("train", "validation", "test"):
        _check_measured(f"run.{part}", run[part], settings[f"{part}_size"])


def _run_form(treatment: Treatment, seed: int, settings: dict[str, Any]) -> Parts:
    measured = _measured_form(settings)
    return Parts(
        {
            "technique": Text(treatment.name),
            "options": Same(treatment.options),
            "seed": Same(seed),
            "train": measured,
            "validation": measured,
            "test": measured,
            "epochs_trained": Number(f"[1, {settings['epochs']}]", whole=True),
            "kept_epoch": Number("[1, inf)", whole=True),
            "seconds_per_epoch": Number(SECONDS),
            "curves": Parts({}),
            "environment": Parts(
                {
                    **{name: Text() for name in VERSIONS},
                    "cpus": Number("[1, inf)", whole=True, optional=True),
                }
            ),
        }
    )


def _error(settings: dict[str, Any]) -> Number:
    """Returns the form of a fraction wrong, or of a root mean squared error."""
    return Number("[0, inf)" if settings["task"] == "regression" else "[0, 1]", optional=True)


def _measured_form(settings: dict[str, Any]) -> Parts:
    measures: dict[str, Form] = {
        "error": _error(settings),
        "loss": Number("[0, inf)", optional=True),
    }
    if settings["task"] == "regression":
        return Parts(measures)
    counts = Row(Number("[0, inf)", whole=True), BINS)
    bins = Parts(
        {"count": counts, "correct": counts, "confidence": Row(Number("[0, inf)"), BINS)},
    )
    measures |= {"ece": Number("[0, 1]", optional=True), "reliability": bins}
    return Parts(measures, optional=("reliability",))  # which earlier versions did not save


def _check_measured(name: str, measured: dict[str, Any], size: int) -> None:
    """Raises a ValueError unless the measures of a set go together."""
    numbers = [measured[each] for each in ("error", "loss", "ece") if each in measured]
    bins = measured.get("reliability")
    diverged = None in numbers
    if diverged and (bins or numbers.count(None) < len(numbers)):
        raise ValueError(f"`{name}` must have measures, or none of any; received some.")
    if bins is None:
        return
    if sum(bins["count"]) != size:
        raise ValueError(f"`{name}.reliability` must count {size}; received {bins['count']}.")
    for count, *parts in zip(bins["count"], bins["correct"], bins["confidence"], strict=True):
        if max(parts) > count * (1 + ROUNDING):
            raise ValueError(f"`{name}.reliability` must have at most {count}; received {parts}.")
