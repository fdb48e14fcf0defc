"""Early stopping is ridge regression: after τ steps at rate ε the penalty is about 1/(ετ).

Gradient descent from zero on a linear model fits the directions of large variance first, as ridge
regression does with a weak penalty; few steps are a strong one. A linear Keras model is trained by
plain SGD on all examples at once and its weights are taken after 1, 2, 4, … steps. Beside each
stands the ridge solution of penalty α/2 ‖w‖² with α = 1/(ετ), in closed form. The risk is the mean
squared distance to the true weights over many draws of the noise, a column of the model each. It
is known to be at most 1.69 times that of ridge regression for a rate near zero; the two least
risks are nearly the same, and a fifth of that of least squares.

Reference: Goodfellow, Bengio & Courville 2016, Deep Learning, eq. 7.44 and 7.45; Ali, Kolter &
Tibshirani 2019, A Continuous-Time View of Early Stopping for Least Squares Regression, abstract
(the factor 1.69).

Command: regzoo run early_stopping_as_ridge
It makes its own data, all of which a step takes: --epochs are the most steps. With --figure PATH it
draws both risks against the penalty.
Expected: least risk 11.01 of early stopping and 10.71 of ridge, 57.41 of least squares; along the
path at most 1.362 times that of ridge; 3 s of processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from operator import truediv
from typing import Any

import keras
import numpy as np

from keras_regzoo.cli.recipe_options import finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.diagnostics.figure_style import BETTER, WORSE, despine, new_figure
from keras_regzoo.quiet import QUIET

EXAMPLES = 40
FEATURES = 30
NOISE = 1.0
DRAWS = 100
STEPS = 2**10  # the most; the others are the powers of two below
RATE = 0.5  # in units of 1 / the greatest eigenvalue of the Hessian
METHODS = ("early_stopping", "ridge", "least_squares")
SEED = 0
EXPECTED = {
    "early_stopping/least_risk": (10.9, 11.12),
    "early_stopping/greatest_ratio": (1.348, 1.376),
    "ridge/least_risk": (10.6, 10.82),
    "least_squares/least_risk": (56.8, 58.0),
}
CHUNK = 256  # steps of one fit


def regression() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns inputs of decreasing variance, true weights, and targets with a column a draw."""
    random = np.random.default_rng(SEED)
    x = random.normal(size=(EXAMPLES, FEATURES)) * np.arange(1, FEATURES + 1) ** -0.5
    weights = random.normal(size=(FEATURES, 1))
    y = x @ weights + NOISE * random.normal(size=(EXAMPLES, DRAWS))
    return x, weights, y


def halved_over_draws(y_true: Any, y_pred: Any) -> Any:
    """Half the squared error, of which the Hessian is that of the inputs, summed over draws."""
    return keras.ops.sum(keras.ops.square(y_true - y_pred), axis=-1) / 2


def descend(x: np.ndarray, y: np.ndarray, rate: float, steps: Sequence[int]) -> list[np.ndarray]:
    """Returns the weights of a Keras model after so many steps of full-batch SGD from zero."""
    dense = keras.layers.Dense(y.shape[1], use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((x.shape[1],)), dense])
    model.compile(keras.optimizers.SGD(rate), loss=halved_over_draws)
    found, taken = [], 0
    for wanted in steps:
        while taken < wanted:
            more = min(CHUNK, wanted - taken)
            batches = (np.tile(data.astype("float32"), (more, 1)) for data in (x, y))
            model.fit(*batches, batch_size=len(x), shuffle=False, verbose=QUIET)
            taken += more
        found.append(np.asarray(keras.ops.convert_to_numpy(dense.kernel), "float64"))
    return found


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Minimizes ‖y − x w‖² / (2 n) + penalty / 2 ‖w‖²."""
    hessian = x.T @ x / len(x)
    return np.linalg.solve(hessian + penalty * np.eye(len(hessian)), x.T @ y / len(x))


def risk(weights: np.ndarray, truth: np.ndarray) -> float:
    return float(np.mean(np.sum((weights - truth) ** 2, axis=0)))


@functools.cache
def paths(most: int) -> tuple[list[float], dict[str, list[float]]]:
    """Returns the penalties of 1, 2, 4, … steps, and the risks there of both methods."""
    x, truth, y = regression()
    steps = [2**power for power in range(most.bit_length())]
    rate = RATE / float(np.linalg.eigvalsh(x.T @ x / len(x))[-1])
    penalties = [1 / (rate * tau) for tau in steps]
    return penalties, {
        "early_stopping": [risk(weights, truth) for weights in descend(x, y, rate, steps)],
        "ridge": [risk(ridge(x, y, penalty), truth) for penalty in penalties],
    }


def measure(method: str, most: int) -> dict[str, float]:
    """Returns the least risk along a path, and the greatest ratio to that of ridge."""
    if method == "least_squares":
        x, truth, y = regression()
        return {"least_risk": risk(ridge(x, y, 0.0), truth)}
    _, risks = paths(most)
    return {
        "least_risk": min(risks[method]),
        "greatest_ratio": max(map(truediv, risks[method], risks["ridge"])),
    }


def draw(most: int) -> Any:
    """Draws the risks against the penalty."""
    penalties, risks = paths(most)
    figure = new_figure(6, 4)
    axes = figure.add_subplot()
    styles = {"early_stopping": ("o-", WORSE), "ridge": ("s--", BETTER)}
    for name, (style, color) in styles.items():
        axes.plot(penalties, risks[name], style, color=color, label=name.replace("_", " "))
    axes.set_xscale("log")
    axes.set_xlabel("penalty α of ridge, 1/(ετ) of early stopping")
    axes.set_ylabel("squared distance to the true weights")
    axes.legend(frameon=False)
    despine(axes, ("top", "right"))
    return figure


def main(argv: Sequence[str] | None = None) -> int:
    """Compares both paths; returns 0 if the risks are the expected ones, else 1."""
    asked = read_options(argv, __file__, __doc__, (SEED,), STEPS, figure=True)
    settings = {
        "examples": EXAMPLES,
        "features": FEATURES,
        "noise": NOISE,
        "draws": DRAWS,
        "steps": asked.epochs,
        "rate": RATE,
    }
    found = study(METHODS, lambda method, _: measure(method, asked.epochs), asked.seeds, settings)
    return finish(found, asked, EXPECTED, lambda: draw(asked.epochs))


if __name__ == "__main__":
    raise SystemExit(main())
