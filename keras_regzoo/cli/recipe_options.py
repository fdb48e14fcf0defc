"""What the command line asks of a recipe, and how a recipe that measures a study ends."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras

from keras_regzoo import data
from keras_regzoo.diagnostics.figure_style import png
from keras_regzoo.diagnostics.pictures import is_picture
from keras_regzoo.diagnostics.run_store import write_atomically
from keras_regzoo.diagnostics.study import Study

DIGITS = "digits"
TEST = 0.3
MOST = 10_000  # training images
FEW = 256  # images of each part, in a smoke test
GAIN = " - "


@dataclass(frozen=True)
class Needs:
    """What the images of a recipe must be, beyond values in [0, 1] with classes.

    Attributes:
        pictures: Whether they must have a height, a width and channels.
        labelled: Training images that have a label, one of each class at least; `None` for all.
        training: Training images at least.
        drawn: Whether the figure shows them.
    """

    pictures: bool = False
    labelled: int | None = None
    training: int = 1
    drawn: bool = False

    def check(self, images: data.Dataset, source: str, figure: bool = False) -> None:
        """Raises a ValueError unless images are such, and can be drawn if a figure is asked for."""
        if self.pictures and len(images.shape) != 3:
            raise ValueError(
                "`data` must be images of shape (height, width) or (height, width, channels); "
                f"received {source!r}, whose examples have the shape {images.shape}."
            )
        if self.labelled is not None:
            few(images, self.labelled)
        if len(images.x_train) < self.training:
            raise ValueError(
                f"`data` must have at least {self.training} training images; received {source!r}, "
                f"which has {len(images.x_train)}."
            )
        if figure and self.drawn and not is_picture(images.shape):
            raise ValueError(
                "`data` must be images of one channel or three for --figure to draw; received "
                f"{source!r}, whose examples have the shape {images.shape}."
            )


ANY = Needs()


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
        needs: What the images must be.
    """

    seeds: tuple[int, ...]
    epochs: int
    data: str
    smoke: bool
    compares: bool
    out: Path | None
    figure: Path | None
    needs: Needs = ANY

    def methods(self, names: Iterable[str]) -> list[str]:
        """Returns the methods to measure: in a smoke test the first and the last of them."""
        every = list(names)
        return list(dict.fromkeys([every[0], every[-1]])) if self.smoke else every

    def images(self, seed: int) -> data.Dataset:
        """Returns the images of a seed's split: so many that a recipe is done soon.

        Raises:
            ValueError: If the data are no images, or not such as the recipe needs.
        """
        found = images(self.data, seed, FEW if self.smoke else MOST)
        self.needs.check(found, self.data, self.figure is not None)
        return found


def read_options(
    argv: Sequence[str] | None,
    script: str,
    about: str | None,
    seeds: Sequence[int],
    epochs: int,
    images: bool = False,
    figure: bool | None = None,
    needs: Needs = ANY,
) -> Asked:
    """Reads a recipe's command line.

    A mistake in it is told with exit status 2.

    Args:
        argv: The arguments; by default those of the process.
        script: Path of the recipe; its JSON is `benchmarks/results/` and its name, where there is
            such a folder beside that of the recipe.
        about: Docstring of the recipe.
        seeds: Those it measures with.
        epochs: Passes over the training examples.
        images: Whether it takes any images; else it makes its own data, and `--data` is refused.
        figure: Whether it draws a figure; by default if it takes images.
        needs: What the images must be.
    """
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="try shortly, compare nothing")
    parser.add_argument("--epochs", type=_positive, help=f"passes over the data, not {epochs}")
    parser.add_argument("--out", type=_file, help="where to write the JSON")
    if images:
        about_data = "images in [0, 1] with classes, such as tfds:mnist"
        parser.add_argument("--data", default=DIGITS, help=about_data)
    else:
        parser.add_argument("--data", type=_own_data, help=argparse.SUPPRESS)
    if images if figure is None else figure:
        parser.add_argument("--figure", type=_file, help="where to write the figure, a .png file")
    given = parser.parse_args(argv, argparse.Namespace(figure=None))
    source = given.data or DIGITS
    as_it_is = not given.smoke and source == DIGITS and given.epochs in (None, epochs)
    results = Path(script).resolve().parents[1] / "benchmarks" / "results"
    kept = results / f"{Path(script).stem}.json" if as_it_is and results.is_dir() else None
    return Asked(
        seeds=tuple(seeds[:1] if given.smoke else seeds),
        epochs=given.epochs or (1 if given.smoke else epochs),
        data=source,
        smoke=given.smoke,
        compares=as_it_is,
        out=given.out or kept,
        figure=given.figure,
        needs=needs,
    )


