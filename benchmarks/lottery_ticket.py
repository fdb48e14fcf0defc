"""Lottery tickets in LeNet-300-100 on MNIST, against the dense network and random weights.

    KERAS_BACKEND=jax python -m benchmarks.lottery_ticket     measures what is not saved yet
    KERAS_BACKEND=jax python -m benchmarks.lottery_ticket --page    writes lottery_ticket.md

TFDS_DATA_DIR says where TensorFlow Datasets keeps MNIST.

Settings of Frankle & Carbin (2019), figure 2: layers of 300, 100 and 10 units, Gaussian Glorot
initialization, Adam at 1.2e-3, batches of 60 of 54 960 digits, 20 % of the remaining weights pruned
a round and half of that in the output layer, all set back to their initialization. They train
50 000 steps a round; here a round is `EPOCHS` epochs, and accuracy is that of the last step. The
control has the last ticket's masks and other random weights.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer

from benchmarks import machine, results_file
from keras_regzoo import data
from keras_regzoo.quiet import QUIET
from keras_regzoo.training import LotteryTicket, find_lottery_ticket

UNITS = (300, 100)
RATE, ROUNDS = 0.2, 15
LEARNING_RATE, BATCH, EPOCHS = 1.2e-3, 60, 5
EXAMPLES = 55000 // BATCH * BATCH  # whole batches, so that one step is compiled
SEEDS = (0, 1, 2)
WINNING, SPARSEST = 7, ROUNDS  # 21 % and 3.6 % of the weights
WITHIN = 0.001
RESULT = "lottery_ticket"
PROGRESS = Path(__file__).parents[1] / "build"

PAGE = """# Lottery tickets in LeNet-300-100

Written by `python -m benchmarks.lottery_ticket --page` from `results/lottery_ticket.json`.

Test accuracy in % on MNIST after {epochs} epochs ({steps} steps; the paper trains 50 000) of Adam
at {learning_rate}, batches of {batch}: the mean over seeds {seeds}, and the least and greatest.
Each round prunes {rate:.0%} of each layer's remaining weights, half of that in the last, and sets
the others back to their initialization. The control has the last ticket's masks and other random
weights. In so few steps the dense network is not at its best, which flatters the tickets beside it.

{table}

{verdict}

Measured with

{conditions}
"""


def network() -> keras.Model:
    layers: list[Any] = [keras.Input((784,))]
    layers += [_dense(units, "relu") for units in UNITS]
    model = keras.Sequential([*layers, _dense(10, None)])
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _dense(units: int, activation: str | None) -> keras.layers.Dense:
    return keras.layers.Dense(units, activation, kernel_initializer="glorot_normal")


def search(seed: int, rounds: int, digits: Any) -> LotteryTicket:
    """Goes on with a seed's search up to `rounds` prunings."""
    x, y = digits.x_train[:EXAMPLES].reshape(-1, 784), digits.y_train[:EXAMPLES]
    x_test = digits.x_test.reshape(-1, 784)

    def fit(model: keras.Model, callbacks: list[Any]) -> None:
        options: Any = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": QUIET}
        model.fit(x, y, callbacks=callbacks, **options)

    def accuracy(model: keras.Model) -> float:
        outputs = model.predict(x_test, batch_size=1000, verbose=QUIET)
        return float(np.mean(outputs.argmax(-1) == digits.y_test))

    return find_lottery_ticket(
        network,
        fit,
        accuracy,
        rounds,
        rate=RATE,
        controls=(SPARSEST,) if rounds == SPARSEST else (),
        seed=seed,
        path=PROGRESS / f"lottery_ticket_{keras.config.backend()}_{seed}.npz",
    )


def settings() -> dict[str, Any]:
    return {
        "units": list(UNITS),
        "rate": RATE,
        "learning_rate": LEARNING_RATE,
        "batch": BATCH,
        "epochs": EPOCHS,
        "steps": EPOCHS * EXAMPLES // BATCH,
        "steps_of_the_paper": 50000,
    }


def table(seeds: list[dict[str, Any]]) -> str:
    """Returns the Markdown table of all rounds."""
    lines = [
        "| round | weights left % | ticket | least – greatest | control | least – greatest |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for number in range(ROUNDS + 1):
        rounds = [each["rounds"][number] for each in seeds]
        controls = [each["control"] for each in rounds if each["control"] is not None]
        lines.append(
            f"| {number} | {100 * rounds[0]['remaining']:.1f} "
            f"| {_spread([each['accuracy'] for each in rounds])} | {_spread(controls)} |"
        )
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    if not values:
        return "|"
    percent = [100 * value for value in values]
    return f"{np.mean(percent):.2f} | {min(percent):.2f} – {max(percent):.2f}"


def verdict(seeds: list[dict[str, Any]]) -> str:
    """Returns whether the tickets are what the paper says, in two sentences."""
    accuracy = np.array([[each["accuracy"] for each in seed["rounds"]] for seed in seeds]).mean(0)
    controls = [seed["rounds"][SPARSEST]["control"] for seed in seeds]
    gain = accuracy[WINNING] - accuracy[0]
    ahead = accuracy[SPARSEST] - np.mean(controls)
    return (
        f"The ticket of 21 % is {100 * gain:+.2f} points from the dense network: at most "
        f"{100 * WITHIN:.1f} below it, or better, is {'met' if gain >= -WITHIN else 'not met'}. "
        f"The ticket of 3.6 % is {100 * ahead:+.2f} points from its control: better than it is "
        f"{'met' if ahead > 0 else 'not met'}."
    )


def main(
    page: Annotated[bool, typer.Option(help="Write the page of saved results instead.")] = False,
) -> None:
    """Measures every seed's rounds, saving every number as it comes."""
    backend = keras.config.backend()
    if page:
        saved = results_file.load(RESULT)[backend]
        done = {s: v for s, v in sorted(saved["seeds"].items()) if len(v["rounds"]) > ROUNDS}
        seeds = list(done.values())
        text = PAGE.format(
            **saved["settings"],
            seeds=", ".join(done),
            table=table(seeds),
            verdict=verdict(seeds),
            conditions=machine.conditions({backend: seeds[0]["machine"]}),
        )
        (results_file.RESULTS.parent / "lottery_ticket.md").write_text(text)
        return
    digits = data.load("tfds:mnist", validation=5000 / 60000)
    PROGRESS.mkdir(exist_ok=True)
    for seed in SEEDS:
        for rounds in range(ROUNDS + 1):
            results = results_file.load(RESULT)
            saved = results.setdefault(backend, {"settings": settings(), "seeds": {}})
            if saved["settings"] != settings():
                sys.exit(f"results/{RESULT}.json holds results of other settings.")
            done = saved["seeds"].get(str(seed), {"rounds": []})["rounds"]
            if len(done) > rounds:
                continue
            found = search(seed, rounds, digits)
            saved["seeds"][str(seed)] = {
                "rounds": [
                    {"remaining": r.remaining, "accuracy": r.score, "control": r.control}
                    for r in found.rounds
                ],
                "machine": machine.describe(),
            }
            results_file.save(RESULT, results)
            typer.echo(f"{backend} seed {seed}: {found.rounds[-1]}")


if __name__ == "__main__":
    typer.run(main)
