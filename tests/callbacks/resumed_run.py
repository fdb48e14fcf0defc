"""A training that is killed at random moments, again and again, and goes on by itself.

It is two fits: one on a curriculum, with callbacks that look, average and schedule, and one on
shuffled arrays.

    python -m tests.callbacks.resumed_run FOLDER KILLS

Every attempt is a process of its own, forked before the backend has run anything, so that it need
not import it. FOLDER gets `reference.npz`, of a run that nobody killed, one `run-N.npz` for each
that went through after being killed, and `report.json`.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_regzoo import RegularizedModel, callbacks, data, layers
from keras_regzoo.callbacks import run_state
from keras_regzoo.objectives import MeanTeacher
from keras_regzoo.quiet import QUIET

EXAMPLES, BATCH, EPOCHS = 40, 8, 8


def model_and_data() -> tuple[keras.Model, data.CurriculumDataset, tuple[Any, Any]]:
    keras.utils.set_random_seed(1)
    numbers = np.random.default_rng(0)
    x = numbers.normal(size=(EXAMPLES, 6)).astype("float32")
    y = (x[:, 0] * x[:, 1] > 0).astype("int32")
    net = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            layers.ScheduledDropout(0.0, name="drop"),
            keras.layers.Dense(2, "softmax"),
        ]
    )
    model = RegularizedModel(net, [MeanTeacher(strength=0.5)])
    model.compile(
        keras.optimizers.SGD(0.05, momentum=0.9),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile="auto" if keras.backend.backend() == "jax" else False,
    )
    pacing = data.pacing.linear(0.3, length=20)
    return model, data.CurriculumDataset(x, y, -np.abs(x[:, 0]), pacing, BATCH), (x, y)


def train(folder: Path, result: Path) -> None:
    """Trains, from where the run in `folder` was killed, and saves everything that came out."""
    model, curriculum, held_out = model_and_data()
    watching = [
        keras.callbacks.EarlyStopping(patience=6, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=0.2),
        callbacks.GeneralizationLossStopping(
            alpha=1e6, every=3, validation_data=held_out, validation_batch_size=EXAMPLES
        ),
        callbacks.Scheduler("drop/rate", lambda step: 0.4 * step / (step + 20), per="step"),
        callbacks.CurriculumScheduler(curriculum, by="step"),
        callbacks.StochasticWeightAveraging(
            start=0.5, cycle=2, batch_norm_data=held_out[0], batch_size=EXAMPLES
        ),
    ]
    resume = callbacks.ExactResume(folder, every=1)
    history = model.fit(
        curriculum,
        epochs=EPOCHS,
        shuffle=False,
        validation_data=held_out,
        validation_batch_size=EXAMPLES,
        callbacks=[*watching, resume],
        verbose=QUIET,
    )
    on_arrays = model.fit(
        *held_out,
        batch_size=BATCH,
        epochs=EPOCHS // 4,
        validation_data=held_out,
        validation_batch_size=EXAMPLES,
        callbacks=[*watching[:2], resume],
        verbose=QUIET,
    )
    arrays = run_state.values(run_state.variables_of(model))
    states = []
    for each in [*watching, history, on_arrays]:
        plain, own = run_state.capture(each)
        states.append(plain)
        arrays += own
    states.append([random.random(), np.random.random(), float(keras.random.uniform(()))])
    draft = result.with_suffix(".draft.npz")
    named: dict[str, Any] = {f"array_{number:03}": array for number, array in enumerate(arrays)}
    np.savez(draft, states=json.dumps(states), **named)
    draft.rename(result)


def attempt(folder: Path, result: Path, life: float | None = None) -> bool:
    """Trains in a process that is killed after `life` seconds; returns whether it was."""
    process = os.fork()
    if process == 0:
        try:
            train(folder, result)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if life is not None:
        time.sleep(life)
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"The training in {folder} failed.")
    return os.WIFSIGNALED(status)


def main(folder: Path, kills: int) -> None:
    importlib.import_module("tensorflow")  # Keras reads data sets with it on every backend
    for warm in ("warm-up", "reference"):  # the first of them compiles for all where it can
        began = time.perf_counter()
        attempt(folder / f"{warm}-run", folder / f"{warm}.npz")
        length = time.perf_counter() - began
    moments = random.Random(0)
    killed, runs = 0, 0
    while killed < kills:
        result = folder / f"run-{runs}.npz"
        life = length  # longer with each kill, so that a run ends on a machine that has become slow
        while attempt(folder / f"run-{runs}", result, moments.uniform(0.1, 0.7) * life):
            killed, life = killed + 1, 1.1 * life
        runs += 1
    report = {"kills": killed, "runs": runs, "seconds": length}
    (folder / "report.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
