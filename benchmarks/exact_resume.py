"""What ExactResume costs at its default: fits of an MLP 784-512-512-10, batch 128, Adam.

    KERAS_BACKEND=jax python -m benchmarks.exact_resume

Whole fits with the callback alternate with fits without it in one process; the ratio is the median
over rounds. A fit is long enough for several saves, the one at its end among them.
"""

from __future__ import annotations

import tempfile
import time
from typing import Annotated, Any

import keras
import numpy as np
import typer

from benchmarks import alternation, results_file
from keras_regzoo.callbacks import ExactResume
from keras_regzoo.quiet import QUIET

INPUTS, UNITS, CLASSES, BATCH, STEPS = 784, 512, 10, 128, 200
EPOCHS, ROUNDS = 6, 11
RESULT = "exact_resume"
LIMIT = 1.05


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(UNITS, "relu") for _ in range(2)]
    outputs = keras.layers.Dense(CLASSES, "softmax")
    model = keras.Sequential([keras.Input((INPUTS,)), *hidden, outputs])
    jit_compile = keras.backend.backend() != "torch"
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile)
    return model


def fit_time(model: keras.Model, resumed: bool) -> float:
    """Returns the seconds a step of a whole `fit`, the last save of it included."""
    random = np.random.default_rng(0)
    x = random.random((BATCH * STEPS, INPUTS), dtype="float32")
    y = random.integers(0, CLASSES, BATCH * STEPS)
    with tempfile.TemporaryDirectory() as folder:
        callbacks = [ExactResume(folder)] if resumed else []
        began = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=QUIET, callbacks=callbacks)
        return (time.perf_counter() - began) / (EPOCHS * STEPS)


def measure() -> dict[str, Any]:
    """Returns the medians over rounds of whole fits, in milliseconds a step."""
    plain, model = network(), network()
    measured = alternation.compare(
        lambda: fit_time(plain, False), lambda: fit_time(model, True), ROUNDS, EPOCHS * STEPS
    )
    return {**measured, "limit": LIMIT}


def main(
    again: Annotated[bool, typer.Option(help="Measure what is saved, too.")] = False,
) -> None:
    """Measures the cost on the backend in use and saves it."""
    results = results_file.load(RESULT)
    backend = keras.backend.backend()
    if again or backend not in results:
        results[backend] = measure()
        results_file.save(RESULT, results)
    met = "met" if results[backend]["ratio"] <= LIMIT else "not met"
    typer.echo(f"{backend}: {results[backend]['ratio']:.3f} x plain, limit {LIMIT} {met}")


if __name__ == "__main__":
    typer.run(main)
