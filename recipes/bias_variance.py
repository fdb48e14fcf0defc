"""Bias² and variance and noise add up to the error, and L2 trades one for the other.

A polynomial of degree 12 is fitted to 15 noisy points of a sine, by a linear Keras model and SGD on
all points at once, again and again with other noise. `diagnostics.bias_variance` splits the error
on noisy test points, where the sine is known: bias² rises with the strength of L2, variance falls
with it, and the least error is where both are small. The sum misses the error by the product of
bias and noise alone, which many test points average out. The parts agree with their closed form
for ridge regression.

Reference: Geman, Bienenstock & Doursat 1992, Neural Networks and the Bias/Variance Dilemma;
Goodfellow, Bengio & Courville 2016, Deep Learning, §5.4.4.

Command: regzoo run bias_variance
It makes its own data; with --figure PATH it draws the parts along the strength.
Expected: error 0.456, 0.362 and 0.484 at strengths of 0.003, 0.1 and 1; of it bias² is 0.014, 0.019
and 0.212 (with a twentieth of the variance, which 20 sets cannot tell from it), variance 0.189,
0.093 and 0.027, noise 0.254; the sum misses the error by at most 0.009; means over two seeds; 112 s
of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo.cli.recipe_figures import curves
from keras_regzoo.cli.recipe_options import finish, read_options
from keras_regzoo.diagnostics import bias_variance, study
from keras_regzoo.diagnostics.study import Study
from keras_regzoo.quiet import QUIET

DEGREE = 12
POINTS = 15
NOISE = 0.5
SETS = 20
TEST_POINTS = 900
STRENGTHS = (0.003, 0.03, 0.1, 1.0)
STEPS = 40
RATE, MOMENTUM = 1.0, 0.5
SEEDS = (0, 1)
EXPECTED = {
    "0.003/gap": (-0.02, 0.02),
    "0.1/gap": (-0.02, 0.02),
    "1/gap": (-0.02, 0.02),
    "0.003/bias": (0.0, 0.03),
    "0.003/variance": (0.16, 0.24),
    "0.1/error": (0.33, 0.4),
    "1/bias": (0.2, 0.25),
    "1/variance": (0.015, 0.035),
    "0.1 - 0.003/error": (-0.14, -0.04),
    "0.1 - 1/error": (-0.18, -0.08),
}


def nodes() -> np.ndarray:
    """Returns the Chebyshev nodes, at which Chebyshev polynomials are orthogonal."""
    return np.cos((np.arange(POINTS) + 0.5) * np.pi / POINTS)


def features(x: np.ndarray) -> np.ndarray:
    """Returns T_k(x) √(2/k) for k = 1 … `DEGREE`: smoother polynomials are cheaper under L2."""
    scale = np.sqrt(2 / np.arange(1, DEGREE + 1))
    made = np.polynomial.chebyshev.chebvander(x, DEGREE)[:, 1:] * scale
    return made.astype("float32")


def truth(x: np.ndarray) -> np.ndarray:
    return np.sin(np.pi * x)[:, None]


def noisy(x: np.ndarray, random: np.random.Generator) -> np.ndarray:
    return truth(x) + NOISE * random.normal(size=(len(x), 1))


@functools.cache
def builder(strength: float) -> Callable[[], keras.Model]:
    """Returns what returns a linear model at its zero weights, compiled only once."""
    dense = keras.layers.Dense(
        1, kernel_initializer="zeros", kernel_regularizer=keras.regularizers.L2(strength / 2)
    )
    model = keras.Sequential([keras.Input((DEGREE,)), dense])
    optimizer = keras.optimizers.SGD(RATE, momentum=MOMENTUM)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, lambda y, predicted: ops.square(y - predicted) / 2)
    start = [
        (each, np.array(ops.convert_to_numpy(each)))
        for each in (*model.variables, *optimizer.variables)
    ]

    def build() -> keras.Model:
        for variable, value in start:
            variable.assign(value)
        return model

    return build


def exact_parts(strength: float, x_test: np.ndarray) -> tuple[float, float]:
    """Returns bias² and variance of ridge regression at the nodes, in closed form."""
    x = features(nodes()).astype("float64")
    inverse = np.linalg.inv(x.T @ x / POINTS + strength * np.eye(DEGREE))
    smoother = 1 / POINTS + features(x_test) @ inverse @ x.T / POINTS
    bias = np.mean((smoother @ truth(nodes()) - truth(x_test)) ** 2)
    return float(bias), float(NOISE**2 * np.mean(np.sum(smoother**2, axis=1)))


def measure(method: str, seed: int, steps: int, sets: int = SETS) -> dict[str, float]:
    """Returns the error, its parts, and what the parts are in closed form."""
    strength = float(method)
    random = np.random.default_rng([seed, 1])
    x_test = random.uniform(-1, 1, TEST_POINTS)

    def draw(number: int) -> tuple[np.ndarray, np.ndarray]:
        y = noisy(nodes(), np.random.default_rng([seed, 2, number]))
        return np.tile(features(nodes()), (steps, 1)), np.tile(y, (steps, 1))

    parts = bias_variance(
        builder(strength),
        None,
        None,
        features(x_test),
        noisy(x_test, random),
        sets=sets,
        draw=draw,
        truth=truth(x_test),
        seed=0,
        batch_size=POINTS,
        shuffle=False,
        verbose=QUIET,
    )
    bias, variance = exact_parts(strength, x_test)
    return {
        "error": parts.error,
        "gap": parts.bias + parts.variance + parts.noise - parts.error,
        "bias": parts.bias,
        "variance": parts.variance,
        "noise": parts.noise,
        "exact_bias": bias,
        "exact_variance": variance,
    }


def draw(found: Study) -> Any:
    """Draws the parts of the error by the strength of L2, and the exact ones as circles."""
    names = {"error": "error", "noise": "noise", "bias": "bias²", "variance": "variance"}

    def along(measure: str) -> list[float]:
        return [found.mean(method, measure) for method in found.runs]

    panel = f"polynomials of degree {DEGREE} at {POINTS} points"
    return curves(
        {panel: {label: along(name) for name, label in names.items()}},
        [float(method) for method in found.runs],
        "Bias² + variance + noise is the error",
        f"Means over {SETS} training sets for each seed. Circles: closed form.",
        ("strength of L2", "squared error"),
        {panel: {names[name]: along(f"exact_{name}") for name in ("bias", "variance")}},
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all strengths and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, STEPS, figure=True)
    sets = 3 if asked.smoke else SETS
    settings = {"degree": DEGREE, "points": POINTS, "noise": NOISE, "sets": sets}
    methods = [f"{strength:g}" for strength in STRENGTHS]
    found = study(
        asked.methods(methods),
        lambda method, seed: measure(method, seed, asked.epochs, sets),
        asked.seeds,
        {"epochs": asked.epochs, "test_points": TEST_POINTS, **settings},
    )
    return finish(found, asked, EXPECTED, lambda: draw(found))


if __name__ == "__main__":
    raise SystemExit(main())
