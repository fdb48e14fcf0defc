"""L2 cuts the test error of a degree-12 polynomial fitted to 15 noisy points to a third.

Fifteen noisy samples of a sine leave thirteen coefficients room to follow the noise: the training
error falls far below the noise (0.3), the test error rises far above it. A penalty on the squared
coefficients (ridge regression) gives up some training error and gains much more test error. One
linear Keras model fits many draws of the noise, a column each: no lucky draw decides the numbers.

Reference: Goodfellow, Bengio & Courville 2016, Deep Learning, §5.2 (capacity and overfitting) and
§7.1.1 (L2 parameter regularization).

Command: regzoo run polynomial_overfitting
It makes its own data, all of which a step takes: --epochs are steps.
Expected: test RMSE 0.661 without and 0.216 with L2, mean over 100 draws; 3 s of processor
time on TensorFlow.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from keras_regzoo.cli.recipe_options import finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.quiet import QUIET

DEGREE = 12
POINTS = 15
NOISE = 0.3
DRAWS = 100
STRENGTHS = {"none": 0.0, "l2": 0.03}
STEPS = 800
LEARNING_RATE = 0.4
MOMENTUM = 0.95
SEED = 0
EXPECTED = {"none/test": (0.656, 0.666), "l2/test": (0.211, 0.221)}


def features(x: np.ndarray) -> np.ndarray:
    """Legendre polynomials of degree 1 to `DEGREE` at `x`; degree 0 is the model's bias."""
    return np.polynomial.legendre.legvander(x, DEGREE)[:, 1:].astype("float32")


def noisy_sines(draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the points, of shape `(POINTS,)`, and targets, of shape `(POINTS, draws)`."""
    x = np.linspace(-1.0, 1.0, POINTS)
    noise = np.random.default_rng(SEED).normal(0.0, NOISE, size=(POINTS, draws))
    return x, (np.sin(np.pi * x)[:, None] + noise).astype("float32")


def sum_over_draws(y_true, y_pred):
    return keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1)


def fit(x: np.ndarray, y: np.ndarray, strength: float, steps: int) -> keras.Model:
    """Fits every column of `y` by full-batch gradient descent on squared error plus L2."""
    inputs = keras.Input((DEGREE,))
    outputs = keras.layers.Dense(
        y.shape[1],
        kernel_initializer="zeros",
        kernel_regularizer=keras.regularizers.L2(strength),
    )(inputs)
    model = keras.Model(inputs, outputs)
    optimizer = keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM, nesterov=True)
    model.compile(optimizer, loss=sum_over_draws)
    batches = np.tile(features(x), (steps, 1)), np.tile(y, (steps, 1))
    model.fit(*batches, batch_size=POINTS, shuffle=False, verbose=QUIET)
    return model


def rmse(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float:
    """Root mean squared error of each column of `y`, averaged over the columns."""
    error = model.predict(features(x), verbose=QUIET) - y
    return float(np.sqrt(np.mean(error**2, axis=0)).mean())


def measure(method: str, steps: int) -> dict[str, float]:
    """Fits once; returns both errors."""
    x, y = noisy_sines(DRAWS)
    x_test = np.linspace(-1.0, 1.0, 201)
    model = fit(x, y, STRENGTHS[method], steps)
    return {
        "train": rmse(model, x, y),
        "test": rmse(model, x_test, np.sin(np.pi * x_test)[:, None]),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Fits with and without L2; returns 0 if both errors are the expected ones, else 1."""
    asked = read_options(argv, __file__, __doc__, (SEED,), STEPS)
    settings = {
        "degree": DEGREE,
        "points": POINTS,
        "noise": NOISE,
        "draws": DRAWS,
        "strengths": STRENGTHS,
        "steps": asked.epochs,
        "learning_rate": LEARNING_RATE,
        "momentum": MOMENTUM,
    }
    found = study(
        list(STRENGTHS), lambda method, _: measure(method, asked.epochs), asked.seeds, settings
    )
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
