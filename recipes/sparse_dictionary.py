"""A sparse dictionary takes superposed features apart.

Each example is the sum of 4 of 64 unit vectors in only 24 dimensions, as features in a large
network are thought to be superposed: no basis of the space can hold them all. A TopK and a JumpReLU
dictionary of 96 atoms are trained on such sums with a little noise; beside them stands independent
component analysis, which has 24 directions to give, and the dictionaries as they begin. Reported
are the mean over the true vectors of the greatest cosine with a learned atom, the share of them
found with a cosine above 0.9, the active latents of an example, the variance explained of held-out
examples, and the share of latents that none of them activates.

Reference: Gao et al. 2024, Scaling and Evaluating Sparse Autoencoders; Rajamanoharan et al. 2024,
Jumping Ahead: Improving Reconstruction Fidelity with JumpReLU Sparse Autoencoders; Elhage et al.
2022, Toy Models of Superposition.

Command: regzoo run sparse_dictionary
It makes its own data.
Expected: the mean cosine is 0.712 for independent components, 0.487 untrained, 0.986 with TopK
(0.985 without its auxiliary loss, which changes nothing where so few latents are dead) and 0.959
with JumpReLU, at 3.3 active latents; means over two seeds. 41 s of processor time on TensorFlow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.cli.recipe_options import finish, read_options
from keras_regzoo.diagnostics import study
from keras_regzoo.models import JumpReLUDictionary, TopKDictionary
from keras_regzoo.quiet import QUIET

INPUTS, FEATURES, ACTIVE, NOISE = 24, 64, 4, 0.02
LATENTS = 96
TRAIN, TEST = 8_192, 2_048
EPOCHS, BATCH, RATE = 30, 128, 5e-3
STRENGTH, BANDWIDTH, THRESHOLD = 0.05, 0.1, 0.15
SEEDS = (0, 1)
FOUND = 0.9
METHODS = ("ica", "untrained", "top_k", "top_k_alone", "jump_relu")
EXPECTED = {
    "ica/cosine": (0.67, 0.75),
    "untrained/cosine": (0.45, 0.52),
    "top_k/cosine": (0.96, 1.0),
    "top_k/found": (0.93, 1.0),
    "top_k_alone/cosine": (0.96, 1.0),
    "jump_relu/cosine": (0.92, 1.0),
    "jump_relu/l0": (2.8, 4.0),
}


def superposed(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns training and test examples of mean squared norm near 1, and the true vectors."""
    rng = np.random.default_rng(seed)
    known = rng.normal(size=(FEATURES, INPUTS))
    known /= np.linalg.norm(known, axis=1, keepdims=True)
    count = TRAIN + TEST
    chosen = np.argsort(rng.uniform(size=(count, FEATURES)), axis=1)[:, :ACTIVE]
    codes = np.zeros((count, FEATURES))
    np.put_along_axis(codes, chosen, rng.uniform(0.5, 1.5, size=chosen.shape), axis=1)
    x = codes @ known
    x = (x / math.sqrt(np.mean(np.sum(x**2, axis=1)))).astype("float32")
    x += NOISE * rng.normal(size=x.shape).astype("float32") / math.sqrt(INPUTS)
    return x[:TRAIN], x[TRAIN:], known


def recovery(atoms: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """Returns how near the true vectors the atoms of unit norm are."""
    cosine = (known @ atoms.T).max(axis=1)
    return {"cosine": float(cosine.mean()), "found": float(np.mean(cosine > FOUND))}


def directions(x: np.ndarray, seed: int) -> np.ndarray:
    """Returns the mixing directions of independent components, with both signs."""
    decomposition = validation.extra("sklearn.decomposition", "recipes", "Component analysis")
    made = decomposition.FastICA(random_state=seed, whiten="unit-variance", max_iter=500, tol=1e-3)
    mixing = made.fit(x).mixing_.T
    mixing /= np.linalg.norm(mixing, axis=1, keepdims=True)
    return np.concatenate([mixing, -mixing])


def measure(method: str, seed: int, epochs: int) -> dict[str, float]:
    """Trains once; returns how well the vectors are found, and the logs of held-out examples."""
    x, test, known = superposed(seed)
    if method == "ica":
        return recovery(directions(x, seed), known)
    keras.utils.set_random_seed(seed)
    if method == "jump_relu":
        model = JumpReLUDictionary(
            INPUTS, LATENTS, STRENGTH, BANDWIDTH, THRESHOLD, dead_after=TRAIN, seed=seed + 100
        )
    else:
        auxiliary = 0.0 if method == "top_k_alone" else 1 / 32
        model = TopKDictionary(
            INPUTS, LATENTS, ACTIVE, auxiliary, dead_after=TRAIN // 2, seed=seed + 100
        )
    steps = epochs * math.ceil(TRAIN / BATCH)
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)))
    if method != "untrained":
        model.fit(x, batch_size=BATCH, epochs=epochs, verbose=QUIET)
    logs: Any = model.evaluate(test, batch_size=BATCH, verbose=QUIET, return_dict=True)
    names = ("l0", "explained_variance", "dead_fraction")
    return {**recovery(model.dictionary, known), **{name: logs[name] for name in names}}


def main(argv: Sequence[str] | None = None) -> int:
    """Measures all methods and writes the JSON; returns 0 if all are as expected, else 1."""
    asked = read_options(argv, __file__, __doc__, SEEDS, EPOCHS)
    settings = {
        "inputs": INPUTS,
        "features": FEATURES,
        "active": ACTIVE,
        "noise": NOISE,
        "latents": LATENTS,
        "examples": TRAIN,
        "epochs": asked.epochs,
        "batch": BATCH,
        "rate": RATE,
        "strength": STRENGTH,
        "bandwidth": BANDWIDTH,
        "threshold": THRESHOLD,
    }
    methods = asked.methods(METHODS)
    found = study(methods, lambda m, seed: measure(m, seed, asked.epochs), asked.seeds, settings)
    return finish(found, asked, EXPECTED)


if __name__ == "__main__":
    raise SystemExit(main())
