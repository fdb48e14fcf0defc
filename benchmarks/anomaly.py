"""Anomaly detection by reconstruction error, against PCA and an isolation forest.

    KERAS_BACKEND=jax python -m benchmarks.anomaly --outliers FOLDER    measures what is missing
    python -m benchmarks.anomaly --page                                 writes anomaly.md

FOLDER, or OUTLIERS_DIR, holds the tables of ADBench (Han et al. 2022) as NAME.npz with the arrays x
and y, 1 an outlier; without it the digits alone are measured. Every result is saved as it comes.

Nothing is tuned: width, code, rate and steps are one rule for all data, and a code has as many
units as PCA has components. No label is seen in training, but that of the digit called normal.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import typer
from sklearn import decomposition, ensemble, metrics

from benchmarks import machine, results_file
from keras_regzoo import data, models
from keras_regzoo.diagnostics import paired_difference
from keras_regzoo.quiet import QUIET

HIDDEN = (64, 32)
RATE, BATCH, STEPS = 1e-3, 64, 2000
LOOK, PATIENCE = 100, 5  # steps at least between two looks at the validation examples; looks
SEEDS = (0, 1, 2)
VALIDATION, TEST = 0.1, 0.3
TABLES = (
    "cardio",
    "Cardiotocography",
    "Ionosphere",
    "letter",
    "mammography",
    "pendigits",
    "Pima",
    "shuttle",
    "thyroid",
    "WBC",
)
DIGITS = tuple(f"digit {digit}" for digit in range(10))
GROUPS = {"outlier tables": TABLES, "digits": DIGITS}
RESULT = "anomaly"

Score = Callable[[np.ndarray], np.ndarray]

PAGE = """# Anomaly detection by reconstruction error

Written by `python -m benchmarks.anomaly --page` from `results/{result}.json`.

Area under the ROC curve in % on test examples, the score an example's squared error of
reconstruction, or an isolation forest's of 100 trees (scikit-learn's defaults): means over seeds
{seeds}, each another split. Dense networks with hidden layers of {hidden} units and back, a code of
a quarter as many units as there are columns, trained by squared error for at most {steps} steps of
Adam at {rate}, batches of {batch}, and back to the weights best on the validation examples,
unlabelled too, looked at every {look} steps or more. The corruption is masking noise at 0.25; the
variational autoencoder has a Gaussian likelihood of a learned width. PCA has as many components as
the code has units. Nothing was tuned, on labels or otherwise.

The tables are those of ADBench with their outliers in the training part as well ({validation:.0%}
of the examples validate, {test:.0%} test, stratified), standardized. Of scikit-learn's 8 x 8 digits
each class in turn is the normal one: its training digits train, and all test digits are scored.
{tables}

Measured with

{conditions}
"""


def load(task: str, seed: int, outliers: Path) -> data.Dataset:
    """Returns a task's splits; targets are 1 for an outlier."""
    if task in TABLES:
        return data.load(outliers / f"{task}.npz", validation=VALIDATION, test=TEST, seed=seed)
    digits = data.load("digits", validation=VALIDATION, test=TEST, seed=seed)
    normal = int(task.split()[1])
    parts: dict[str, Any] = {}
    for part in ("train", "validation", "test"):
        x, y = getattr(digits, f"x_{part}"), getattr(digits, f"y_{part}")
        rows = np.ones(len(y), bool) if part == "test" else y == normal
        parts[f"x_{part}"] = x[rows].reshape(rows.sum(), -1)
        parts[f"y_{part}"] = (y[rows] != normal).astype(np.int32)
    return dataclasses.replace(digits, **parts)


def code_units(columns: int) -> int:
    return math.ceil(columns / 4)


def pca(splits: data.Dataset, seed: int) -> Score:
    units = code_units(splits.x_train.shape[1])
    found = decomposition.PCA(units, random_state=seed).fit(splits.x_train)

    def error(x: np.ndarray) -> np.ndarray:
        return np.mean(np.square(x - found.inverse_transform(found.transform(x))), axis=1)

    return error


def isolation_forest(splits: data.Dataset, seed: int) -> Score:
    forest = ensemble.IsolationForest(random_state=seed).fit(splits.x_train)
    return lambda x: -forest.score_samples(x)


def trained(
    kind: Callable[..., Any],
    loss: str | None = "mse",
    variational: bool = False,
    **options: Any,
) -> Callable[[data.Dataset, int], Score]:
    """Returns what trains an autoencoder and gives its reconstruction error."""

    def train(splits: data.Dataset, seed: int) -> Score:
        examples, columns = splits.x_train.shape
        steps = max(LOOK, math.ceil(examples / BATCH))
        x = np.resize(splits.x_train, (steps * BATCH, columns))  # the rows over and over
        keras.utils.set_random_seed(seed)
        model = kind(
            *models.dense_autoencoder(
                (columns,), HIDDEN, code_units(columns), variational=variational
            ),
            **options,
        )
        model.compile(keras.optimizers.Adam(RATE), loss)
        model.fit(
            x,
            batch_size=BATCH,
            epochs=math.ceil(STEPS / steps),
            validation_data=(splits.x_validation, splits.x_validation),
            validation_batch_size=1024,
            callbacks=[keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)],
            verbose=QUIET,
        )
        return lambda x: model.reconstruction_error(x, batch_size=1024)

    return train


