"""How fast a CurriculumDataset feeds `fit`, beside the plain arrays: an MLP 784-128-10.

    KERAS_BACKEND=jax python -m benchmarks.curriculum          measures what is not saved yet
    python -m benchmarks.curriculum --page                     writes benchmarks/curriculum.md

Epochs on the arrays alternate with epochs on the dataset in one process; a share is the median over
rounds. The pool stays for the epoch, or grows at every step, which draws from another pool for each
batch. Models are
compiled as Keras does it by default, and where there is XLA also with sixteen steps an execution.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

import keras
import numpy as np
import typer

from benchmarks import alternation, machine, results_file
from keras_regzoo.callbacks import CurriculumScheduler
from keras_regzoo.data import CurriculumDataset, pacing

EXAMPLES, INPUTS, UNITS, CLASSES = 12800, 784, 128, 10
EPOCHS, ROUNDS = 1, 7
BATCHES = (32, 128)
EXECUTIONS = (1, 16)
GROWTHS = ("epoch", "step")
LEAST = 0.8
RESULT = "curriculum_feed"

PAGE = """# How fast a CurriculumDataset feeds

Written by `python -m benchmarks.curriculum --page` from `results/{result}.json`.

Training (Adam) of an MLP {inputs}-{units}-{classes} on {examples} examples in memory, in epochs
that alternate with those of `fit` on the plain arrays, shuffled, in one process; the pool stays for
the epoch, or grows at every step. The share is that of examples per second, the median over rounds;
the aim is at least {least:.0%}.

{table}

Measured with

{conditions}
"""


class EpochTimer(keras.callbacks.Callback):
    """Sums the seconds of the epochs; the metrics read at their ends wait for the device."""

    seconds = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds += time.perf_counter() - self._start


def classifier(several: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((INPUTS,)),
            keras.layers.Dense(UNITS, "relu"),
            keras.layers.Dense(CLASSES),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, steps_per_execution=several)
    return model


def measure(batch: int, several: int, by: str) -> dict[str, Any]:
    """Returns the medians over alternating rounds, in milliseconds a step."""
    random = np.random.default_rng(0)
    x = random.random((EXAMPLES, INPUTS), dtype="float32")
    y = random.integers(0, CLASSES, EXAMPLES)
    steps = EPOCHS * (EXAMPLES // batch)
    paced = pacing.linear(0.1, steps - 1) if by == "step" else lambda epoch: 1.0

    def timed(train: Callable[[EpochTimer], Any]) -> Callable[[], float]:
        def seconds() -> float:
            timer = EpochTimer()
            train(timer)
            return timer.seconds / steps

        return seconds

    def on_arrays(timer: EpochTimer) -> Any:
        plain.fit(x, y, batch_size=batch, epochs=EPOCHS, verbose=0, callbacks=[timer])

    def on_curriculum(timer: EpochTimer) -> Any:
        dataset = CurriculumDataset(x, y, x[:, 0], paced, batch_size=batch)
        model.optimizer.iterations.assign(0)
        callbacks = [CurriculumScheduler(dataset, by), timer]
        model.fit(dataset, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=callbacks)

    plain, model = classifier(several), classifier(several)
    measured = alternation.compare(timed(on_arrays), timed(on_curriculum), ROUNDS, steps)
    keras.backend.clear_session()
    return measured


def table(results: dict[str, Any]) -> str:
    """Returns the Markdown table of all saved results."""
    lines = [
        "| backend | batch | steps an execution | grows by | arrays ms a step | share of the speed "
        f"| at least {LEAST:.0%} |",
        "|---|---:|---:|---|---:|---:|---|",
    ]
    for backend, saved in sorted(results.items()):
        for batch, several, by in settings():
            entry = saved.get(name(batch, several, by))
            if entry is not None:
                share = 1 / entry["ratio"]
                lines.append(
                    f"| {backend} | {batch} | {several} | {by} | {entry['plain_ms']:.2f} "
                    f"| {share:.0%} | {'yes' if share >= LEAST else 'no'} |"
                )
    return "\n".join(lines)


def settings() -> list[tuple[int, int, str]]:
    return [(batch, several, by) for several in EXECUTIONS for batch in BATCHES for by in GROWTHS]


def name(batch: int, several: int, by: str) -> str:
    return f"batch {batch}, {several} an execution, by {by}"


def main(
    page: Annotated[bool, typer.Option(help="Write the page of saved results instead.")] = False,
    again: Annotated[bool, typer.Option(help="Measure what is saved, too.")] = False,
) -> None:
    """Measures how fast the dataset feeds, saving every number as it comes."""
    backend = keras.backend.backend()
    for batch, several, by in [] if page else settings():
        key = name(batch, several, by)
        known = key in results_file.load(RESULT).get(backend, {})
        if (known and not again) or (several > 1 and backend == "torch"):
            continue
        measured = measure(batch, several, by)
        results = results_file.load(RESULT)
        results.setdefault(backend, {})[key] = measured
        results_file.save(RESULT, results)
        typer.echo(f"{backend} {key}: {1 / measured['ratio']:.0%} of the speed of arrays")
    if page:
        results = results_file.load(RESULT)
        machines = {
            backend: next(iter(saved.values()))["machine"] for backend, saved in results.items()
        }
        text = PAGE.format(
            table=table(results),
            conditions=machine.conditions(machines),
            result=RESULT,
            inputs=INPUTS,
            units=UNITS,
            classes=CLASSES,
            examples=EXAMPLES,
            least=LEAST,
        )
        (results_file.RESULTS.parent / "curriculum.md").write_text(text)


if __name__ == "__main__":
    typer.run(main)
