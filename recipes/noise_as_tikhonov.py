"""Training a linear model on noisy inputs is ridge regression with λ = n σ².

200 images are regressed on their classes by linear Keras models, which see other Gaussian noise on
the pixels in every step of SGD; the weights are averaged at the end. Beside them stands ridge
regression in closed form: for a linear model the two losses are equal on average, at any σ. For a
network they are equal to second order in σ: noise of 0.1 on the inputs of one with a hidden layer
is set beside `InputGradientPenalty` of strength σ²/2, which it is where the predicted probabilities
are right (there the mean of the squared gradient is the curvature of the cross-entropy). Both
flatten the loss around test images, the penalty by half as much: on images learned by heart the
gradient is gone before the curvature is. On errors neither tells from plain training.

Reference: Bishop 1995, Training with Noise is Equivalent to Tikhonov Regularization; Goodfellow,
Bengio & Courville 2016, Deep Learning, §7.5.

Command: regzoo run noise_as_tikhonov
With --data tfds:mnist it takes 200 of those.
Expected: linear weights within 2.3, 2.8, 3.1 and 4.3 % of ridge regression's at σ of 0.1, 0.2, 0.4
and 0.8, what is left of the noise of SGD, where those of least squares are 11 to 53 times as far as
they are large; mean squared gradient 5.74 plainly, 4.37 with noise, 5.21 with the penalty; test
error 0.064, 0.064 and 0.063; means over three seeds; 113 s of processor time on TensorFlow, 27 s on
JAX.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_regzoo import data
from keras_regzoo.backend import value_and_grad
from keras_regzoo.cli.classifier import Trainer, loss
from keras_regzoo.cli.recipe_options import Asked, few, finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.diagnostics.study import Measured
from keras_regzoo.objectives import InputGradientPenalty
from keras_regzoo.quiet import QUIET

LABELLED = 200
NOISES = (0.1, 0.2, 0.4, 0.8)  # σ, of pixels in [0, 1]
STEPS = 4000
RATE, AVERAGE = 0.4, 0.998
NETWORK_NOISE = 0.1
UNITS = 64
EPOCHS = 200
BATCH = 50
SEEDS = (0, 1, 2)
NETWORKS = ("plain", "noise", "penalty")
EXPECTED = {
    "linear_0.1/from_ridge": (0.0, 0.05),
    "linear_0.1/least_squares_from_ridge": (1.0, 100.0),
    "linear_0.2/from_ridge": (0.0, 0.05),
    "linear_0.4/from_ridge": (0.0, 0.05),
    "linear_0.8/from_ridge": (0.0, 0.07),
    "plain/error": (0.045, 0.09),
    "noise - plain/squared_gradient": (-2.5, -0.7),
    "penalty - plain/squared_gradient": (-1.4, -0.2),
    "penalty - plain/error": (-0.015, 0.015),
}


def regression(images: data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Returns the training images as centred rows, and their classes as centred 0 and 1."""
    x = images.x_train.reshape(len(images.x_train), -1).astype("float64")
    y = np.eye(images.num_classes)[images.y_train]
    return x - x.mean(axis=0), y - y.mean(axis=0)


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Minimizes ‖y − x w‖² + penalty ‖w‖², of smallest norm where there are many minima."""
    wide = np.concatenate([x, np.sqrt(penalty) * np.eye(x.shape[1])])
    return np.linalg.lstsq(wide, np.concatenate([y, np.zeros((x.shape[1], y.shape[1]))]))[0]


def trained_on_noise(x: np.ndarray, y: np.ndarray, steps: int) -> dict[float, np.ndarray]:
    """Returns the weights of linear models that see other noise in every step, by its σ."""
    inputs = keras.Input((x.shape[1],))
    linear = {
        noise: layers.Dense(y.shape[1], use_bias=False, kernel_initializer="zeros")
        for noise in NOISES
    }
    outputs = [linear[noise](layers.GaussianNoise(noise)(inputs)) for noise in NOISES]
    model = keras.Model(inputs, ops.stack(outputs, axis=1))
    optimizer = keras.optimizers.SGD(RATE, use_ema=True, ema_momentum=AVERAGE)
    model.compile(optimizer, lambda y, made: ops.sum(ops.square(y[:, None] - made), (1, 2)) / 2)
    rows = (np.tile(each.astype("float32"), (steps, 1)) for each in (x, y))
    model.fit(*rows, batch_size=len(x), shuffle=False, verbose=QUIET)
    return {noise: ops.convert_to_numpy(linear[noise].kernel) for noise in NOISES}


class Comparison:
    """Models trained with noise, and with the penalties that noise is.

    Args:
        asked: What the command line asks for.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.linear = functools.cache(self.linear)
        self.trainer = functools.cache(self.trainer)
        self.network = functools.cache(self.network)

    def few(self, seed: int) -> data.Dataset:
        return few(self.asked.images(seed), LABELLED)

    def linear(self, seed: int) -> dict[float, np.ndarray]:
        keras.utils.set_random_seed(seed)
        share = self.asked.epochs / EPOCHS
        return trained_on_noise(*regression(self.few(seed)), max(1, round(STEPS * share)))

    def trainer(self, method: str) -> Trainer:
        keras.utils.set_random_seed(0)
        images = self.few(SEEDS[0])
        noise = [layers.GaussianNoise(NETWORK_NOISE)] if method == "noise" else []
        penalty = [InputGradientPenalty(NETWORK_NOISE**2 / 2)] if method == "penalty" else []
        stack = [*noise, layers.Flatten(), layers.Dense(UNITS, "tanh")]
        classes = layers.Dense(images.num_classes)
        return Trainer(keras.Sequential([keras.Input(images.shape), *stack, classes]), penalty)

    def network(self, method: str, seed: int) -> tuple[np.ndarray, float]:
        """Returns the probabilities of test images, and the mean squared gradient in the input."""
        images = self.few(seed)
        options = {"batch_size": BATCH, "epochs": self.asked.epochs}
        model = self.trainer(method)(images.x_train, images.y_train, seed, **options)
        total = loss()

        def at(x: Any) -> Any:
            return len(images.y_test) * total(images.y_test, model(x, training=False))

        _, gradient = value_and_grad(at)(ops.convert_to_tensor(images.x_test))
        squares = float(ops.convert_to_numpy(ops.sum(ops.square(gradient)))) / len(images.y_test)
        logits = model.predict(images.x_test, batch_size=len(images.x_test), verbose=QUIET)
        return ops.convert_to_numpy(ops.softmax(logits)), squares

    def measure(self, method: str, seed: int) -> Measured:
        """Returns how far a linear model is from both solutions, or how good a network is."""
        images = self.few(seed)
        if method not in NETWORKS:
            noise = float(method.removeprefix("linear_"))
            x, y = regression(images)
            made = self.linear(seed)[noise]
            wanted, other = (ridge(x, y, at) for at in (len(x) * noise**2, 0.0))
            size = np.linalg.norm(wanted)
            return {
                "from_ridge": float(np.linalg.norm(made - wanted) / size),
                "least_squares_from_ridge": float(np.linalg.norm(other - wanted) / size),
            }
        made, gradient = self.network(method, seed)
        noisy, _ = self.network("noise", seed)
        truth = made[np.arange(len(made)), images.y_test]
        return {
            "error": float(np.mean(made.argmax(-1) != images.y_test)),
            "nats": float(-np.log(np.maximum(truth, 1e-30)).mean()),
            "squared_gradient": gradient,
            "from_noise": float(np.abs(made - noisy).sum(axis=1).mean() / 2),
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS, images=True, figure=False)
    settings = {
        "labelled": LABELLED,
        "steps": STEPS,
        "rate": RATE,
        "average": AVERAGE,
        "network_noise": NETWORK_NOISE,
        "units": UNITS,
        "batch": BATCH,
    }
    found = study(
        asked.methods([*(f"linear_{noise:g}" for noise in NOISES), *NETWORKS]),
        Comparison(asked).measure,
        asked.seeds,
        {"data": asked.data, "epochs": asked.epochs, **settings},
    )
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