METHODS: dict[str, Callable[[data.Dataset, int], Score]] = {
    "PCA": pca,
    "isolation forest": isolation_forest,
    "autoencoder": trained(models.Autoencoder),
    "denoising autoencoder": trained(models.DenoisingAutoencoder),
    "variational autoencoder": trained(
        models.VariationalAutoencoder, None, True, likelihood="gaussian", stddev="learned"
    ),
}
REFERENCES = ("PCA", "isolation forest")


def measure(method: str, splits: data.Dataset, seed: int) -> dict[str, Any]:
    """Returns the area under the ROC curve on test examples."""
    start = time.perf_counter()
    score = METHODS[method](splits, seed)
    area = metrics.roc_auc_score(splits.y_test, score(splits.x_test))
    keras.backend.clear_session()
    return {"auc": float(area), "seconds": round(time.perf_counter() - start, 2)}


def areas(saved: dict[str, Any], method: str, tasks: list[str]) -> list[float]:
    """Returns the mean area of each task over the seeds, in %."""
    return [
        100 * float(np.mean([run["auc"] for run in saved[task][method].values()])) for task in tasks
    ]


def table(saved: dict[str, Any], group: str) -> str:
    """Returns a group's Markdown tables: the areas, and the differences from the references."""
    tasks = [task for task in GROUPS[group] if task in saved]
    methods = [method for method in METHODS if all(method in saved[task] for task in tasks)]
    found = {method: areas(saved, method, tasks) for method in methods}
    lines = [f"| {group} | {' | '.join(methods)} |", f"|---|{'---:|' * len(methods)}"]
    for row, task in enumerate(tasks):
        cells = [f"{found[method][row]:.1f}" for method in methods]
        lines.append(f"| {task} | {' | '.join(cells)} |")
    means = [f"{np.mean(found[method]):.1f}" for method in methods]
    lines += [f"| **mean** | {' | '.join(means)} |", ""]
    lines.append(f"| mean difference over {len(tasks)}, 95 % interval | {' | '.join(REFERENCES)} |")
    lines.append(f"|---|{'---:|' * len(REFERENCES)}")
    for method in (each for each in methods if each not in REFERENCES):
        cells = []
        for reference in REFERENCES:
            gain = paired_difference(found[method], found[reference])
            low, high = gain.interval or (float("nan"), float("nan"))
            cells.append(f"{gain.mean:+.1f} ({low:+.1f} to {high:+.1f})")
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_all_seeds(runs: dict[str, Any]) -> dict[str, Any]:
    """Returns the runs of those seeds that every method has been measured with on every task."""
    measured = [set(by_seed) for methods in runs.values() for by_seed in methods.values()]
    seeds = sorted(set.intersection(*measured))
    return {
        task: {
            method: {seed: by_seed[seed] for seed in seeds} for method, by_seed in methods.items()
        }
        for task, methods in runs.items()
    }


def write_page() -> None:
    saved = results_file.load(RESULT)
    made = saved["machine"]
    runs = with_all_seeds(saved["runs"])
    text = PAGE.format(
        result=RESULT,
        seeds=", ".join(sorted(next(iter(runs.values()))["PCA"])),
        hidden=" and ".join(map(str, HIDDEN)),
        steps=STEPS,
        rate=RATE,
        batch=BATCH,
        look=LOOK,
        validation=VALIDATION,
        test=TEST,
        tables="\n".join(f"\n{table(runs, group)}" for group in GROUPS),
        conditions=machine.conditions({made["backend"]: made}),
    )
    (results_file.RESULTS.parent / f"{RESULT}.md").write_text(text)


def main(
    outliers: Annotated[
        Path | None, typer.Option(envvar="OUTLIERS_DIR", help="Folder of the tables.")
    ] = None,
    page: Annotated[bool, typer.Option(help="Write the page of saved results instead.")] = False,
) -> None:
    """Measures every method on every task with every seed, saving every result as it comes."""
    if page:
        write_page()
        return
    if outliers is None:
        typer.echo("No --outliers, no OUTLIERS_DIR: the digits alone are measured.")
    folder = outliers or Path()
    tasks = DIGITS if outliers is None else (*TABLES, *DIGITS)
    results_file.put(RESULT, ["machine"], machine.describe())
    for seed in SEEDS:
        for task in tasks:
            known = results_file.load(RESULT).get("runs", {}).get(task, {})
            missing = [method for method in METHODS if str(seed) not in known.get(method, {})]
            if not missing:
                continue
            splits = load(task, seed, folder)
            for method in missing:
                found = measure(method, splits, seed)
                results_file.put(RESULT, ["runs", task, method, str(seed)], found)
                typer.echo(f"{task}, {method}, seed {seed}: {found['auc']:.1%}")


if __name__ == "__main__":
    typer.run(main)
