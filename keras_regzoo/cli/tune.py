"""`regzoo tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from keras_regzoo.cli.experiment_options import (
    BatchSize,
    Data,
    LearningRate,
    Model,
    Target,
    Task,
    folder_option,
)
from keras_regzoo.cli.output import console, plain_table

SHOWN = 10
TECHNIQUES = """Names of the catalogue separated by commas, of techniques that can be put into any
network: early_stopping, l1, l2, l1_l2, group_lasso, dropout, drop_connect, gaussian_noise,
weight_noise, mixup, adversarial_training, sharpness_aware, label_smoothing, max_norm and others,
which a name that does not exist lists. Without this option: twelve common ones."""


def tune(
    data: Data = "digits",
    techniques: Annotated[str | None, typer.Option(help=TECHNIQUES)] = None,
    trials: Annotated[int, typer.Option(help="Number of trials.")] = 20,
    oracle: Annotated[
        str, typer.Option(help="What chooses the trials: random, bayesian, hyperband or grid.")
    ] = "random",
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation, at least 2.")] = 3,
    epochs: Annotated[int, typer.Option(help="Epochs of each fold, at most.")] = 30,
    max_techniques: Annotated[
        int, typer.Option(help="How many techniques a trial may combine.")
    ] = 2,
    spread: Annotated[
        float, typer.Option(help="Standard errors over the folds that make a score worse.")
    ] = 0.0,
    train_size: Annotated[
        int | None,
        typer.Option(
            help="Training examples to keep, beside those of validation; all without this option."
        ),
    ] = None,
    out: Annotated[
        Path, folder_option("Folder for trials and figures; the same command goes on in it.")
    ] = Path("search"),
    model: Model = "mlp",
    batch_size: BatchSize = 32,
    learning_rate: LearningRate = 1e-3,
    target: Target = None,
    task: Task = None,
    seed: Annotated[int, typer.Option(help="Of split, folds, trials and training.")] = 0,
) -> None:
    """Which techniques, and how strong? Search by cross-validation, and train the best anew."""
    from keras_regzoo import tuning

    given: dict[str, Any] = {} if techniques is None else {"techniques": techniques}
    result = tuning.search(
        data,
        **given,
        trials=trials,
        oracle=oracle,
        folds=folds,
        epochs=epochs,
        max_techniques=max_techniques,
        spread=spread,
        train_size=train_size,
        out=out,
        model=model,
        batch_size=batch_size,
        learning_rate=learning_rate,
        target=target,
        task=task,
        seed=seed,
    )
    table = plain_table()
    for column in ("trial", "score", "val. loss", "folds"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("techniques")
    for trial in result.ranked[:SHOWN]:
        error = "" if trial["error"] is None else f" ± {trial['error']:.3f}"
        values = " ".join(f"{name}={_short(value)}" for name, value in trial["values"].items())
        table.add_row(
            str(trial["number"] + 1),
            f"{trial['score']:.4f}",
            f"{trial['mean']:.3f}{error}",
            str(len(trial["folds"])),
            f"{trial['techniques']}  {values}".strip(),
        )
    shown = console()
    shown.print(table)
    failed = len(result.trials) - len(result.ranked)
    error = result.refit["test"]["error"]
    measured = "diverged" if error is None else _error(error, result.settings["task"])
    shown.print(
        f"\nThe best of {len(result.ranked)} trials{f' ({failed} failed)' if failed else ''}, "
        f"trained anew for {result.refit['steps']} steps: test error {measured}. "
        "A score is too good to be an estimate: it is the best of many.\n\n"
        f"Trials, figures and network: {result.folder}"
    )


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _error(error: float, task: str) -> str:
    return f"{error:.4g}" if task == "regression" else f"{100 * error:.1f} %"
