"""Tangent prop against plain training and against shifted copies, on few digits.

X
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.classifier import Trainer, network
from keras_regzoo.cli.classifier_recipe import Train, error_and_nats, run_classifiers
from keras_regzoo.objectives import TangentProp
from keras_regzoo.objectives.image_tangents import KINDS

LABELLED = 100
EPOCHS = 20
UNITS = (128, 128)
STRENGTH = 0.1
SHIFTS = tuple(itertools.product((-1, 0, 1), repeat=2))  # pixels down and to the right
SHIFTING = ("translation_x", "translation_y")
METHODS: dict[str, Callable[[], list[Any]]] = {
    "plain": list,
    "shifted_copies": list,
    "tangent_prop": lambda: [TangentProp(SHIFTING, STRENGTH)],
    "all_seven_tangents": lambda: [TangentProp(KINDS, STRENGTH)],
    "copies_and_tangent_prop": lambda: [TangentProp(SHIFTING, STRENGTH)],
}
MEASURES = {"error": "test error", "shifted_error": "test error, shifted by a pixel"}
EXPECTED = {}


def shifted(x: np.ndarray, down: int, right: int) -> np.ndarray:
    """Returns images moved by -1, 0 or 1 pixels; what comes in is 0."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    height, width = x.shape[1:3]
    return padded[:, 1 - down : 1 - down + height, 1 - right : 1 - right + width]


def copies(images: data.Dataset, shifts: Sequence[tuple[int, int]]) -> data.Dataset:
    """Returns the images with a copy of each training image for each shift."""
    x = np.concatenate([shifted(images.x_train, *shift) for shift in shifts])
    return dataclasses.replace(images, x_train=x, y_train=np.tile(images.y_train, len(shifts)))


def build(method: str, images: data.Dataset) -> Trainer:
    return Trainer(network(images, UNITS), METHODS[method]())


def measure(method: str, images: data.Dataset, train: Train) -> dict[str, float]:
    """Trains once; returns the error on test images, and the mean over them shifted by a pixel."""
    model = train(copies(images, SHIFTS if "copies" in method else [(0, 0)] * len(SHIFTS)))
    x, y = images.x_test, images.y_test
    moved = [shifted(x, *shift) for shift in SHIFTS if shift != (0, 0)]
    each = error_and_nats(model, np.concatenate(moved), np.tile(y, len(moved)))
    return {"error": error_and_nats(model, x, y)["error"], "shifted_error": each["error"]}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    settings = {"labelled": LABELLED, "units": UNITS, "strength": STRENGTH, "shifts": SHIFTS}
    methods = list(METHODS)
    return run_classifiers(
        argv, __file__, __doc__, methods, build, measure, EPOCHS, EXPECTED, settings, MEASURES
    )


if __name__ == "__main__":
    raise SystemExit(main())
