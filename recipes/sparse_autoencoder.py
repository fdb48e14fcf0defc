"""Five ways to a sparse code of digits, and what each is worth to a linear classifier.

A code of 256 units for images of 64 pixels is made sparse by activity L1, by a penalty on units
that are not rarely active, by keeping the 16 largest activations of an image, or each unit's
largest activations of a batch; beside them stand the same autoencoder without sparsity, and the
pixels themselves. A logistic regression on the codes of 200 labelled digits is judged on test
digits. Reported are its accuracy, the units active for an image (above a hundredth of the code's
greatest value), the share of units that are never active, and the share of the variance around the
mean digit that the reconstruction leaves.

Reference: Ng 2011, Sparse autoencoder, sec. 3; Makhzani & Frey 2014, k-Sparse Autoencoders, sec. 4;
Makhzani & Frey 2015, Winner-Take-All Autoencoders.

Command: regzoo run sparse_autoencoder
With --data tfds:mnist it takes 10 000 of those; with --figure PATH it draws the filters of the
k-sparse one.
Expected: accuracies are 0.932 from pixels, 0.949 dense, 0.948 with activity L1, 0.935 with KL,
0.927 k-sparse and 0.944 winner-take-all, means over two seeds none far from another;
active are 178 units dense, 22 with activity L1, 16 k-sparse, while sigmoids under KL are small but
never off. Dead are 64 % of the k-sparse units, 10 % with activity L1 and 3 % dense. Winner-take-all
is off at inference: its code is dense then, and no longer what its decoder was trained on. 36 s of
processor time on TensorFlow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import data
from keras_regzoo.cli.judges import linear_accuracy
from keras_regzoo.cli.recipe_options import Needs
from keras_regzoo.cli.study_recipe import run_study, trained
from keras_regzoo.diagnostics import dead_units, plots
from keras_regzoo.layers import KLSparsity, KSparse, WinnerTakeAll
from keras_regzoo.models import SparseAutoencoder, dense_autoencoder

UNITS = 256
LABELLED = 200
EPOCHS = 40
KEPT = 16
ACTIVE = 0.05
RATE_PENALTY = 0.001
L1 = 0.001
WINNERS = 0.05
SEEN = 0.01  # of the greatest value of a code, above which a unit counts as active
SETTINGS = {
    "units": UNITS,
    "labelled": LABELLED,
    "kept": KEPT,
    "active": ACTIVE,
    "rate_penalty": RATE_PENALTY,
    "l1": L1,
    "winners": WINNERS,
    "seen": SEEN,
}
SPARSITIES: dict[str, tuple[str | None, Callable[[], float | keras.layers.Layer]]] = {
    "dense": ("relu", lambda: 0.0),
    "activity_l1": ("relu", lambda: L1),
    "kl": ("sigmoid", lambda: KLSparsity(ACTIVE, RATE_PENALTY)),
    "k_sparse": (None, lambda: KSparse(KEPT)),
    "winner_take_all": ("relu", lambda: WinnerTakeAll(WINNERS)),
}
METHODS = ("pixels", *SPARSITIES)
EXPECTED = {
    "pixels/accuracy": (0.90, 0.96),
    "dense/accuracy": (0.91, 0.97),
    "activity_l1/accuracy": (0.92, 0.98),
    "activity_l1/l0": (12, 35),
    "kl/accuracy": (0.89, 0.96),
    "k_sparse/accuracy": (0.90, 0.97),
    "k_sparse/l0": (15.5, 16.01),
    "winner_take_all/accuracy": (0.90, 0.97),
}


@functools.cache
def fitted(method: str, images: data.Dataset, seed: int, epochs: int) -> SparseAutoencoder:
    activation, sparsity = SPARSITIES[method]

    def build() -> keras.Model:
        ends = dense_autoencoder(
            images.shape,
            (),
            UNITS,
            code_activation=activation,
            output_activation="sigmoid",
            tied=True,
        )
        return SparseAutoencoder(*ends, sparsity=sparsity())

    return trained(build, images, seed, epochs)


def measure(method: str, images: data.Dataset, seed: int, epochs: int) -> dict[str, float]:
    """Returns the accuracy and, of an autoencoder, how sparse its code and how good its images."""
    if method == "pixels":
        return {
            "accuracy": linear_accuracy(images, lambda x: x.reshape(len(x), -1), LABELLED, seed)
        }
    model = fitted(method, images, seed, epochs)
    code = np.abs(model.encode(images.x_test))
    least = SEEN * float(code.max())
    spread = np.mean(np.square(images.x_test - images.x_train.mean(axis=0)))
    return {
        "accuracy": linear_accuracy(images, model.encode, LABELLED, seed),
        "l0": float(np.mean(np.sum(code > least, axis=1))),
        "never_active": float(dead_units(model.coder, images.x_test, least).mean()),
        "left": float(model.reconstruction_error(images.x_test).mean() / spread),
    }


def draw(images: data.Dataset, epochs: int) -> Any:
    return plots.filters(fitted("k_sparse", images, 0, epochs))


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all and writes the JSON; returns 0 if all are as expected, else 1."""
    needs = Needs(labelled=LABELLED)
    return run_study(
        argv, __file__, __doc__, METHODS, measure, EPOCHS, EXPECTED, SETTINGS, draw, needs
    )


if __name__ == "__main__":
    raise SystemExit(main())
