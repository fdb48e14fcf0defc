"""The likelihood that a variational autoencoder 784-400-40 gives to binarized MNIST.

    KERAS_BACKEND=jax python -m benchmarks.vae_likelihood         measures what is not saved yet
    python -m benchmarks.vae_likelihood --page                    writes vae_likelihood.md

TFDS_DATA_DIR says where TensorFlow Datasets keeps MNIST. The run is kept under build/ every two
epochs: a stopped one goes on where it was, when the command is given again.

Pixels are taken as probabilities. Those of the 60 000 training digits are drawn anew in each epoch;
the 10 000 test digits are binarized once, by NumPy's generator of seed 0. (This is not the fixed
file of Salakhutdinov & Murray (2008), nor a threshold at one half: numbers under one binarization
say nothing under another.) No choice saw the test digits.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer

from benchmarks import machine, results_file
from keras_regzoo import data
from keras_regzoo.callbacks import ExactResume
from keras_regzoo.models import VariationalAutoencoder, dense_autoencoder
from keras_regzoo.quiet import QUIET

PIXELS, HIDDEN, LATENT = 784, 400, 40
RATE, BATCH, EPOCHS, SEED = 2e-3, 150, 100, 0
SAMPLES = 200
LIMIT = 91.5
TEST_SEED = 0
RESULT = "vae_likelihood"
PROGRESS = Path(__file__).parents[1] / "build" / "vae_likelihood"

PAGE = """# The likelihood of a variational autoencoder on binarized MNIST

Written by `python -m benchmarks.vae_likelihood --page` from `results/vae_likelihood.json`.

An encoder {pixels}-{hidden}-{latent} (ReLU) and its mirror, trained by the plain evidence lower
bound: Adam from {rate} along half a cosine to 0, batches of {batch}, {epochs} epochs, seed {seed}.
Binarization: pixels are taken as probabilities; those of the 60 000 training digits are drawn anew
in each epoch, those of the 10 000 test digits once, with NumPy's seed {test_seed}. No choice saw
the test digits. In nats a digit:

{table}

The bound is the mean over test digits of one draw of the code; the likelihood is estimated by
importance sampling from the encoder with {samples} samples a digit
(`VariationalAutoencoder.log_likelihood`), itself a lower bound in expectation.

Measured with

{conditions}
"""


class Resampled(keras.utils.PyDataset):
    """Batches of digits in a new order each epoch, their pixels drawn anew.

    Args:
        x: Probabilities of shape (examples, pixels).
        batch: Rows of a batch; what is left over at the end of an epoch is dropped.
        seed: Of the order and the draws.
    """

    def __init__(self, x: np.ndarray, batch: int, seed: int) -> None:
        super().__init__()
        self._x, self._batch, self._seed = x, batch, seed
        self.set_state({"epoch": 0})

    def get_state(self) -> dict[str, Any]:
        return {"epoch": self._epoch}

    def set_state(self, state: dict[str, Any]) -> None:
        self._epoch = state["epoch"]
        self._order = np.random.default_rng([self._seed, self._epoch]).permutation(len(self._x))

    def on_epoch_end(self) -> None:
        self.set_state({"epoch": self._epoch + 1})

    def __len__(self) -> int:
        return len(self._x) // self._batch

    def __getitem__(self, index: int) -> tuple[np.ndarray]:
        random = np.random.default_rng([self._seed, self._epoch, index])
        rows = self._x[self._order[index * self._batch : (index + 1) * self._batch]]
        return (binarized(rows, random),)


def binarized(probabilities: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Returns 0 and 1, drawn with these probabilities of 1."""
    drawn = random.random(probabilities.shape, dtype="float32") < probabilities
    return drawn.astype("float32")


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Returns the probabilities of 60 000 training digits, and 10 000 binarized test digits."""
    mnist = data.load("tfds:mnist")
    train = np.concatenate([mnist.x_train, mnist.x_validation]).reshape(-1, PIXELS)
    test = binarized(mnist.x_test.reshape(-1, PIXELS), np.random.default_rng(TEST_SEED))
    return train, test


def measure() -> dict[str, Any]:
    """Trains, or goes on training, and returns the bound and the likelihood of the test digits."""
    train, test = load_digits()
    keras.utils.set_random_seed(SEED)
    model = VariationalAutoencoder(
        *dense_autoencoder((PIXELS,), hidden=(HIDDEN,), latent=LATENT, variational=True), seed=SEED
    )
    batches = Resampled(train, BATCH, SEED)
    rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * len(batches))
    model.compile(
        keras.optimizers.Adam(rate),
        jit_compile="auto" if keras.config.backend() == "torch" else True,
    )
    PROGRESS.mkdir(parents=True, exist_ok=True)
    resume = ExactResume(PROGRESS, every=2, per="epoch")
    log = keras.callbacks.CSVLogger(str(PROGRESS / "epochs.csv"), append=True)
    history = model.fit(batches, epochs=EPOCHS, callbacks=[resume, log], verbose=QUIET).history
    start = time.perf_counter()
    test_logs = model.evaluate(test, batch_size=1000, verbose=QUIET, return_dict=True)
    likely = model.log_likelihood(test, SAMPLES, seed=TEST_SEED)
    return {
        "train": {name: values[-1] for name, values in history.items()},
        "epochs": len(history["loss"]),
        "test": test_logs,
        "nll": -float(likely.mean()),
        "standard_error": float(likely.std(ddof=1) / np.sqrt(len(likely))),
        "samples": SAMPLES,
        "seed": SEED,
        "testing_seconds": time.perf_counter() - start,
        "machine": machine.describe(),
    }


def table(found: dict[str, Any]) -> str:
    """Returns the Markdown table of a result."""
    met = "met" if found["nll"] <= LIMIT else "not met"
    test, train = found["test"], found["train"]
    lines = [
        "| | test | training, last epoch |",
        "|---|---:|---:|",
        f"| negative log-likelihood, {found['samples']} samples (limit {LIMIT}: {met}) "
        f"| {found['nll']:.2f} ± {found['standard_error']:.2f} | |",
        f"| negative evidence lower bound | {-test['elbo']:.2f} | {-train['elbo']:.2f} |",
        f"| its reconstruction term | {test['reconstruction']:.2f} "
        f"| {train['reconstruction']:.2f} |",
        f"| its divergence | {test['kl']:.2f} | {train['kl']:.2f} |",
        f"| active units of {LATENT} | {test['active_units']:.0f} | {train['active_units']:.0f} |",
    ]
    return "\n".join(lines)


def main(
    page: Annotated[bool, typer.Option(help="Write the page of the saved result instead.")] = False,
) -> None:
    """Measures what is not saved."""
    backend = keras.config.backend()
    results = results_file.load(RESULT)
    if not page and backend not in results:
        found = measure()
        results_file.put(RESULT, [backend], found)
        typer.echo(f"{found['nll']:.2f} nats")
    if page:
        found = next(iter(results.values()))
        text = PAGE.format(
            table=table(found),
            conditions=machine.conditions({each: results[each]["machine"] for each in results}),
            pixels=PIXELS,
            hidden=HIDDEN,
            latent=LATENT,
            rate=RATE,
            batch=BATCH,
            epochs=EPOCHS,
            seed=SEED,
            test_seed=TEST_SEED,
            samples=SAMPLES,
        )
        (results_file.RESULTS.parent / "vae_likelihood.md").write_text(text)


if __name__ == "__main__":
    typer.run(main)
