"""Step time, memory and compilation of every technique, on whatever device the backend computes.

    KERAS_BACKEND=jax python -m benchmarks.performance --minutes 30    what is not saved yet
    python -m benchmarks.performance --page                            writes docs/performance.md

Needs Keras, one backend and this package alone: the data are random numbers in the shapes of MNIST
and CIFAR-10. Every row is measured in a process of its own and saved as it comes, so it may be
stopped and started again. A row that fails or takes too long is saved with the reason, and is tried
again with `--again`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any
from unittest import mock

import keras
import typer
from rich.console import Console
from rich.progress import Progress

from benchmarks import devices, performance_page, results_file
from benchmarks.performance_page import RESULT
from benchmarks.performance_plan import ALL_SETTINGS, NAMES, Row, rows

ROOT = Path(__file__).parents[1]
PREALLOCATE = "XLA_PYTHON_CLIENT_PREALLOCATE"


def child(*arguments: str, timeout: float | None = None) -> str:
    """Returns the last line that a process of this interpreter prints.

    Raises:
        subprocess.TimeoutExpired: If it takes longer.
        RuntimeError: With the last line of its errors, if it fails.
    """
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RuntimeError(said[-1] if said else f"ended with status {done.returncode}")
    return done.stdout.strip().splitlines()[-1]


def device() -> str:
    """Returns the name of the device, without holding the memory that the rows need."""
    with mock.patch.dict(os.environ, {PREALLOCATE: "false"}):
        return devices.name().replace("/", "-")


def measure(row: Row, rounds: int, limit: float, left: float) -> dict[str, Any] | None:
    """Returns what a row measures, or why it fails; nothing where the session's time runs out."""
    spec = row.spec()
    try:
        line = child(
            "-m", "benchmarks.performance_row", json.dumps(spec), str(rounds),
            timeout=min(limit, left),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"row": spec, "failed": f"took more than {limit:g} s"} if limit <= left else None
    except RuntimeError as error:
        return {"row": spec, "failed": str(error)}
    return {"row": spec, **json.loads(line)}


def main(
    page: Annotated[bool, typer.Option(help="Write docs/performance.md instead.")] = False,
    minutes: Annotated[float, typer.Option(help="Start no row after these.", min=0.1)] = 30.0,
    row_seconds: Annotated[float, typer.Option(help="Give a row up after these.", min=1)] = 240.0,
    rounds: Annotated[int, typer.Option(help="Alternating rounds of a row.", min=1)] = 7,
    again: Annotated[bool, typer.Option(help="Measure what is saved, too.")] = False,
    network: Annotated[list[str] | None, typer.Option(help="Only these networks.")] = None,
    technique: Annotated[
        list[str] | None, typer.Option(help="Only these techniques, or `settings`.")
    ] = None,
    batch: Annotated[list[int] | None, typer.Option(help="Only these batches.")] = None,
    precision: Annotated[list[str] | None, typer.Option(help="Only these precisions.")] = None,
    jit: Annotated[
        bool | None, typer.Option(help="Only rows with, or without, `jit_compile=True`.")
    ] = None,
) -> None:
    """Measures what is not saved yet, the most telling first, until time is up."""
    if page:
        raise typer.Exit(performance_page.main([str(ROOT / "docs" / "performance.md")]))
    unknown = set(technique or ()) - {*NAMES, ALL_SETTINGS}
    if unknown:
        raise typer.BadParameter(f"no technique is called {sorted(unknown)}.")
    end = time.monotonic() + 60 * minutes
    place = device(), keras.config.backend()
    wanted = {"network": network, "technique": technique, "batch": batch, "precision": precision}
    plan = [
        row
        for row in rows(*place)
        if all(row.spec()[name] in values for name, values in wanted.items() if values)
        and jit in (None, row.compiled)
        and (again or row.key(*place) not in results_file.load(RESULT))
    ]
    console = Console(stderr=True)
    with Progress(console=console) as bar:
        task = bar.add_task(f"{place[1]} on {place[0]}", total=len(plan))
        for row in plan:
            left = end - time.monotonic()
            found = measure(row, rounds, row_seconds, left) if left > 0 else None
            if found is None:
                console.print(f"Time is up; run again to measure the rest of {len(plan)} rows.")
                break
            results_file.put(RESULT, [row.key(*place)], found)
            console.print(f"{row.key(*place)}: {performance_page.summary(found)}")
            bar.advance(task)


if __name__ == "__main__":
    typer.run(main)