@functools.lru_cache(maxsize=8)  # the splits of a recipe's seeds
def images(source: str, seed: int, most: int = MOST) -> data.Dataset:
    """Returns images, of which at most `most` train; fewer than `MOST` cut the other parts too.

    Those of shape (height, width) get an axis of one channel.
    """
    loaded = data.load(source, test=TEST, seed=seed)
    least, greatest = loaded.x_train.min(), loaded.x_train.max()
    if least < 0 or greatest > 1:
        raise ValueError(
            f"`data` must be images in [0, 1]; received {source!r}, whose values go from "
            f"{least:g} to {greatest:g}."
        )
    if not loaded.classes:
        raise ValueError(f"`data` must have classes; received {source!r}, a regression.")
    fewer = few(_with_channels(loaded), most)
    if most >= MOST:
        return fewer
    return replace(
        fewer,
        x_validation=fewer.x_validation[:most],
        y_validation=fewer.y_validation[:most],
        x_test=fewer.x_test[:most],
        y_test=fewer.y_test[:most],
    )


def _with_channels(images: data.Dataset) -> data.Dataset:
    if len(images.shape) != 2:
        return images
    parts = ("x_train", "x_validation", "x_test")
    return replace(images, **{part: getattr(images, part)[..., None] for part in parts})


def few(images: data.Dataset, most: int) -> data.Dataset:
    """Returns the images, of which at most `most` train, one of each class at least.

    Raises:
        ValueError: If there are more classes.
    """
    if images.num_classes > most:
        raise ValueError(
            f"`data` must have at most {most} classes, one for each training image; received "
            f"{images.name!r}, which has {images.num_classes}."
        )
    return images.with_training_size(min(most, len(images.x_train)))


def finish(
    found: Study,
    asked: Asked,
    expected: Mapping[str, tuple[float, float]],
    figure: Callable[[], Any] | None = None,
) -> int:
    """Writes what a recipe measured, beside what is expected, and says whether it is so.

    Args:
        found: What it measured.
        asked: What the command line asked for.
        expected: The interval of a mean over the seeds, on any backend: under `"method/measure"`
            that of a measure, under `"method - baseline/measure"` that of the difference of two
            methods' on the same seeds.
        figure: Makes the recipe's figure, once the numbers are saved.

    Returns:
        0 if all means are as expected or nothing was compared, else 1.
    """
    within = True
    for name, (least, greatest) in expected.items():
        method, _, measure = name.rpartition("/")
        if not asked.compares and not found.runs.keys() >= set(method.split(GAIN)):
            continue
        mean, text = _mean(found, method, measure)
        within &= least <= mean <= greatest
        print(f"{name}: {text}, expected {least:g} to {greatest:g}")
    processor = f"{found.processor_seconds or 0:.0f} s of processor time"
    print(f"{found.seconds:.0f} s, {processor}, on {keras.config.backend()}")
    if asked.out is not None:
        found.save(asked.out)
    elif asked.compares:
        print("not saved: --out says where to")
    if asked.figure is not None and figure is not None:
        write_atomically(asked.figure, png(figure()))
    if not asked.compares:
        print("not compared: the expected numbers are those of the recipe as it is")
        return 0
    print("as expected" if within else "NOT as expected")
    return 0 if within else 1


def _mean(found: Study, method: str, measure: str) -> tuple[float, str]:
    """Returns a mean, or a mean difference, and how to write it."""
    if GAIN not in method:
        mean = found.mean(method, measure)
        return mean, f"{mean:.3f}"
    first, _, second = method.partition(GAIN)
    gain = found.gain(first, second, measure)
    text = f"{gain.mean:+.3f}"
    if gain.interval is not None:
        low, high = gain.interval
        text += f" (95 % interval {low:+.3f} to {high:+.3f})"
    return gain.mean, text


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1; received {text!r}")
    return int(text)


def _own_data(text: str) -> str:
    raise argparse.ArgumentTypeError(f"this recipe makes its own data; received {text!r}")


def _file(text: str) -> Path:
    folder = Path(text).absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or Path(text).is_dir():
        raise argparse.ArgumentTypeError(
            f"must be a file in a folder that can be written to; received {text!r}"
        )
    return Path(text)
