"""What the command line asks of a recipe, and how a recipe that measures a study ends."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from keras_regzoo.diagnostics.study import Study

DIGITS = "digits"


@dataclass(frozen=True)
class Asked:
    """What the command line asks of a recipe.

    Attributes:
        seeds: The seeds to measure with; the first alone for a smoke test.
        epochs: Passes over the training examples.
        data: What to train on.
        smoke: Whether to try shortly that all works.
        compares: Whether the means are to be compared with the expected ones: everything is as the
            recipe has it.
        out: Where to write the JSON; `None` for nowhere.
        figure: Where to write the figure; `None` for nowhere.
    """

    seeds: tuple[int, ...]
    epochs: int
    data: str
    smoke: bool
    compares: bool
    out: Path | None
    figure: Path | None


def read_options(
    argv: Sequence[str] | None,
    script: str,
    about: str | None,
    seeds: Sequence[int],
    epochs: int,
    images: bool = False,
) -> Asked:
    """Reads a recipe's command line.

    Args:
        argv: The arguments; by default those of the process.
        script: Path of the recipe; its JSON is `benchmarks/results/` and its name.
        about: Docstring of the recipe.
        seeds: Those it measures with.
        epochs: Passes over the training examples.
        images: Whether it takes any images, and draws a figure.
    """
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="one seed and epoch, no comparison")
    parser.add_argument("--epochs", type=_positive, help=f"passes over the data, not {epochs}")
    parser.add_argument("--out", type=Path, help="where to write the JSON")
    if images:
        parser.add_argument("--data", default=DIGITS, help="images in [0, 1], such as tfds:mnist")
        parser.add_argument("--figure", type=Path, help="where to write the figure, a .png file")
    given = argparse.Namespace(data=DIGITS, figure=None)
    parser.parse_args(argv, given)
    as_it_is = not given.smoke and given.data == DIGITS and given.epochs in (None, epochs)
    results = Path(script).resolve().parents[1] / "benchmarks" / "results"
    return Asked(
        seeds=tuple(seeds[:1] if given.smoke else seeds),
        epochs=given.epochs or (1 if given.smoke else epochs),
        data=given.data,
        smoke=given.smoke,
        compares=as_it_is,
        out=given.out or (results / f"{Path(script).stem}.json" if as_it_is else None),
        figure=given.figure,
    )


def finish(found: Study, asked: Asked, expected: Mapping[str, tuple[float, float]]) -> int:
    """Writes what a recipe measured, and says whether it is as expected.

    Args:
        found: What it measured.
        asked: What the command line asked for.
        expected: Under `"method/measure"` the interval of its mean over the seeds, on any backend.

    Returns:
        0 if all means are as expected or nothing was compared, else 1.
    """
    print(f"{found.seconds:.0f} s on {keras.config.backend()}")
    if asked.out is not None:
        found.save(asked.out)
    if not asked.compares:
        return 0
    within = True
    for name, (least, greatest) in expected.items():
        method, _, measure = name.rpartition("/")
        within &= least <= found.mean(method, measure) <= greatest
    print("as expected" if within else "NOT as expected")
    return 0 if within else 1


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1; received {text!r}")
    return int(text)
