"""A stacked denoising autoencoder, fine-tuned on MNIST, against random weights.

    KERAS_BACKEND=jax python -m benchmarks.stacked_denoising --explore    tries settings
    KERAS_BACKEND=jax python -m benchmarks.stacked_denoising              measures what misses
    python -m benchmarks.stacked_denoising --page                  writes stacked_denoising.md

TFDS_DATA_DIR says where TensorFlow Datasets keeps MNIST. Every run is saved as it ends, and the
networks it pretrained under build/: a stopped measurement goes on where it was.

Follows Vincent et al. (2010), Stacked Denoising Autoencoders, SDAE-3 on MNIST: three layers of 1000
sigmoid units, each trained to undo masking noise on the codes of the layer below by cross-entropy,
then fine-tuned under a softmax layer; 50 000 digits train, 10 000 decide, 10 000 test. Corruption,
rates and the best epoch are decided by the error on the validation digits, for either network on
the same grid of rates; no choice saw the test digits.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import keras
import numpy as np
import typer

from benchmarks import fine_tuning, fine_tuning_page
from benchmarks.fine_tuning import Digits, FineTuning
from benchmarks.fine_tuning_page import TRAINED
from keras_regzoo.diagnostics import paired_difference
from keras_regzoo.training import greedy_pretrain

UNITS = (1000, 1000, 1000)
KERNELS = 2 * len(UNITS)  # kernels and biases
BATCH = 128
RESULT = "stacked_denoising"
LIMIT = 1.45
STACKED, RANDOM = "stacked denoising", "random weights"


@dataclasses.dataclass(frozen=True)
class Plan:
    """How one network is trained: `epochs` of Adam a layer if it is pretrained, then fine-tuned."""

    tuning: FineTuning
    corruption: float = 0.0
    rate: float = 0.0
    epochs: int = 0

    def pretraining(self) -> str:
        if not self.epochs:
            return RANDOM
        return f"masking {self.corruption:g}, Adam {self.rate:g}, {self.epochs} a layer"

    def __str__(self) -> str:
        return f"{self.pretraining()}; {self.tuning}"


TUNING = [
    *(FineTuning(rate, 100, 10, 0.9) for rate in (0.1, 0.3)),
    *(FineTuning(rate, 100, 20, None) for rate in (3e-4, 1e-3, 2e-3)),
    FineTuning(1e-3, 100, 40, None),
]
FASTER = FineTuning(4e-3, 100, 20, None)
EXPLORED = {
    STACKED: [
        *(Plan(tuning, 0.25, 2e-3, 6) for tuning in TUNING),
        Plan(TUNING[2], 0.25, 1e-3, 15),
        *(Plan(tuning, 0.25, 2e-3, 15) for tuning in (TUNING[4], FASTER)),
    ],
    RANDOM: [Plan(tuning) for tuning in (*TUNING, FASTER)],
}

PAGE = """# A stacked denoising autoencoder

Written by `python -m benchmarks.stacked_denoising --page` from `results/{result}.json`.

Test error in % on MNIST of three layers of 1000 sigmoid units under a softmax layer, pretrained
layer by layer by `training.greedy_pretrain` and fine-tuned, against the same network fine-tuned
from random weights: means over seeds {seeds}, with the least and the greatest error. 50 000 digits
train, and of each run the epoch best on 10 000 others is tested; then all trainings are made anew
on all 60 000, for as many passes, by `training.retrain_on_all_data`.

{table}

{verdict}

## Settings

Each network's settings are those of the least error on the validation digits, on seed 0. The 15
epochs a layer at Adam 0.002 and Adam 0.004 were tried when some runs of other settings had been
tested; the validation errors alone decided.

{exploration}

Measured with

{conditions}
"""


def pretrain(plan: Plan, digits: Digits) -> dict[str, Any]:
    """Trains the layers one after the other; returns their weights and last losses."""
    model = fine_tuning.classifier(UNITS)
    x = digits.train[0]
    steps = plan.epochs * -(-len(x) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(plan.rate, steps)
    start = time.perf_counter()
    found = greedy_pretrain(
        model,
        x,
        [1] * len(UNITS),
        epochs=plan.epochs,
        batch_size=BATCH,
        optimizer=keras.optimizers.Adam(rate),
        loss="binary_crossentropy",
        corruption=plan.corruption,
        verbose=0,
    )
    return {
        "losses": [history["loss"][-1] for history in found.histories],
        "seconds": time.perf_counter() - start,
        **{f"weight {number}": model.weights[number].numpy() for number in range(KERNELS)},
    }


def network(plan: Plan, seed: int, digits: Digits) -> tuple[keras.Model, dict[str, Any]]:
    """Returns the classifier of a plan, pretrained if it says so, and what pretraining found."""
    keras.utils.set_random_seed(seed)
    found, kernels = {}, []
    if plan.epochs:
        name = f"{RESULT} {plan.pretraining()} of {len(digits.train[0])} seed {seed}"
        kept = fine_tuning.kept(name, lambda: pretrain(plan, digits))
        kernels = [kept[f"weight {number}"] for number in range(KERNELS)]
        found["seconds"] = round(float(kept["seconds"]), 1)
        found["losses"] = kept["losses"].round(6).tolist()
    keras.utils.set_random_seed(seed)
    return fine_tuning.classifier(UNITS, kernels), found


def table(measured: dict[str, list[Any]]) -> str:
    """Returns the Markdown table of both networks."""
    lines = [
        "| network | pretraining, epochs | fine-tuning, epochs | test error % | trained on all % "
        "| validation error % | minutes a run |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for method, plan in fine_tuning.chosen(RESULT, EXPLORED).items():
        runs = measured[method]
        errors = [fine_tuning_page.spread(runs, name) for name in TRAINED]
        lines.append(
            f"| {method} | {plan.pretraining() if plan.epochs else ''} | {plan.tuning} "
            f"| {' | '.join(errors)} "
            f"| {fine_tuning_page.validated(runs):.2f} | {fine_tuning_page.minutes(runs)} |"
        )
    return "\n".join(lines)


def verdict(measured: dict[str, list[Any]]) -> str:
    """Returns what the aims ask for and what was measured, a line an aim."""
    aims, runs = {}, measured[STACKED]
    for name, digits in TRAINED.items():
        stacked, random = (
            fine_tuning_page.percentages(measured[method], name) for method in (STACKED, RANDOM)
        )
        error = float(np.mean(stacked))
        gain = paired_difference(random, stacked)
        aims[f"Stacked denoising {error:.2f} % of {digits}, at most {LIMIT} %"] = error <= LIMIT
        aims[
            f"{gain.mean:.2f} points below random weights of {digits} "
            f"({fine_tuning_page.interval(gain)}), below them"
        ] = gain.mean > 0
    return fine_tuning_page.verdict(aims, runs)


def described(measured: dict[str, list[Any]]) -> dict[str, Any]:
    """Returns what the page says of the runs."""
    return {"table": table(measured), "verdict": verdict(measured)}


if __name__ == "__main__":
    typer.run(fine_tuning.command(RESULT, EXPLORED, network, PAGE, described))
