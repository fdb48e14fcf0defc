"""L2 cuts the test error of a degree-12 polynomial fitted to 15 noisy points to a third.

Fifteen noisy samples of a sine leave thirteen coefficients room to follow the noise: the training
error falls far below the noise (0.3), the test error rises far above it. A penalty on the squared
coefficients (ridge regression) gives up some training error and gains much more test error. One
linear Keras model fits many draws of the noise, a column each: no lucky draw decides the numbers.

Reference: Goodfellow, Bengio & Courville 2016, Deep Learning, §5.2 (capacity and overfitting) and
§7.1.1 (L2 parameter regularization).

Command: regzoo run polynomial_overfitting
Expected: test RMSE 0.661 without and 0.216 with L2, mean over 100 draws; 2 to 8 s on two cores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

import keras
import numpy as np

from keras_regzoo.quiet import QUIET

DEGREE = 12
POINTS = 15
NOISE = 0.3
DRAWS = 100
STRENGTH = 0.03
STEPS = 800
LEARNING_RATE = 0.4
MOMENTUM = 0.95
SEED = 0
EXPECTED = {0.0: 0.661, STRENGTH: 0.216}
TOLERANCE = 0.005


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


def main(argv: Sequence[str] | None = None) -> int:
    """Fits with and without L2; returns 0 if both errors are the expected ones, else 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="few steps, nothing is compared")
    steps = 20 if parser.parse_args(argv).smoke else STEPS

    started = time.perf_counter()
    x, y = noisy_sines(DRAWS)
    x_test = np.linspace(-1.0, 1.0, 201)
    y_test = np.sin(np.pi * x_test)[:, None]
    as_expected = True
    for strength, expected in EXPECTED.items():
        model = fit(x, y, strength, steps)
        train, test = rmse(model, x, y), rmse(model, x_test, y_test)
        print(f"L2({strength:g}): train RMSE {train:.3f}, test RMSE {test:.3f} ", end="")
        print(f"(expected {expected:.3f})")
        as_expected &= abs(test - expected) <= TOLERANCE
    print(f"{time.perf_counter() - started:.1f} s on {keras.config.backend()}")
    if steps < STEPS:
        return 0
    print("as expected" if as_expected else "NOT as expected")
    return 0 if as_expected else 1


if __name__ == "__main__":
    raise SystemExit(main())
