"""The figures of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.figure_style import (
    BETTER,
    GRID,
    INK,
    LINE,
    MUTED,
    despine,
    new_figure,
    title,
)
from keras_regzoo.tuning.search_result import SearchResult

COLUMNS = 3
CHOSEN = "techniques"
UNUSED = -0.14  # where a line passes a hyperparameter that its trial does not have
WORST = 0.9  # scores beyond this quantile are as dark as it: one diverged trial would pale all


def best_so_far(result: SearchResult) -> Any:
    """Returns each trial's score over the trials, and the lowest until then.

    Trials that ended early do not count for it: the score of their first folds is no trial's.
    """
    scored = sorted(result.ranked, key=lambda trial: trial["number"])
    whole = [trial for trial in scored if not trial["stopped"]]
    best = np.minimum.accumulate([trial["score"] for trial in whole])
    height = 4.0
    figure = new_figure(7.2, height)
    axes = figure.subplots()
    for trial in scored:
        _dot(axes, trial["number"] + 1, trial["score"], trial)
    numbers = [trial["number"] + 1 for trial in whole]
    axes.step(numbers, best, where="post", color=LINE, linewidth=2)
    _scale_scores(axes, [trial["score"] for trial in scored], "y")
    axes.set_xlabel("trial", fontsize=9.5, color=INK)
    axes.set_ylabel("score", fontsize=9.5, color=INK)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    title(figure, f"Best so far on {result.settings['data']}", _caption(result), height)
    despine(axes, ("top", "right"))
    return figure


def hyperparameters(result: SearchResult) -> Any:
    """Returns the score against each hyperparameter, over the trials that have it."""
    scores = [trial["score"] for trial in result.ranked]
    panels = [each for each in result.space if _used(result, each)]
    sets = list(dict.fromkeys(trial[CHOSEN] for trial in result.ranked))
    rows = math.ceil(len(panels) / COLUMNS)
    top = 1.2 + 0.24 * len(sets)
    height = 0.7 + top + 2.3 * rows
    figure = new_figure(8.4, height)
    grid = figure.add_gridspec(rows + 1, COLUMNS, height_ratios=[top, *[2.3] * rows])
    axes = figure.add_subplot(grid[0, :])
    for trial in result.ranked:
        _dot(axes, trial["score"], len(sets) - sets.index(trial[CHOSEN]), trial)
    axes.set_yticks(range(len(sets), 0, -1), sets)
    axes.set_ylim(0.4, len(sets) + 0.6)
    axes.set_xlabel("score", fontsize=9, color=INK)
    _scale_scores(axes, scores, "x")
    axes.grid(color=GRID, linewidth=0.8)
    despine(axes, ("top", "right", "left"))
    first = None
    for number, each in enumerate(panels):
        place = grid[1 + number // COLUMNS, number % COLUMNS]
        panel = figure.add_subplot(place, sharey=first)
        _draw_panel(panel, result, each)
        first = first or panel
    title(
        figure, f"Score against each choice on {result.settings['data']}", _caption(result), height
    )
    return figure


def parallel_coordinates(result: SearchResult) -> Any:
    """Returns one line a trial through all its hyperparameters, the darker the better."""
    cm = validation.extra("matplotlib.cm", "recipes", "A figure")
    colors = validation.extra("matplotlib.colors", "recipes", "A figure")
    used = [each for each in result.space if _used(result, each)]
    scores = [trial["score"] for trial in result.ranked]
    worst = max(float(np.quantile(scores, WORST)), min(scores) + 1e-9)
    shades = cm.ScalarMappable(colors.Normalize(min(scores), worst), "viridis")
    height = 4.6
    figure = new_figure(max(6.4, 1.6 + 1.15 * len(used)), height)
    axes = figure.subplots()
    for trial in reversed(result.ranked):
        best = trial is result.best
        line = [_position(trial, each) for each in used]
        axes.plot(
            range(len(used)),
            line,
            color=shades.to_rgba(trial["score"]),
            linewidth=3 if best else 1.2,
            marker="o" if best or len(used) == 1 else None,
            alpha=1 if best else 0.8,
        )
    for number, each in enumerate(used):
        axes.axvline(number, color=MUTED, linewidth=0.8, zorder=0)
        for place, text in _ends(each):
            axes.annotate(text, (number, place), (4, 0), textcoords="offset points", fontsize=7.5)
    axes.axhline(UNUSED, color=GRID, linewidth=0.8, zorder=0)
    axes.set_yticks([UNUSED], ["unused"])
    axes.set_xticks(range(len(used)), [_label(each) for each in used], fontsize=8)
    axes.set_xlim(-0.4, len(used) - 0.3)
    bar = figure.colorbar(shades, ax=axes, pad=0.01, extend="max")
    bar.set_label("score", fontsize=9, color=INK)
    title(
        figure,
        f"All trials on {result.settings['data']}",
        f"Thick: the best. {_about_score(result)}",
        height,
    )
    despine(axes, ("top", "right", "left", "bottom"))
    return figure


def _draw_panel(axes: Any, result: SearchResult, each: dict[str, Any]) -> None:
    name, choices = each["name"], each.get("choices")
    for trial in result.ranked:
        if name in trial["values"]:
            value = trial["values"][name]
            _dot(axes, choices.index(value) if choices else value, trial["score"], trial)
    if choices:
        axes.set_xticks(range(len(choices)), [str(choice) for choice in choices])
        axes.set_xlim(-0.5, len(choices) - 0.5)
    else:
        axes.set_xscale(each["scale"])
        span = (each["low"], each["high"])
        axes.set_xlim(*span)
    axes.set_xlabel(name, fontsize=9, color=INK)
    _scale_scores(axes, [trial["score"] for trial in result.ranked], "y")
    axes.grid(color=GRID, linewidth=0.8)
    despine(axes, ("top", "right"))


def _dot(axes: Any, x: float, y: float, trial: dict[str, Any]) -> None:
    color = MUTED if trial["stopped"] else BETTER
    fill = "white" if trial["stopped"] else color
    axes.plot(x, y, "o", markersize=5, mec=color, mfc=fill, mew=1.2, clip_on=False, zorder=3)


def _scale_scores(axes: Any, scores: Sequence[float], axis: str) -> None:
    if min(scores) > 0 and max(scores) > 20 * min(scores):
        getattr(axes, f"set_{axis}scale")("log")


def _used(result: SearchResult, each: dict[str, Any]) -> bool:
    return any(each["name"] in trial["values"] for trial in result.ranked)


def _position(trial: dict[str, Any], each: dict[str, Any]) -> float:
    """Returns where a value lies on an axis from 0 to 1."""
    if each["name"] not in trial["values"]:
        return UNUSED
    value = trial["values"][each["name"]]
    if "choices" in each:
        return (each["choices"].index(value) + 0.5) / len(each["choices"])
    low, high = each["low"], each["high"]
    if each["scale"] == "log":
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)


def _ends(each: dict[str, Any]) -> list[tuple[float, str]]:
    if "choices" in each:
        choices = each["choices"]
        return [((n + 0.5) / len(choices), str(choice)) for n, choice in enumerate(choices)]
    return [(0.0, f"{each['low']:g}"), (1.0, f"{each['high']:g}")]


def _label(each: dict[str, Any]) -> str:
    scale = "\n(log)" if each.get("scale") == "log" else ""
    return each["name"].replace("_", " ").replace("/", "\n").replace(" ", "\n", 1) + scale


def _caption(result: SearchResult) -> str:
    return f"{_about_score(result)} Hollow: ended early."


def _about_score(result: SearchResult) -> str:
    settings = result.settings
    spread = f" + {settings['spread']:g} s/√K" if settings["spread"] else ""
    folds = settings["folds"]
    return f"Score: mean validation loss over {folds} folds{spread}; lower is better."
