"""Continuation from a blurred loss finds the least of many minima of a function.

The function is w²/4 + 1 − cos 2πw, which has a minimum near each integer, and its least at 0. A
model has 200 weights, from -5 to 5 at first, and the sum of the functions of all as its loss: 200
descents at once. Plain descent ends each in the nearest minimum. With LossSmoothing the loss is
averaged over Gaussian perturbations of the weights, whose width ContinuationScheduler lowers in
stages to zero: the cosine is averaged out at first, and the parabola leads the way. Measured is the
share that ends at the least minimum, and the mean of the function.

Then a network of two hidden layers learns digits from 200 of them, plainly and by continuation, for
the same number of steps and from the same weights. Its minima are not so bad as to need it.

Reference: Mobahi 2016, Training Recurrent Neural Networks by Diffusion, sec. 2; Bengio, Louradour,
Collobert & Weston 2009, Curriculum Learning, sec. 3 (continuation methods).

Command: regzoo run continuation
With --data tfds:mnist the network takes 200 of those; with --figure PATH it draws the function, its
blurs, and where the descents end.
Expected: 12 % of the descents end at the least minimum plainly, all by continuation; the network
has the accuracy 0.934 plainly and 0.931 by continuation, a difference within chance. 58 s of
processor time on TensorFlow.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import ContinuationScheduler
from keras_regzoo.cli.classifier import Trainer, accuracy, loss, network
from keras_regzoo.cli.recipe_options import Asked, few, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.diagnostics.figure_style import BETTER, MUTED, WORSE, despine, new_figure
from keras_regzoo.objectives import LossSmoothing
from keras_regzoo.quiet import QUIET

METHODS = ("function/plain", "function/continuation", "network/plain", "network/continuation")
SEEDS = (0, 1, 2)
EPOCHS = 40
STARTS, REACH = 200, 5.0
STEPS = 50  # an epoch, on the function
WIDTHS = {"function": (1.0, 0.6, 0.4, 0.2), "network": (1.0, 0.5, 0.25, 0.1)}
SAMPLES = {"function": 8, "network": 4}
RATE = {"function": 0.01, "network": 1e-3}
LABELLED = 200
BATCH = 32
UNITS = (128, 128)
NEAR = 0.5  # to the least minimum
EXPECTED = {
    "function/plain/found": (0.0397, 0.14),
    "function/continuation/found": (0.98, 1.0),
    "network/continuation - network/plain/test": (-0.0119, 0.00814),
}


def function(w: Any, blur: float = 0.0) -> Any:
    """Returns w²/4 + 1 − cos 2πw, averaged over Gaussian perturbations of w in closed form."""
    w = ops.convert_to_tensor(w)
    waves = math.exp(-2 * (math.pi * blur) ** 2) * ops.cos(2 * math.pi * w)
    return (w**2 + blur**2) / 4 + 1 - waves


def smoothed(problem: str) -> LossSmoothing:
    return LossSmoothing(relative=problem == "network", samples=SAMPLES[problem], seed=0)


def lowering(problem: str, epochs: int) -> ContinuationScheduler:
    widths = WIDTHS[problem]
    return ContinuationScheduler(
        "loss_smoothing/stddev", widths, epochs=max(1, epochs // (len(widths) + 1))
    )


@functools.cache
def ends(method: str, seed: int, epochs: int) -> np.ndarray:
    """Returns where the descents on the function end."""
    continues = method == "continuation"
    starts = keras.initializers.RandomUniform(-REACH, REACH, seed=seed)
    layer = keras.layers.Dense(STARTS, use_bias=False, kernel_initializer=starts)
    model = keras.Sequential([keras.Input((1,)), layer])
    wrapped = RegularizedModel(model, [smoothed("function")] if continues else [])
    wrapped.compile(
        keras.optimizers.SGD(RATE["function"]), lambda _, w: ops.sum(function(w), axis=-1)
    )
    one = np.ones((STEPS, 1), "float32")
    callbacks = [lowering("function", epochs)] if continues else []
    wrapped.fit(one, one, batch_size=1, epochs=epochs, callbacks=callbacks, verbose=QUIET)
    return np.array(ops.convert_to_numpy(layer.kernel))[0]


def of_function(method: str, seed: int, epochs: int) -> dict[str, float]:
    """Returns the share of descents that end at the least minimum, and the mean of the function."""
    found = ends(method, seed, epochs)
    return {
        "found": float(np.mean(np.abs(found) < NEAR)),
        "value": float(np.mean(ops.convert_to_numpy(function(found)))),
    }


def of_network(method: str, seed: int, epochs: int, asked: Asked, train: Trainer) -> dict:
    """Returns the accuracy on test images, and the loss of training images."""
    images = few(asked.images(seed), LABELLED)
    callbacks = [lowering("network", epochs)] if method == "continuation" else []
    options: Any = {"batch_size": BATCH, "epochs": epochs, "callbacks": callbacks}
    model = train(images.x_train, images.y_train, seed, **options)
    outputs = model(ops.convert_to_tensor(images.x_train))
    return {
        "test": accuracy(model, images.x_test, images.y_test),
        "loss": float(ops.convert_to_numpy(loss()(images.y_train, outputs))),
    }


def draw(epochs: int) -> Any:
    """Draws the function, its blurs, and where the descents of the first seed end."""
    figure = new_figure(7, 4.4)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    w = np.linspace(-REACH, REACH, 1001)
    for blur in (0.0, *reversed(WIDTHS["function"])):
        color = WORSE if blur == 0 else MUTED
        above.plot(w, ops.convert_to_numpy(function(w, blur)), color=color, lw=1.5 - blur)
    above.set_ylabel("function, and blurred")
    bins = np.linspace(-REACH, REACH, 81)
    for method, color in (("plain", WORSE), ("continuation", BETTER)):
        below.hist(ends(method, SEEDS[0], epochs), bins, color=color, alpha=0.8, label=method)
    below.set_ylabel("descents that end here")
    below.set_xlabel("w")
    below.legend(frameon=False)
    for axes in (above, below):
        despine(axes, ("top", "right"))
    return figure


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS, images=True)
    epochs = max(asked.epochs, 1 + max(map(len, WIDTHS.values())))  # one a width, one at zero

    @functools.cache
    def trainer(method: str) -> Trainer:
        objectives = [smoothed("network")] if method == "continuation" else []
        return Trainer(network(asked.images(SEEDS[0]), UNITS), objectives, RATE["network"])

    def measure(name: str, seed: int) -> dict[str, float]:
        problem, method = name.split("/")
        if problem == "function":
            return of_function(method, seed, epochs)
        return of_network(method, seed, epochs, asked, trainer(method))

    settings = {
        "data": asked.data,
        "epochs": epochs,
        "starts": STARTS,
        "reach": REACH,
        "steps": STEPS,
        "widths": WIDTHS,
        "samples": SAMPLES,
        "rate": RATE,
        "labelled": LABELLED,
        "batch": BATCH,
        "units": UNITS,
        "near": NEAR,
    }
    found = study(asked.methods(METHODS), measure, asked.seeds, settings)
    return finish(found, asked, EXPECTED, lambda: draw(epochs))


if __name__ == "__main__":
    raise SystemExit(main())
