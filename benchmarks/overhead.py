"""What an objective costs: the time of a training step, against plain Keras and against its floor.

    KERAS_BACKEND=jax python -m benchmarks.overhead            measures what is not saved yet
    python -m benchmarks.overhead --page                       writes benchmarks/README.md from it

Each objective's steps alternate with those of plain Keras in one process; a number is the median
over rounds of the ratio of the two. The floor is what the passes an objective must make would
cost: of a plain step's time a third for each forward and two thirds for each backward pass, as in
the catalogue, and where something must be drawn or computed for each weight or input the time that
takes, measured beside it by bare Keras code. Steps are compiled with XLA on JAX and TensorFlow, and
run eagerly on PyTorch.
"""

from __future__ import annotations

from typing import Annotated, Any

import keras
import numpy as np
import typer

from benchmarks import alternation, machine, results_file
from benchmarks.techniques import OWN, TECHNIQUES

BATCH = 128
STEPS = 20
WARM_UP = 4
ROUNDS = 9
ROUNDS_OF_LIMITED = 45  # a limit on the ratio to plain Keras leaves less room than noise takes
LIMITED = {OWN, *(name for name, each in TECHNIQUES.items() if each.limit is not None)}
LEARNING_RATE = 1e-6  # networks that learn the data by heart end in denormal numbers, slow on CPUs
RESULT = "overhead"
FLOOR_LIMIT = {"jax": 1.35, "tensorflow": 1.35, "torch": 1.5}


def mlp() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, "relu"),
            keras.layers.Dense(512, "relu"),
            keras.layers.Dense(10),
        ]
    )


def cnn() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )


NETWORKS = {"mlp": mlp, "cnn": cnn}

PAGE = """# What an objective costs

Written by `python -m benchmarks.overhead --page` from `results/overhead.json`.

Steps of batch 128 alternate with those of plain Keras in one process; a ratio is the median over
rounds. The floor is what the passes an objective must make would cost, a forward pass counted as a
third of a plain step and a backward pass as two thirds; where something must be drawn or computed
for each weight or input besides (random numbers; the exponentials of a mixture's density; an
average) it includes the time that takes, measured as its own row, which is bare code of the
benchmark. Steps are compiled with XLA on JAX and TensorFlow, and run eagerly on PyTorch. The limit
is on the ratio to plain Keras where there is no floor, and else on the ratio to the floor.

A weight penalty reads every weight once more, and adds to its gradient another of the same size:
on wide layers and small batches that traffic of memory is not small beside a step, and Keras's own
L2, its row above, has it too.

{table}

Measured with

{conditions}

## Other measurements

{others}
"""


def compiled(model: keras.Model) -> keras.Model:
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=keras.backend.backend() != "torch",
    )
    return model


def step_time(model: keras.Model, x: Any, y: Any) -> float:
    watch = alternation.Stopwatch(WARM_UP)
    model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0, shuffle=False, callbacks=[watch])
    return watch.seconds


def measure(network: str, technique: str) -> dict[str, Any]:
    """Returns the medians over alternating rounds, in milliseconds a step."""
    keras.utils.set_random_seed(0)
    plain = compiled(NETWORKS[network]())
    model = compiled(TECHNIQUES[technique].apply(NETWORKS[network]()))
    rng = np.random.default_rng(0)
    x = rng.random((BATCH * STEPS, *plain.input_shape[1:]), dtype="float32")
    y = rng.integers(0, 10, BATCH * STEPS)
    rounds = ROUNDS_OF_LIMITED if technique in LIMITED else ROUNDS
    measured = alternation.compare(
        lambda: step_time(plain, x, y), lambda: step_time(model, x, y), rounds, STEPS - WARM_UP
    )
    keras.backend.clear_session()
    return measured


def table(results: dict[str, Any]) -> str:
    """Returns the Markdown table of all saved results."""
    lines = [
        "| network | backend | objective | rounds | plain ms | × plain | floor | × floor | limit "
        "| met |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for network, by_backend in sorted(results.items()):
        for backend, saved in sorted(by_backend.items()):
            for technique in (each for each in TECHNIQUES if each in saved):
                entry, row = saved[technique], TECHNIQUES[technique]
                least = row.floor({name: each["ratio"] for name, each in saved.items()})
                over = entry["ratio"] / least if least else entry["ratio"]
                limit = FLOOR_LIMIT[backend] if least else row.limit
                lines.append(
                    f"| {network} | {backend} | {technique} | {entry['rounds']} "
                    f"| {entry['plain_ms']:.2f} | {entry['ratio']:.2f} "
                    f"| {f'{least:.2f}' if least else ''} "
                    f"| {f'{over:.2f}' if least else ''} | {limit or ''} "
                    f"| {'' if limit is None else 'yes' if over <= limit else 'no'} |"
                )
    return "\n".join(lines)


def conditions() -> str:
    """Returns what the saved results were measured with, one line a backend."""
    machines = {
        entry["machine"]["backend"]: entry["machine"]
        for by_backend in results_file.load(RESULT).values()
        for saved in by_backend.values()
        for entry in saved.values()
    }
    return machine.conditions(machines)


def others() -> str:
    """Returns links to the pages of the other benchmarks, by their titles."""
    pages = sorted(results_file.RESULTS.parent.glob("*.md"))
    return "\n".join(
        f"- [{page.read_text().splitlines()[0].removeprefix('# ')}]({page.name})"
        for page in pages
        if page.name != "README.md"
    )


def main(
    page: Annotated[bool, typer.Option(help="Write the page of saved results instead.")] = False,
    again: Annotated[bool, typer.Option(help="Measure what is saved, too.")] = False,
    network: Annotated[list[str], typer.Option(help="Networks to measure.")] = list(NETWORKS),  # noqa: B006
    technique: Annotated[list[str], typer.Option(help="Objectives to measure.")] = list(TECHNIQUES),  # noqa: B006
) -> None:
    """Measures the cost of each objective, saving every number as it comes."""
    backend = keras.backend.backend()
    for each in [] if page else network:
        for name in technique:
            results = results_file.load(RESULT)
            saved = results.setdefault(each, {}).setdefault(backend, {})
            if name in saved and not again:
                continue
            saved[name] = measure(each, name)
            results_file.save(RESULT, results)
            typer.echo(f"{each} {backend} {name}: {saved[name]['ratio']:.2f} x plain")
    if page:
        text = PAGE.format(
            table=table(results_file.load(RESULT)), conditions=conditions(), others=others()
        )
        (results_file.RESULTS.parent / "README.md").write_text(text)


if __name__ == "__main__":
    typer.run(main)
