"""What recipes share that compare ways to train a classifier on few labelled images."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import data
from keras_regzoo.cli.classifier import Trainer, loss
from keras_regzoo.cli.recipe_figures import dots
from keras_regzoo.cli.recipe_options import ANY, Needs, few, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.diagnostics.study import Measured
from keras_regzoo.quiet import QUIET

SEEDS = (0, 1, 2, 3, 4)
BATCH = 64
Train = Callable[[data.Dataset], keras.Model]
Task = Callable[[str, data.Dataset, Train], Measured]


def run_classifiers(
    argv: Sequence[str] | None,
    script: str,
    about: str | None,
    methods: Sequence[str],
    build: Callable[[str, data.Dataset], Trainer],
    measure: Task,
    epochs: int,
    expected: Mapping[str, tuple[float, float]],
    settings: Mapping[str, Any],
    heading: str,
    measures: Mapping[str, str],
    needs: Needs = ANY,
) -> int:
    """Measures the methods, and writes the JSON and a figure, as the command line asks.

    Args:
        argv: The command line's arguments.
        script: Path of the recipe; its JSON is `benchmarks/results/` and its name.
        about: Docstring of the recipe.
        methods: Names of the methods; a smoke test takes the first and the last.
        build: Returns what trains the classifier of a method, given images such as it is for.
        measure: Returns what a method measures, given its name, images, and what trains its
            classifier on images, from the weights of a seed.
        epochs: Passes over the training images.
        expected: As `finish` takes it.
        settings: The recipe's own, to be saved; `labelled` is how many training images it takes.
        heading: The figure's title.
        measures: The measures that are drawn, and their labels.
        needs: What the images must be.

    Returns:
        0 if all means are as expected or nothing was compared, else 1.
    """
    asked = read_options(argv, script, about, SEEDS, epochs, images=True, needs=needs)
    labelled = settings["labelled"]

    @functools.cache
    def trainer(method: str) -> Trainer:
        keras.utils.set_random_seed(0)
        return build(method, few(asked.images(SEEDS[0]), labelled))

    def measured(method: str, seed: int) -> Measured:
        def train(given: data.Dataset) -> keras.Model:
            options = {"batch_size": BATCH, "epochs": asked.epochs}
            return trainer(method)(given.x_train, given.y_train, seed, **options)

        return measure(method, few(asked.images(seed), labelled), train)

    common = {"data": asked.data, "epochs": asked.epochs, "batch": BATCH}
    found = study(asked.methods(methods), measured, asked.seeds, {**common, **settings})
    line = f"{labelled} training images of {asked.data}. Dots: seeds; diamond: their mean."
    return finish(found, asked, expected, lambda: dots(found, measures, heading, line))


def error_and_nats(model: keras.Model, x: np.ndarray, y: np.ndarray) -> Measured:
    """Returns the share of images read wrong, and the mean cross-entropy, in nats."""
    logits = model.predict(x, batch_size=len(x), verbose=QUIET)
    nats = float(ops.convert_to_numpy(loss()(y, logits)))
    return {"error": float(np.mean(logits.argmax(-1) != y)), "nats": nats}
