"""Measures one row of the performance benchmark in a process of its own.

    python -m benchmarks.performance_row '{"network": "mlp", "technique": "mixup", ...}'

A process of its own, because the most memory ever used, the first compilation and the precision
are the process's. It prints its result as JSON, on its last line.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import Any

import keras
import numpy as np

from benchmarks import alternation, devices, machine
from benchmarks.large_networks import NETWORKS
from benchmarks.performance_plan import MODELS, PLAIN, SETTINGS, Row
from benchmarks.techniques import TECHNIQUES
from keras_regzoo.models import VariationalAutoencoder, dense_autoencoder

WARM_UP = 2
PIXELS, HIDDEN, LATENT = 784, 512, 16
EPOCH_EXAMPLES, EPOCHS = 4096, 5
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def steps_of(batch: int) -> int:
    """Returns how many steps a round times: fewer where a batch is large."""
    return max(4, min(16, 16384 // batch))


def compiled(model: keras.Model, row: Row) -> keras.Model:
    model.compile("adam", LOSS, metrics=["accuracy"], jit_compile=row.compiled)
    return model


def data(shape: tuple[int, ...], examples: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.random((examples, *shape), dtype="float32"), random.integers(0, 10, examples)


def seconds(model: keras.Model, x: Any, y: Any, row: Row, **options: Any) -> float:
    """Returns what a call of `fit` takes in all."""
    start = time.perf_counter()
    model.fit(x, y, batch_size=row.batch, verbose=0, shuffle=False, **options)
    return time.perf_counter() - start


def step_seconds(model: keras.Model, x: Any, y: Any, row: Row) -> float:
    watch = alternation.Stopwatch(WARM_UP)
    seconds(model, x, y, row, callbacks=[watch])
    return watch.seconds


def measure_steps(row: Row, rounds: int) -> dict[str, Any]:
    """Returns the first step, the memory, and the steps in turns with those of plain Keras."""

    def build(technique: str) -> keras.Model:
        keras.utils.set_random_seed(0)
        network = NETWORKS[row.network]()
        made = network if technique == PLAIN else TECHNIQUES[technique].apply(network)
        return compiled(made, row)

    before = devices.peak_bytes() if devices.name() == devices.CPU else 0
    model = build(row.technique)
    steps = steps_of(row.batch)
    shape = getattr(model, "base", model).input_shape[1:]
    x, y = data(shape, row.batch * (steps + WARM_UP))
    one = (x[: row.batch], y[: row.batch])
    first = seconds(model, *one, row)
    later = statistics.median(seconds(model, *one, row) for _ in range(3))
    step_seconds(model, x, y, row)
    peak = devices.peak_bytes() - before
    if row.technique == PLAIN:
        times = [step_seconds(model, x, y, row) for _ in range(rounds)]
        measured = {"step_ms": 1e3 * statistics.median(times), "ratio": 1.0}
        measured |= {"rounds": rounds, "steps": steps, "machine": machine.describe()}
    else:
        plain = build(PLAIN)
        measured = alternation.compare(
            lambda: step_seconds(plain, x, y, row),
            lambda: step_seconds(model, x, y, row),
            rounds,
            steps,
        )
    return {**measured, "compile_s": first - later, "peak_bytes": peak}


def epoch_model(name: str, settings: dict[str, Any]) -> keras.Model:
    """Returns one of `MODELS`, compiled with some settings."""
    if name == "vae epoch":
        ends = dense_autoencoder((PIXELS,), (HIDDEN,), LATENT, variational=True)
        model = VariationalAutoencoder(*ends)
        model.compile("adam", **settings)
        return model
    widths = [keras.layers.Dense(width, "relu") for width in (64, 128)]
    model = keras.Sequential([keras.Input((PIXELS,)), *widths, keras.layers.Dense(10)])
    model.compile("adam", LOSS, **settings)
    return model


def measure_epochs(row: Row) -> dict[str, Any]:
    """Returns what an epoch takes under each setting of `compile`, in turns."""
    x, labels = data((PIXELS,), EPOCH_EXAMPLES)
    y = None if row.network == "vae epoch" else labels
    models, times, refused = {}, {}, {}
    for setting in SETTINGS:
        keras.utils.set_random_seed(0)
        try:
            model = epoch_model(row.network, keywords(setting))
            times[setting] = [seconds(model, x, y, row)]
            models[setting] = model
        except Exception as error:  # what a backend cannot do is a result
            refused[setting] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    for _ in range(EPOCHS):
        for setting, model in models.items():
            times[setting].append(seconds(model, x, y, row))
    epochs = {setting: statistics.median(later) for setting, (_, *later) in times.items()}
    return {
        "epoch_s": epochs,
        "compile_s": {setting: times[setting][0] - epochs[setting] for setting in epochs},
        "refused": refused,
        "examples": EPOCH_EXAMPLES,
        "epochs": EPOCHS,
        "machine": machine.describe(),
    }


def keywords(setting: str) -> dict[str, Any]:
    """Returns the arguments of `compile` that a setting stands for."""
    pairs = (each.split("=") for each in setting.split(", ") if "=" in each)
    return {name: json.loads(value.lower()) for name, value in pairs}


def main(spec: str, rounds: str) -> None:
    row = Row(**json.loads(spec))
    devices.set_precision(row.precision)
    load = os.getloadavg()[0]
    measured = measure_epochs(row) if row.network in MODELS else measure_steps(row, int(rounds))
    conditions = {"device": devices.name(), "load": round(load, 1)}
    print(json.dumps({**measured, **conditions}))


if __name__ == "__main__":
    main(*sys.argv[1:])
