"""Neither DropConnect nor dropout lowers the error of a small network on 300 digits.

The second of two hidden layers loses half of its outputs (dropout) or half of its weights, other
ones for each example (DropConnect), while 300 labelled digits are learned; from the same weights
and on the same split for each seed. At inference DropConnect takes the mean of the weights, or the
mean over Gaussians with the moments of the pre-activations, as the paper does. The paper's gains
are those of wider networks that are trained for hundreds of epochs on all of MNIST.

Reference: Wan, Zeiler, Zhang, LeCun & Fergus 2013, Regularization of Neural Networks using
DropConnect.

Command: regzoo run dropconnect
With --data tfds:mnist it takes 300 of those; with --figure PATH it draws what each seed gave.
Expected: test error 0.052 plainly, 0.057 with dropout, 0.058 with DropConnect by the mean and by
moments: differences within chance. Means over five seeds; 79 s of processor time on TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from keras_regzoo import data
from keras_regzoo.cli.classifier import Trainer
from keras_regzoo.cli.classifier_recipe import Train, error_and_nats, run_classifiers
from keras_regzoo.layers import DropConnect

LABELLED = 300
EPOCHS = 60
UNITS = (128, 64)
DROPPED = 0.5
METHODS = ("plain", "dropout", "dropconnect", "dropconnect_moments")
MEASURES = {"error": "test error", "nats": "test cross-entropy (nats)"}
EXPECTED = {
    "plain/error": (0.035, 0.075),
    "dropout/error": (0.035, 0.075),
    "dropconnect/error": (0.04, 0.075),
    "dropconnect_moments/error": (0.04, 0.075),
}


def build(method: str, images: data.Dataset) -> Trainer:
    """Returns two hidden layers, of the second of which something is dropped, and their trainer."""
    hidden = layers.Dense(UNITS[1], "relu")
    second: list[Any] = [hidden]
    if method == "dropout":
        second.append(layers.Dropout(DROPPED))
    elif method != "plain":
        inference = "moments" if method == "dropconnect_moments" else "mean"
        second = [DropConnect(hidden, DROPPED, per_example=True, inference=inference)]
    first = [layers.Flatten(), layers.Dense(UNITS[0], "relu")]
    stack = [keras.Input(images.shape), *first, *second, layers.Dense(images.num_classes)]
    return Trainer(keras.Sequential(stack))


def measure(method: str, images: data.Dataset, train: Train) -> dict[str, float]:
    """Trains once; returns the error and cross-entropy on test images."""
    return error_and_nats(train(images), images.x_test, images.y_test)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    settings = {"labelled": LABELLED, "units": UNITS, "dropped": DROPPED}
    return run_classifiers(
        argv,
        __file__,
        __doc__,
        METHODS,
        build,
        measure,
        EPOCHS,
        EXPECTED,
        settings,
        "DropConnect, dropout and plain training",
        MEASURES,
    )


if __name__ == "__main__":
    raise SystemExit(main())
