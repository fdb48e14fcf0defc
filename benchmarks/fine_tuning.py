"""Classifiers pretrained and fine-tuned on flat MNIST digits, as two benchmarks measure them.

Settings are explored on the first seed by the error on validation digits, which picks the epoch as
well; only the settings best by it are tested: once as they are, and once trained anew, pretraining
too, on the digits of training and validation together for as many passes (Goodfellow, Bengio &
Courville 2016, algorithm 7.2). Every result is saved as it comes.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer

from benchmarks import fine_tuning_page, machine, results_file
from benchmarks.fine_tuning_page import SEEDS
from keras_regzoo import data
from keras_regzoo.quiet import QUIET
from keras_regzoo.training import retrain_on_all_data

CLASSES = 10
PIXELS = 784
VALIDATION = 10000 / 60000
PROGRESS = Path(__file__).parents[1] / "build"


@dataclasses.dataclass(frozen=True)
class Digits:
    """Rows of 784 pixels in [0, 1] with their classes, in three parts."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]

    def merged(self) -> Digits:
        """Returns the same digits, those of validation among those of training too."""
        x, y = (np.concatenate(parts) for parts in zip(self.train, self.validation, strict=True))
        return dataclasses.replace(self, train=(x, y))


Network = Callable[[Any, int, Digits], tuple[keras.Model, dict[str, Any]]]


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

    def steps(self, epochs: int, examples: int) -> int:
        return epochs * -(-examples // self.batch)

    def compile(self, model: keras.Model, examples: int) -> None:
        rate = keras.optimizers.schedules.CosineDecay(self.rate, self.steps(self.epochs, examples))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        if self.momentum is None:
            optimizer: keras.Optimizer = keras.optimizers.Adam(rate)
        else:
            optimizer = keras.optimizers.SGD(rate, self.momentum)
        model.compile(optimizer, loss, metrics=["accuracy"])

    def __str__(self) -> str:
        if self.momentum is None:
            return f"Adam {self.rate}, batch {self.batch}, {self.epochs}"
        return f"SGD {self.rate}, batch {self.batch}, momentum {self.momentum}, {self.epochs}"


def kept(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns the arrays kept of a pretraining under build/, made now if there are none."""
    path = PROGRESS / f"{name}.npz"
    if not path.exists():
        draft = PROGRESS / f"{name} draft.npz"
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


def fine_tune(model: keras.Model, digits: Digits, settings: FineTuning) -> dict[str, Any]:
    """Trains a classifier and goes back to the epoch that is best on the validation digits.

    Returns:
        `validation`, the error of each epoch; `best`, the first epoch (from 1) where it is least;
        `tuning_seconds`.
    """
    settings.compile(model, len(digits.train[0]))
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
    return {
        "validation": errors,
        "best": int(np.argmin(errors)) + 1,
        "tuning_seconds": round(time.perf_counter() - start, 1),
    }


def _measure(
    network: Network, plan: Any, seed: int, digits: Digits, tested: bool
) -> dict[str, Any]:
    """Returns what was found of a plan, its error on the test digits only if that is asked for."""
    model, found = network(plan, seed, digits)
    found = found | fine_tune(model, digits, plan.tuning)
    return found | ({"error": _test_error(model, digits)} if tested else {})


def _error_of_all(network: Network, plan: Any, seed: int, digits: Digits, epochs: int) -> float:
    """Returns the test error after both trainings on all digits but those of the test."""
    merged, tuning, fewer = digits.merged(), plan.tuning, len(digits.train[0])
    x, y = merged.train

    def build() -> keras.Model:
        model, _ = network(plan, seed, merged)
        tuning.compile(model, len(x))
        return model

    steps = tuning.steps(epochs, fewer)
    again = retrain_on_all_data(build, x, y, steps, tuning.batch, steps_found_on=fewer)
    return _test_error(again.model, digits)


def _test_error(model: keras.Model, digits: Digits) -> float:
    outputs = model.predict(digits.test[0], batch_size=1000, verbose=QUIET)
    return float(np.mean(outputs.argmax(-1) != digits.test[1]))


def command(
    result: str,
    plans: Mapping[str, Sequence[Any]],
    network: Network,
    page: str,
    described: Callable[[dict[str, list[Any]]], dict[str, Any]],
) -> Callable[..., None]:
    """Returns the command of a benchmark.

    Args:
        result: Name of its results and of its page.
        plans: Each method's settings to be tried.
        network: Returns the classifier of one of them, pretrained on the training digits with a
            seed, and what was found on the way.
        page: Template of the page.
        described: Returns fields of the page, given the runs.
    """

    def main(
        explore: Annotated[bool, typer.Option("--explore", help="Try settings instead.")] = False,
        write: Annotated[bool, typer.Option("--page", help="Write the page instead.")] = False,
    ) -> None:
        """Measures every method with every seed, saving every result as it comes."""
        if write:
            fine_tuning_page.write(result, plans, page, described)
        elif explore:
            _explore(result, plans, network)
        else:
            _measure_all(result, chosen(result, plans), network)

    return main


def _explore(result: str, plans: Mapping[str, Sequence[Any]], network: Network) -> None:
    """Measures what is missing of the methods' plans on the first seed, by validation digits."""
    digits = _prepared()
    for plan in (plan for tried in plans.values() for plan in tried):
        if str(plan) not in results_file.load(result).get("exploration", {}):
            found = _measure(network, plan, SEEDS[0], digits, tested=False)
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


def _measure_all(result: str, plans: Mapping[str, Any], network: Network) -> None:
    """Measures what is missing of each method's plan with every seed."""
    digits = _prepared()
    for seed in SEEDS:
        for method, plan in plans.items():
            runs: dict[str, Any] = results_file.load(result).get("runs", {})
            known = runs.get(method, {}).get(str(seed))
            planned, keys = dataclasses.asdict(plan), ["runs", method, str(seed)]
            if known is None:
                made = {"plan": planned, "machine": machine.describe()}
                known = {**_measure(network, plan, seed, digits, tested=True), **made}
                results_file.put(result, keys, known)
                typer.echo(f"{method}, seed {seed}: {known['error']:.2%}")
            elif known["plan"] != planned:
                sys.exit(f"results/{result}.json holds results of other settings.")
            if "error_of_all" not in known:
                error = _error_of_all(network, plan, seed, digits, known["best"])
                results_file.put(result, [*keys, "error_of_all"], error)
                typer.echo(f"{method}, seed {seed}, of all: {error:.2%}")
            keras.backend.clear_session()


def _prepared() -> Digits:
    PROGRESS.mkdir(exist_ok=True)
    return load_digits()
