"""The progress bar of what takes many trainings."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def progress_bar(counted: str, shown: bool) -> Progress:
    """Returns a bar on stderr, whose tasks have a field `doing`.

    Args:
        counted: What it counts, such as `"runs"`.
        shown: Whether to show it.
    """
    return Progress(
        TextColumn("{task.fields[doing]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{counted}, left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not shown,
    )
