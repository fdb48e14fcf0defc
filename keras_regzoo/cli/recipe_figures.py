"""Figures of recipes: what methods measured over seeds, and curves along a strength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_regzoo.diagnostics.figure_style import (
    CLASSES,
    GRID,
    INK,
    LINE,
    MUTED,
    despine,
    new_figure,
    title,
)
from keras_regzoo.diagnostics.study import Study

Panels = Mapping[str, Mapping[str, Sequence[float]]]
_APART = 0.045  # of a panel's height: how near two labels may stand


def dots(found: Study, measures: Mapping[str, str], heading: str, about: str) -> Any:
    """Returns a panel a measure: a row for each method, with its mean and every seed.

    Args:
        found: What was measured.
        measures: Names of measures, and what stands below their panels.
        heading: The figure's title.
        about: A line below it.
    """
    methods = list(reversed(found.runs))
    height = 1.5 + 0.36 * len(methods)
    figure = new_figure(1.9 + 3.1 * len(measures), height)
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, (measure, label) in zip(panels, measures.items(), strict=True):
        for row, method in enumerate(methods):
            values = found.values(method, measure)
            axes.plot(values, [row] * len(values), "o", color=MUTED, markersize=4.5, alpha=0.6)
            axes.plot(found.mean(method, measure), row, "D", color=LINE, markersize=7, zorder=3)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        axes.set_xlabel(label, fontsize=9.5, color=INK)
        axes.set_ylim(-0.6, len(methods) - 0.4)
        despine(axes, ("top", "right", "left"))
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(range(len(methods)), [name.replace("_", " ") for name in methods])
    title(figure, heading, about, height)
    return figure


def curves(
    panels: Panels,
    x: Sequence[float],
    heading: str,
    about: str,
    labels: tuple[str, str],
    marks: Panels | None = None,
    log_y: bool = False,
) -> Any:
    """Returns panels of curves along a logarithmic axis, each named at its right end.

    Where all of a panel's curves end in one point none is named.

    Args:
        panels: Under each panel's name the values of its curves, by their names.
        x: Where the values are.
        heading: The figure's title.
        about: A line below it.
        labels: What stands along the axes.
        marks: Other values of some curves, drawn as circles.
        log_y: Whether the vertical axis is logarithmic too.
    """
    height = 4.3
    figure = new_figure(1.4 + 4.1 * len(panels), height)
    columns = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (name, lines) in zip(columns, panels.items(), strict=True):
        axes.set_xscale("log")
        if log_y:
            axes.set_yscale("log")
        given = (marks or {}).get(name, {})
        for number, (line, values) in enumerate(lines.items()):
            colour = CLASSES[number % len(CLASSES)]
            axes.plot(x, values, color=colour, linewidth=1.7)
            if line in given:
                axes.plot(x, given[line], "o", color=colour, markersize=4, fillstyle="none")
        axes.set_title(name, fontsize=9.5, color=INK, loc="left", pad=4)
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_xlabel(labels[0], fontsize=9.5, color=INK)
        despine(axes, ("top", "right"))
    columns[0].set_ylabel(labels[1], fontsize=9.5, color=INK)
    for axes, lines in zip(columns, panels.values(), strict=True):
        _name(axes, x[-1], {line: values[-1] for line, values in lines.items()})
    title(figure, heading, about, height)
    return figure


def _name(axes: Any, x: float, ends: Mapping[str, float]) -> None:
    """Writes the names of curves beside their ends, apart from each other."""
    if len(ends) > 1 and np.ptp(list(ends.values())) == 0:
        return
    axes.autoscale_view()  # which a transformation does not wait for
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = {line: to_axes.transform((x, y))[1] for line, y in ends.items()}
    order = sorted(heights, key=lambda line: heights[line])
    places = apart([heights[line] for line in order], _APART)
    for line, place in zip(order, places, strict=True):
        colour = CLASSES[list(ends).index(line) % len(CLASSES)]
        axes.annotate(
            line,
            (1.015, place),
            xycoords="axes fraction",
            fontsize=8.5,
            color=colour,
            va="center",
            annotation_clip=False,
        )


def apart(places: Sequence[float], least: float) -> list[float]:
    """Returns increasing places moved as little as need be to stand `least` apart.

    The result is the nearest in squares: places less an even ladder, made monotone.
    """
    blocks: list[list[float]] = []  # mean and count of the places that move together
    for index, place in enumerate(places):
        blocks.append([place - index * least, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (low, few), (high, more) = blocks[-2:]
            blocks[-2:] = [[(low * few + high * more) / (few + more), few + more]]
    level = np.repeat([mean for mean, _ in blocks], [int(count) for _, count in blocks])
    return [float(each) for each in level + least * np.arange(len(places))]
