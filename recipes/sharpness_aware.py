"""Sharpness-aware minimization against plain training.

X
"""

from __future__ import annotations

from collections.abc import Sequence

from keras_regzoo import data
from keras_regzoo.cli.classifier import Trainer, loss, network
from keras_regzoo.cli.classifier_recipe import Train, error_and_nats, run_classifiers
from keras_regzoo.diagnostics import sharpness
from keras_regzoo.objectives import SharpnessAware

LABELLED = 300
EPOCHS = 100
UNITS = (128, 128)
RADII = {"plain": 0.0, "sam_0.05": 0.05, "sam_0.2": 0.2, "sam_0.5": 0.5}
BALL = 0.5  # radius in which sharpness is measured
STEPS = 5
MEASURES = {
    "error": "test error",
    "nats": "test cross-entropy (nats)",
    "sharpness": f"rise of the training loss within {BALL} (nats)",
}
EXPECTED = {}


def build(method: str, images: data.Dataset) -> Trainer:
    radius = RADII[method]
    return Trainer(network(images, UNITS), [SharpnessAware(radius)] if radius else [])


def measure(method: str, images: data.Dataset, train: Train) -> dict[str, float]:
    """Trains once; returns the errors on test images and the sharpness on training images."""
    model = train(images)
    model.compile(loss=loss())
    rise = sharpness(model, images.x_train, images.y_train, radius=BALL, steps=STEPS)
    return {**error_and_nats(model, images.x_test, images.y_test), "sharpness": rise}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    settings = {"labelled": LABELLED, "units": UNITS, "radii": RADII, "ball": BALL, "steps": STEPS}
    methods = list(RADII)
    return run_classifiers(
        argv, __file__, __doc__, methods, build, measure, EPOCHS, EXPECTED, settings, MEASURES
    )


if __name__ == "__main__":
    raise SystemExit(main())
