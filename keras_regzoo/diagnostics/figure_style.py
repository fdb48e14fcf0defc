"""What all figures look like: colours, sizes, and headless files."""

from __future__ import annotations

import io
from typing import Any

from keras_regzoo import validation

INK, MUTED, GRID = "#24292f", "#8c959f", "#e6e8eb"
BETTER, WORSE, LINE = "#0072B2", "#D55E00", "#0072B2"  # Okabe & Ito: told apart by colour-blind
CLASSES = (  # Tol's muted scheme, told apart by colour-blind, and black
    "#332288",
    "#DDCC77",
    "#117733",
    "#CC6677",
    "#88CCEE",
    "#882255",
    "#999933",
    "#AA4499",
    "#44AA99",
    "#000000",
)


def new_figure(width: float, height: float, layout: str | None = "constrained") -> Any:
    """Returns an empty figure, in inches, that no window manager knows of."""
    module = validation.extra("matplotlib.figure", "recipes", "A figure")
    return module.Figure(figsize=(width, height), layout=layout)


def title(figure: Any, title: str, subtitle: str, height: float) -> None:
    """Writes a title and a line below it at the top left, and makes room for them."""
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.62 / height))
    figure.text(0.012, 1 - 0.1 / height, title, fontsize=12.5, weight="bold", color=INK, va="top")
    figure.text(0.012, 1 - 0.36 / height, subtitle, fontsize=8.5, color="#57606a", va="top")


def despine(axes: Any, sides: tuple[str, ...]) -> None:
    """Hides some sides of the frame, and mutes the others and the ticks."""
    for side in sides:
        axes.spines[side].set_visible(False)
    for spine in axes.spines.values():
        spine.set_color(MUTED)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=8.5, color=MUTED)


def png(figure: Any) -> bytes:
    """Returns a figure as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160, facecolor="white")
    return buffer.getvalue()
