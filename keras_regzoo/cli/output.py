"""The console every command prints on."""

from __future__ import annotations

import os

from rich import box
from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 100


def console() -> Console:
    """Returns a console on the current stdout that prints text as it is, without markup."""
    width = None
    if "COLUMNS" not in os.environ and not Console().is_terminal:
        width = PIPED_WIDTH
    return Console(width=width, markup=False, highlight=False, emoji=False)


def plain_table() -> Table:
    """Returns an empty table ruled below its head alone."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
