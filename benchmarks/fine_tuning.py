"""Classifiers pretrained and fine-tuned on flat MNIST digits, as two benchmarks measure them.

Settings are explored on the first seed by the error on validation digits, which picks the epoch as
well; only the settings best by it are tested. Every result is saved as it comes.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer

from benchmarks import machine, results_file
from keras_regzoo import data
from keras_regzoo.diagnostics import PairedDifference
from keras_regzoo.quiet import QUIET

CLASSES = 10
PIXELS = 784
VALIDATION = 10000 / 60000
SEEDS = (0, 1, 2)
PROGRESS = Path(__file__).parents[1] / "build"


@dataclasses.dataclass(frozen=True)
class Digits:
    """Rows of 784 pixels in [0, 1] with their classes, in three parts."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def load_digits() -> Digits:
    """Returns 50 000, 10 000 and 10 000 digits, as the papers split them."""
    mnist = data.load("tfds:mnist", validation=VALIDATION)
    parts = [
        (getattr(mnist, f"x_{part}").reshape(-1, PIXELS), getattr(mnist, f"y_{part}"))
        for part in ("train", "validation", "test")
    ]
    return Digits(*parts)


@dataclasses.dataclass(frozen=True)
class FineTuning:
    """Settings of fine-tuning, its rate falling to 0 along half a cosine.

    Attributes:
        rate: Learning rate at the start.
        batch: Examples a step.
        epochs: Passes over the training digits.
        momentum: Of gradient descent; `None` for Adam in its place.
    """

    rate: float
    batch: int
    epochs: int
    momentum: float | None = 0.0

    def optimizer(self, examples: int) -> keras.Optimizer:
        steps = self.epochs * -(-examples // self.batch)
        rate = keras.optimizers.schedules.CosineDecay(self.rate, steps)
        if self.momentum is None:
            return keras.optimizers.Adam(rate)
        return keras.optimizers.SGD(rate, self.momentum)

    def __str__(self) -> str:
        if self.momentum is None:
            return f"Adam {self.rate}, batch {self.batch}, {self.epochs}"
        return f"SGD {self.rate}, batch {self.batch}, momentum {self.momentum}, {self.epochs}"


def kept(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns the arrays kept of a pretraining under build/, made now if there are none."""
    path = PROGRESS / f"{name}.npz"
    if not path.exists():
        draft = PROGRESS / "draft.npz"
        np.savez(draft, **make())
        os.replace(draft, path)
    with np.load(path) as arrays:
        return dict(arrays)


def classifier(units: Sequence[int], kernels: Sequence[np.ndarray] = ()) -> keras.Model:
    """Returns sigmoid layers and a softmax layer on top.

    Args:
        units: Widths of the sigmoid layers.
        kernels: Kernel and bias of each sigmoid layer, in turn; random where there are none.
    """
    layers: list[Any] = [keras.layers.Dense(width, "sigmoid") for width in units]
    model = keras.Sequential([keras.Input((PIXELS,)), *layers, keras.layers.Dense(CLASSES)])
    if kernels:
        model.set_weights([*kernels, *model.layers[-1].get_weights()])
    return model


def fine_tune(
    model: keras.Model, digits: Digits, settings: FineTuning, tested: bool
) -> dict[str, Any]:
    """Trains a classifier and goes back to the epoch that is best on the validation digits.

    Returns:
        `validation`, the error of each epoch; `best`, the first epoch (from 1) where it is least;
        `tuning_seconds`; and if it is to be tested, `error`, that of the best epoch on the test
        digits.
    """
    model.compile(
        settings.optimizer(len(digits.train[0])),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    best = keras.callbacks.EarlyStopping(
        "val_accuracy", mode="max", patience=settings.epochs, restore_best_weights=True
    )
    start = time.perf_counter()
    history = model.fit(
        *digits.train,
        batch_size=settings.batch,
        epochs=settings.epochs,
        validation_data=digits.validation,
        validation_batch_size=1000,
        callbacks=[best],
        verbose=QUIET,
    ).history
    errors = [round(1 - accuracy, 6) for accuracy in history["val_accuracy"]]
    found = {
        "validation": errors,
        "best": int(np.argmin(errors)) + 1,
        "tuning_seconds": round(time.perf_counter() - start, 1),
    }
    if tested:
        outputs = model.predict(digits.test[0], batch_size=1000, verbose=QUIET)
        found["error"] = float(np.mean(outputs.argmax(-1) != digits.test[1]))
    return found


def command(
    result: str,
    plans: Mapping[str, Sequence[Any]],
    measure: Callable[..., dict[str, Any]],
    page: str,
    described: Callable[[dict[str, list[Any]]], dict[str, Any]],
) -> Callable[..., None]:
    """Returns the command of a benchmark.

    Args:
        result: Name of its results and of its page.
        plans: Each method's settings to be tried.
        measure: Measures one of them, given a seed, the digits and whether to test.
        page: Template of the page.
        described: Returns fields of the page, given the runs.
    """

    def main(
        explore: Annotated[bool, typer.Option("--explore", help="Try settings instead.")] = False,
        write: Annotated[bool, typer.Option("--page", help="Write the page instead.")] = False,
    ) -> None:
        """Measures every method with every seed, saving every result as it comes."""
        if write:
            _write_page(result, plans, page, described)
        elif explore:
            _explore(result, plans, measure)
        else:
            _measure_all(result, chosen(result, plans), measure)

    return main


def _explore(
    result: str, plans: Mapping[str, Sequence[Any]], measure: Callable[..., dict[str, Any]]
) -> None:
    """Measures what is missing of the methods' plans on the first seed, by validation digits."""
    digits = _prepared()
    for plan in (plan for tried in plans.values() for plan in tried):
        if str(plan) not in results_file.load(result).get("exploration", {}):
            found = measure(plan, SEEDS[0], digits, tested=False)
            results_file.put(result, ["exploration", str(plan)], found)
            typer.echo(f"{plan}: {min(found['validation']):.2%}")


def chosen(result: str, plans: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Returns each method's plan with the least validation error, the first of equal ones."""
    explored = results_file.load(result).get("exploration", {})
    missing = [str(plan) for tried in plans.values() for plan in tried if str(plan) not in explored]
    if missing:
        sys.exit(f"To be explored first: {', '.join(missing)}.")
    return {
        method: min(tried, key=lambda plan: min(explored[str(plan)]["validation"]))
        for method, tried in plans.items()
    }


def _measure_all(
    result: str, plans: Mapping[str, Any], measure: Callable[..., dict[str, Any]]
) -> None:
    """Measures what is missing of each method's plan with every seed."""
    digits = _prepared()
    for seed in SEEDS:
        for method, plan in plans.items():
            known = results_file.load(result).get("runs", {}).get(method, {}).get(str(seed))
            planned = dataclasses.asdict(plan)
            if known is None:
                found = measure(plan, seed, digits, tested=True)
                made = {"plan": planned, "machine": machine.describe()}
                results_file.put(result, ["runs", method, str(seed)], found | made)
                typer.echo(f"{method}, seed {seed}: {found['error']:.2%}")
            elif known["plan"] != planned:
                sys.exit(f"results/{result}.json holds results of other settings.")
            keras.backend.clear_session()


def _prepared() -> Digits:
    PROGRESS.mkdir(exist_ok=True)
    return load_digits()


def _complete(result: str, methods: Iterable[str]) -> tuple[list[str], dict[str, list[Any]]]:
    """Returns the seeds that every method was measured with, and each method's runs of them."""
    saved = results_file.load(result).get("runs", {})
    methods = list(methods)
    seeds = sorted(set.intersection(*(set(saved.get(method, {})) for method in methods)))
    if not seeds:
        sys.exit(f"results/{result}.json holds no seed of every method.")
    return seeds, {method: [saved[method][seed] for seed in seeds] for method in methods}


def _write_page(
    result: str,
    plans: Mapping[str, Sequence[Any]],
    page: str,
    described: Callable[[dict[str, list[Any]]], dict[str, Any]],
) -> None:
    seeds, measured = _complete(result, plans)
    text = page.format(
        result=result,
        seeds=", ".join(seeds),
        exploration=_exploration(results_file.load(result)["exploration"]),
        conditions=_conditions(measured),
        **described(measured),
    )
    (results_file.RESULTS.parent / f"{result}.md").write_text(text)


def percentages(runs: Sequence[dict[str, Any]]) -> list[float]:
    """Returns the test error of each run in %."""
    return [100 * run["error"] for run in runs]


def interval(gain: PairedDifference) -> str:
    """Returns what is known of a mean difference over seeds."""
    if gain.interval is None:
        return "one seed, no interval"
    low, high = gain.interval
    return f"95 % interval over seeds {low:.2f} to {high:.2f}"


def validated(runs: Sequence[dict[str, Any]]) -> float:
    """Returns the mean validation error in % of the best epochs."""
    return float(np.mean([100 * min(run["validation"]) for run in runs]))


def judged(met: bool, runs: Sequence[dict[str, Any]]) -> str:
    """Returns whether an aim is met, and how many seeds were run where some are missing."""
    said = "met" if met else "not met"
    return said if len(runs) == len(SEEDS) else f"{said} ({len(runs)} of {len(SEEDS)} seeds run)"


def minutes(runs: Sequence[dict[str, Any]]) -> str:
    """Returns how long a run took in the mean, pretraining and fine-tuning."""
    return f"{np.mean([run.get('seconds', 0) + run['tuning_seconds'] for run in runs]) / 60:.1f}"


def _exploration(explored: Mapping[str, Any]) -> str:
    """Returns the Markdown table of the plans that were tried."""
    lines = [
        "| pretraining, epochs | fine-tuning, epochs | validation error % |",
        "|---|---|---:|",
    ]
    for plan, found in explored.items():
        before, after = plan.split("; ")
        lines.append(f"| {before} | {after} | {validated([found]):.2f} |")
    return "\n".join(lines)


def _conditions(runs: Mapping[str, Sequence[Any]]) -> str:
    """Returns what the runs were measured with."""
    made = next(iter(runs.values()))[0]["machine"]
    return machine.conditions({made["backend"]: made})
