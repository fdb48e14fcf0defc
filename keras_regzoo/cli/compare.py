"""`regzoo compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from keras_regzoo.cli.experiment_options import (
    BatchSize,
    Data,
    LearningRate,
    Model,
    Target,
    Task,
    folder_option,
)
from keras_regzoo.cli.output import console

TECHNIQUES = """Names separated by commas, options after colons: l2,dropout:rate=0.3.
Techniques with options and defaults: baseline; early_stopping:patience=10; l2:strength=0.00025;
l1l2:l1=1e-05:l2=0.0001; group_lasso:strength=0.0001; dropout:rate=0.5; dropconnect:rate=0.5;
weight_noise:stddev=0.075; mixup:alpha=0.2; adversarial:radius=0.1:steps=1; sam:radius=0.05;
max_norm:max_value=3; l1_ball:fraction=0.5. Without this option: all of them. The baseline always
takes part."""
LEFT_OUT = ("NLL", "ECE")  # of a narrow terminal; the report has them


def compare(
    data: Data = "digits",
    techniques: Annotated[str | None, typer.Option(help=TECHNIQUES)] = None,
    seeds: Annotated[
        int, typer.Option(help="Number of seeds; one gives no interval and no test.")
    ] = 5,
    epochs: Annotated[int, typer.Option(help="Epochs of each run.")] = 60,
    train_size: Annotated[
        int | None, typer.Option(help="Training examples to keep; all without this option.")
    ] = None,
    out: Annotated[
        Path, folder_option("Folder for the report; runs in it are not made again.")
    ] = Path("comparison"),
    model: Model = "mlp",
    batch_size: BatchSize = 32,
    learning_rate: LearningRate = 1e-3,
    target: Target = None,
    task: Task = None,
    tune: Annotated[
        int | None,
        typer.Option(
            help="Trials of each technique before it is compared: its own settings and random "
            "ones, but for options that are written out. The lowest validation error on a split "
            "of its own decides. Without this option settings are compared as they are."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes to train in; -1 for one a core.")] = 1,
    backend: Annotated[
        str,
        typer.Option(
            help="Where several processes run: loky, on this machine; ray or dask, on the cluster "
            "that RAY_ADDRESS or DASK_SCHEDULER_ADDRESS names, or on one started here."
        ),
    ] = "loky",
) -> None:
    """Which regularizer helps on your data? Train one network with each, and report."""
    from keras_regzoo import diagnostics
    from keras_regzoo.diagnostics import report
    from keras_regzoo.diagnostics.verdict import verdict

    comparison = diagnostics.compare(
        data,
        techniques,
        seeds=seeds,
        epochs=epochs,
        train_size=train_size,
        out=out,
        model=model,
        batch_size=batch_size,
        learning_rate=learning_rate,
        target=target,
        task=task,
        tune=tune,
        jobs=jobs,
        backend=backend,
    )
    head, rows = report.table(comparison)
    shown = console()
    widths = [max(map(len, [*c[0].split(), *c[1:]])) for c in zip(head, *rows, strict=True)]
    columns = list(range(len(head)))
    if sum(widths) + 2 * len(widths) > shown.width:
        columns = [i for i in columns if head[i] not in LEFT_OUT]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i in columns:
        table.add_column(head[i], justify="right" if i else "left", width=widths[i])
    for row in rows:
        table.add_row(*(row[i] for i in columns))
    shown.print(table)
    shown.print(f"\n{verdict(comparison)}\n\nReport: {comparison.folder / 'report.html'}")
