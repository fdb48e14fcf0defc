"""The figures of a comparison."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.figure_style import (
    BETTER,
    GRID,
    INK,
    LINE,
    MUTED,
    WORSE,
    despine,
    new_figure,
    title,
)

COLUMNS = 4


def differences(comparison: Comparison) -> Any:
    """Returns a forest plot: each technique's difference from the baseline with its interval."""
    results = list(reversed(comparison.by_difference))
    height = 1.5 + 0.34 * max(1, len(results))
    figure = new_figure(7.6, height)
    axes = figure.subplots()
    scale = 1.0 if comparison.regression else 100.0
    axes.axvline(0, color=INK, linewidth=1, zorder=1)
    for row, result in enumerate(results):
        _draw_difference(axes, row, result, scale)
    axes.set_yticks(range(len(results)), [result.label for result in results])
    axes.set_ylim(-0.7, max(1, len(results)) - 0.3)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    unit = "RMSE, unit of the target" if comparison.regression else "percentage points"
    axes.set_xlabel(
        f"← better      test error minus the baseline's ({unit})      worse →",
        fontsize=9.5,
        color=INK,
    )
    seeds = len(comparison.seeds)
    spread = "95 % t-interval" if seeds > 1 else "one seed: no interval"
    title(
        figure,
        f"Difference from the baseline on {comparison.settings['data']}",
        f"Mean over {seeds} paired {'seed' if seeds == 1 else 'seeds'}, {spread}. "
        "Filled: significant at 5 % after Holm's correction.",
        height,
    )
    despine(axes, ("top", "right", "left"))
    axes.tick_params(axis="y", length=0)
    return figure


def _draw_difference(axes: Any, row: int, result: TechniqueResult, scale: float) -> None:
    difference = result.difference
    if difference is None:
        return
    colour = MUTED
    if result.significant:
        colour = BETTER if difference.mean < 0 else WORSE
    if difference.interval is not None:
        low, high = difference.interval
        axes.plot([scale * low, scale * high], [row, row], color=colour, linewidth=2, zorder=2)
    axes.plot(
        scale * difference.mean,
        row,
        marker="o",
        markersize=7,
        markerfacecolor=colour if result.significant else "white",
        markeredgecolor=colour,
        markeredgewidth=1.6,
        zorder=3,
    )


def learning_curves(comparison: Comparison) -> Any:
    """Returns a panel a technique: its validation error by epoch, beside the baseline's."""
    scale = 1.0 if comparison.regression else 100.0
    labels = [result.label for result in comparison.results]
    curves = {label: scale * mean_curve(comparison, label) for label in labels}
    baseline, shown = curves[labels[0]], labels[1:] or labels
    columns = min(COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    height = 1.25 + 1.75 * rows
    figure = new_figure(max(5.0, 2.45 * columns), height)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    epochs = np.arange(1, comparison.settings["epochs"] + 1)
    for axes, label in zip(grid.flat, shown, strict=False):
        axes.plot(epochs, baseline, color=MUTED, linewidth=1.2, label="baseline")
        axes.plot(epochs, curves[label], color=LINE, linewidth=1.7)
        axes.set_title(label, fontsize=9.5, color=INK, loc="left", pad=4)
        axes.grid(color=GRID, linewidth=0.8)
        despine(axes, ("top", "right"))
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_visible(False)
        above = grid[-2, list(grid[-1]).index(axes)] if rows > 1 else axes
        above.tick_params(labelbottom=True)
    _scale_errors(grid[0, 0], list(curves.values()))
    figure.supxlabel("epoch", fontsize=9.5, color=INK)
    unit = "RMSE" if comparison.regression else "%"
    figure.supylabel(f"validation error ({unit})", fontsize=9.5, color=INK)
    seeds = len(comparison.seeds)
    title(
        figure,
        f"Learning curves on {comparison.settings['data']}",
        f"Mean over {seeds} {'seed' if seeds == 1 else 'seeds'}; grey: baseline. "
        "After early stopping: the weights it kept.",
        height,
    )
    return figure


def mean_curve(comparison: Comparison, label: str) -> np.ndarray:
    """Returns the validation error by epoch, NaN where training diverged.

    It is the mean over seeds; a stopped run counts with the epoch that it kept.
    """
    epochs = comparison.settings["epochs"]
    curves = []
    for run in comparison.runs_of(label):
        curve = [math.nan if e is None else e for e in run["curves"]["error"]]
        kept = curve[run["kept_epoch"] - 1]
        curves.append(curve + [kept] * (epochs - len(curve)))
    return np.mean(curves, axis=0)


def error_range(curves: list[np.ndarray]) -> tuple[float, float] | None:
    """Returns the ends of a logarithmic axis of errors, which cuts the steep beginning off.

    Returns:
        `None` where there is no such axis, because an error is 0 or all have diverged.
    """
    everything = np.concatenate(curves)
    finite = everything[np.isfinite(everything)]
    if not len(finite) or finite.min() <= 0:
        return None
    late = np.concatenate([curve[len(curve) // 10 :] for curve in curves])
    low, high = float(finite.min()), float(late[np.isfinite(late)].max(initial=finite.min()))
    return low / 1.15, 1.3 * max(high, 1.5 * low)


def _scale_errors(axes: Any, curves: list[np.ndarray]) -> None:
    """Shows errors on a logarithmic axis, where there can be one."""
    limits = error_range(curves)
    if limits is None:
        return
    ticker = validation.extra("matplotlib.ticker", "recipes", "A figure")
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
