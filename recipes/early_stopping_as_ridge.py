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
With --plot PATH it draws both risks against the penalty (needs matplotlib).
Expected: least risk 11.01 of early stopping and 10.71 of ridge, 57.41 of least squares; along the
path at most 1.362 times that of ridge; 4 to 17 s on two busy cores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from operator import truediv
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.quiet import QUIET

EXAMPLES = 40
FEATURES = 30
NOISE = 1.0
DRAWS = 100
STEPS = tuple(2**power for power in range(11))
RATE = 0.5  # in units of 1 / the greatest eigenvalue of the Hessian
BOUND = 1.69
SEED = 0
EXPECTED = {
    "early stopping": 11.013,
    "ridge": 10.709,
    "least squares": 57.408,
    "greatest ratio": 1.362,
}
TOLERANCE = 0.01  # relative
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


def draw(path: Path, penalties: Sequence[float], risks: dict[str, list[float]]) -> None:
    """Draws the risks against the penalty."""
    pyplot = validation.extra("matplotlib.pyplot", "recipes", "Plotting")
    figure, axes = pyplot.subplots(figsize=(6, 4))
    for (name, values), style in zip(risks.items(), ("o-", "s--"), strict=True):
        axes.plot(penalties, values, style, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("penalty α of ridge, 1/(ετ) of early stopping")
    axes.set_ylabel("squared distance to the true weights")
    axes.legend()
    figure.savefig(path, bbox_inches="tight")
    pyplot.close(figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Compares both paths; returns 0 if the risks are the expected ones, else 1."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="few steps, nothing is compared")
    parser.add_argument("--plot", type=Path, help="where to draw both risks")
    options = parser.parse_args(argv)
    steps = STEPS[:4] if options.smoke else STEPS

    started = time.perf_counter()
    x, truth, y = regression()
    rate = RATE / float(np.linalg.eigvalsh(x.T @ x / len(x))[-1])
    penalties = [1 / (rate * tau) for tau in steps]
    risks = {
        "early stopping": [risk(weights, truth) for weights in descend(x, y, rate, steps)],
        "ridge": [risk(ridge(x, y, penalty), truth) for penalty in penalties],
    }
    print("steps  1/(ετ)   early stopping  ridge")
    for tau, penalty, early, other in zip(steps, penalties, *risks.values(), strict=True):
        print(f"{tau:5d}  {penalty:7.4f}  {early:14.2f}  {other:5.2f}")
    found = {name: min(values) for name, values in risks.items()}
    found["least squares"] = risk(ridge(x, y, 0.0), truth)
    found["greatest ratio"] = max(map(truediv, *risks.values()))
    print(", ".join(f"{name} {value:.3f}" for name, value in found.items()))
    print(f"{time.perf_counter() - started:.1f} s on {keras.config.backend()}")
    if options.plot is not None:
        draw(options.plot, penalties, risks)
    if options.smoke:
        return 0
    near = [abs(found[name] / value - 1) <= TOLERANCE for name, value in EXPECTED.items()]
    as_expected = all(near) and found["greatest ratio"] <= BOUND
    print("as expected" if as_expected else "NOT as expected")
    return 0 if as_expected else 1


if __name__ == "__main__":
    raise SystemExit(main())
