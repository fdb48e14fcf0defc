"""What recipes share that measure a few autoencoders on images, over seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras

from keras_regzoo import data
from keras_regzoo.cli.recipe_options import ANY, MOST, TEST, Needs, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.diagnostics.study import Measured
from keras_regzoo.quiet import QUIET

SEEDS = (0, 1)
BATCH = 64
RATE = 2e-3
Task = Callable[[str, data.Dataset, int, int], Measured]


def run_study(
    argv: Sequence[str] | None,
    script: str,
    about: str | None,
    methods: Sequence[str],
    measure: Task,
    epochs: int,
    expected: Mapping[str, tuple[float, float]],
    settings: Mapping[str, Any],
    figure: Callable[[data.Dataset, int], Any],
    needs: Needs = ANY,
) -> int:
    """Measures the methods, and writes the JSON and a figure, as the command line asks.

    Args:
        argv: The command line's arguments.
        script: Path of the recipe; its JSON is `benchmarks/results/` and its name.
        about: Docstring of the recipe.
        methods: Names of the methods.
        measure: Returns what a method measures, given its name, the images, a seed and the epochs.
        epochs: Passes over the training images.
        expected: Under `"method/measure"` the interval of its mean over seeds on digits, on any
            backend.
        settings: The recipe's own, to be saved.
        figure: Returns the recipe's figure, which shows images, given images and the epochs.
        needs: What the images must be.

    Returns:
        0 if all means are as expected or nothing was compared, else 1.
    """
    needs = replace(needs, drawn=True)
    asked = read_options(argv, script, about, SEEDS, epochs, images=True, needs=needs)
    everything = {"epochs": asked.epochs, "batch": BATCH, "rate": RATE, "test": TEST, "most": MOST}
    found = study(
        asked.methods(methods),
        lambda method, seed: measure(method, asked.images(seed), seed, asked.epochs),
        asked.seeds,
        {"data": asked.data, **everything, **settings},
    )
    return finish(found, asked, expected, lambda: figure(asked.images(SEEDS[0]), asked.epochs))


def trained(
    build: Callable[[], keras.Model],
    given: data.Dataset,
    seed: int,
    epochs: int,
    rate: float = RATE,
    loss: Any = "mse",
    x: Any = None,
    y: Any = None,
) -> Any:
    """Returns an autoencoder trained from the initial weights of `seed`.

    Adam's rate falls to zero along a cosine.

    Args:
        build: Makes the model.
        given: The images.
        seed: Of the weights and the batches.
        epochs: Passes over the training images.
        rate: Adam's at the start.
        loss: What is compiled, squared error by default; `None` for a model that brings its own.
        x: What to train on in place of the training images.
        y: What else `fit` is given, such as labels.
    """
    keras.utils.set_random_seed(seed)
    model = build()
    steps = math.ceil(len(given.x_train) / BATCH) * epochs
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps))
    optimizer.build(model.trainable_variables)  # or TensorFlow traces the first step twice
    model.compile(optimizer, loss)
    x = given.x_train if x is None else x
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=QUIET)
    return model
