"""L1 sets coefficients to exactly zero one by one; L2 shrinks all and zeroes none.

A linear Keras model is trained on the standardized diabetes data by SGD with momentum, on all
patients at once, with a branch for each penalty and strength. L1 is our `SoftThreshold`, the
proximal step after each update: the weights are those of scikit-learn's lasso, zeros too. By
gradient steps on `keras.regularizers.L1` they hover around zero instead, ever wider with the
strength, and none is ever zero. L2 gives the weights of ridge regression. Each seed takes another
80 % of the patients.

Reference: Tibshirani 1996, Regression Shrinkage and Selection via the Lasso; Beck & Teboulle 2009,
A Fast Iterative Shrinkage-Thresholding Algorithm, eq. 1.4 and 1.5; Goodfellow, Bengio & Courville
2016, Deep Learning, §7.1.2.

Command: regzoo run l1_l2_paths
It makes its own data from those inside scikit-learn; with --figure PATH it draws both paths.
Expected: of ten weights 1, 2.3, 4, 5.7, 6, 8 and 10 are exactly zero with L1 of 0.01, 0.02, 0.05,
0.1, 0.2, 0.5 and 1, as many as in scikit-learn's lasso, and none with L2 or by gradient steps; with
L1 and L2 no weight is more than 3e-5 from scikit-learn's; means over three seeds. 8 s of processor
time on TensorFlow.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_regzoo import validation
from keras_regzoo.cli.recipe_figures import curves
from keras_regzoo.cli.recipe_options import finish, read_options
from keras_regzoo.constraints import SoftThreshold
from keras_regzoo.diagnostics import study
from keras_regzoo.diagnostics.study import Measured
from keras_regzoo.quiet import QUIET

STRENGTHS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
KINDS = ("l1", "l1_by_gradient", "l2")
TAKEN = 0.8  # of the patients, by each seed
STEPS = 300
RATE, MOMENTUM = 0.3, 0.85
SEEDS = (0, 1, 2)
TOLERANCE = 3e-5
ZEROS = dict(zip(STRENGTHS, (1.0, 7 / 3, 4.0, 17 / 3, 6.0, 8.0, 10.0), strict=True))
EXPECTED = {
    **{f"l1/{at:g}/zeros": (zeros - 0.01, zeros + 0.01) for at, zeros in ZEROS.items()},
    **{f"l1_by_gradient/{at:g}/zeros": (0.0, 0.0) for at in STRENGTHS},
    **{f"l2/{at:g}/zeros": (0.0, 0.0) for at in STRENGTHS},
    **{f"{kind}/{at:g}/distance": (0.0, TOLERANCE) for kind in ("l1", "l2") for at in STRENGTHS},
    "l1_by_gradient/0.1/distance": (0.01, 0.2),
}


@functools.cache
def diabetes(seed: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Returns standardized columns and targets of some of the patients, and the columns' names."""
    datasets = validation.extra("sklearn.datasets", "recipes", "The diabetes data")
    given = datasets.load_diabetes(scaled=False)
    count = len(given.target)
    rows = np.random.default_rng(seed).permutation(count)[: round(TAKEN * count)]
    x, y = given.data[rows], given.target[rows, None]
    x, y = ((each - each.mean(axis=0)) / each.std(axis=0) for each in (x, y))
    return x, y, tuple(given.feature_names)


def regression(kind: str, strength: float) -> layers.Dense:
    """Returns a linear layer whose weights under SGD go to those of the penalized regression."""
    options: dict[str, Any] = {
        "l1": {"kernel_constraint": SoftThreshold(RATE * strength / (1 - MOMENTUM))},
        "l1_by_gradient": {"kernel_regularizer": keras.regularizers.L1(strength)},
        "l2": {"kernel_regularizer": keras.regularizers.L2(strength / 2)},
    }[kind]
    return layers.Dense(1, use_bias=False, kernel_initializer="zeros", **options)


def halved_over_columns(y_true: Any, y_pred: Any) -> Any:
    return ops.sum(ops.square(y_true - y_pred), axis=-1) / 2


@functools.cache
def paths(seed: int, steps: int) -> dict[str, np.ndarray]:
    """Returns under each kind the weights for each strength, a row each, of one Keras model."""
    x, y, names = diabetes(seed)
    branches = {at: regression(*at) for at in itertools.product(KINDS, STRENGTHS)}
    inputs = keras.Input((len(names),))
    outputs = layers.Concatenate()([branch(inputs) for branch in branches.values()])
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(RATE, momentum=MOMENTUM), loss=halved_over_columns)
    batches = (np.tile(each.astype("float32"), (steps, 1)) for each in (x, y))
    model.fit(*batches, batch_size=len(x), shuffle=False, verbose=QUIET)
    return {
        kind: np.stack([ops.convert_to_numpy(branches[kind, at].kernel)[:, 0] for at in STRENGTHS])
        for kind in KINDS
    }


def reference(kind: str, seed: int) -> np.ndarray:
    """Returns the weights of scikit-learn's lasso or ridge for each strength, a row each."""
    linear = validation.extra("sklearn.linear_model", "recipes", "The lasso and ridge regression")
    x, y, _ = diabetes(seed)
    if kind == "l2":
        return np.stack([linear.Ridge(at * len(x)).fit(x, y).coef_.reshape(-1) for at in STRENGTHS])
    return np.stack([linear.Lasso(at, tol=1e-10).fit(x, y).coef_ for at in STRENGTHS])


def measure(method: str, seed: int, steps: int) -> Measured:
    """Returns the zeros and size of the weights, and how far any is from scikit-learn's."""
    kind, _, strength = method.partition("/")
    row = STRENGTHS.index(float(strength))
    ours, theirs = paths(seed, steps)[kind][row], reference(kind, seed)[row]
    return {
        "zeros": float(np.sum(ours == 0)),
        "size": float(np.abs(ours).sum()),
        "zeros_of_scikit_learn": float(np.sum(theirs == 0)),
        "distance": float(np.abs(ours - theirs).max()),
    }


def draw(seed: int, steps: int) -> Any:
    names = diabetes(seed)[2]
    titles = {"l1": "L1 (lasso)", "l2": "L2 (ridge)"}

    def panels(weights: dict[str, np.ndarray]) -> dict[str, dict[str, Sequence[float]]]:
        return {
            title: dict(zip(names, weights[kind].T.tolist(), strict=True))
            for kind, title in titles.items()
        }

    return curves(
        panels({kind: reference(kind, seed) for kind in titles}),
        STRENGTHS,
        "Coefficients of the diabetes data along the strength of a penalty",
        "Lines: scikit-learn. Circles: Keras with SGD, and with SoftThreshold for L1.",
        ("strength", "coefficient of the standardized column"),
        panels(paths(seed, steps)),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measures both paths and writes the JSON; returns 0 if all is as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, STEPS, figure=True)
    settings = {"taken": TAKEN, "rate": RATE, "momentum": MOMENTUM, "epochs": asked.epochs}
    methods = [f"{kind}/{strength:g}" for kind, strength in itertools.product(KINDS, STRENGTHS)]
    found = study(
        asked.methods(methods),
        lambda method, seed: measure(method, seed, asked.epochs),
        asked.seeds,
        settings,
    )
    return finish(found, asked, EXPECTED, lambda: draw(SEEDS[0], asked.epochs))


if __name__ == "__main__":
    raise SystemExit(main())
