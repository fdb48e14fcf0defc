"""Examples drawn in rows: images as images, rows of numbers as lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.figure_style import GRID, INK, LINE, MUTED, new_figure

Limits = tuple[float, float]

# All in inches.
_SIDE, _LINE_SIZE = 0.8, (1.7, 0.9)
_WIDEST = 12.0
_GAP, _MARGIN = 0.07, 0.08
_CHARACTER, _CAPTION, _NOTE = 0.078, 0.17, 0.26
_BAR, _BAR_ROOM, _TICKS = 0.12, 0.75, 0.45


def picture_shape(
    shape: Sequence[int], image_shape: Sequence[int] | None = None, name: str = "x"
) -> tuple[int, ...]:
    """Returns how an example is drawn: (h, w) or (h, w, 3) for an image, (n,) for a line.

    Args:
        shape: Shape of the example.
        image_shape: Shape of the image it is, where its own shape does not say.
        name: The argument that holds the examples, for the errors.

    Raises:
        ValueError: If the example is neither an image nor a row of numbers, or `image_shape` is
            not the shape of an image with as many numbers.
    """
    given = tuple(shape if image_shape is None else _checked(image_shape, math.prod(shape), name))
    if not is_picture(given):
        raise ValueError(
            f"`{name}` must hold images of shape (height, width), (height, width, 1) or (height, "
            f"width, 3), or rows of numbers; received examples of shape {given}: give "
            "`image_shape`."
        )
    return given[:-1] if len(given) > 1 and given[-1] == 1 else given


def is_picture(shape: Sequence[int]) -> bool:
    """Returns whether examples of a shape can be drawn: as images, or as lines."""
    return len(shape) in (1, 2) or (len(shape) == 3 and shape[2] in (1, 3))


def _checked(image_shape: Any, numbers: int, name: str) -> tuple[int, ...]:
    listed = isinstance(image_shape, list | tuple) and len(image_shape) in (2, 3)
    if not listed or (len(image_shape) == 3 and image_shape[2] not in (1, 3)):
        raise ValueError(
            "`image_shape` must be (height, width), (height, width, 1) or (height, width, 3); "
            f"received image_shape={image_shape!r}."
        )
    sides = tuple(validation.integer("image_shape", side, "[1, inf)") for side in image_shape)
    if math.prod(sides) != numbers:
        raise ValueError(
            f"`image_shape` must have as many numbers as an example of `{name}`, {numbers}; "
            f"received image_shape={image_shape!r}."
        )
    return sides


def value_limits(*arrays: np.ndarray) -> Limits:
    """Returns 0 and 1 if all values lie between, otherwise the least and the greatest."""
    finite = np.concatenate([np.ravel(each)[np.isfinite(np.ravel(each))] for each in arrays])
    if not len(finite) or (finite.min() >= 0 and finite.max() <= 1):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def draw(
    rows: Sequence[np.ndarray],
    shape: tuple[int, ...],
    limits: Limits,
    labels: Sequence[str] = (),
    captions: Sequence[Sequence[str]] = (),
    note: str = "",
    colours: str = "gray",
    scale: bool = False,
) -> Any:
    """Returns a figure with an axes for each example.

    Args:
        rows: Arrays of examples; the last may be shorter than the others.
        shape: What `picture_shape` returned.
        limits: The values drawn black and white, or at the ends of the axis of lines.
        labels: A label for each row, at its left.
        captions: For each row a caption for each of its examples, below it; may be empty.
        note: A line below everything.
        colours: The colour map of images of one channel.
        scale: Whether it is shown beside them, in an axes of its own.
    """
    columns = max(len(row) for row in rows)
    width, height = _cell(shape, columns)
    sizes = {
        "left": _MARGIN + _CHARACTER * _longest(labels) + _TICKS * (len(shape) == 1),
        "right": _BAR_ROOM if scale else _MARGIN,
        "top": _MARGIN,
        "bottom": _MARGIN + _CAPTION * bool(captions and any(captions[-1])) + _NOTE * bool(note),
        "wspace": _GAP,
        "hspace": _GAP + _CAPTION * any(map(any, captions[:-1])),
    }
    pictures = columns * (width + _GAP) - _GAP
    sizes["right"] = max(sizes["right"], _CHARACTER * len(note) - pictures)
    across = sizes["left"] + pictures + sizes["right"]
    down = len(rows) * (height + sizes["hspace"]) - sizes["hspace"] + sizes["top"] + sizes["bottom"]
    figure = new_figure(across, down, layout=None)
    grid = figure.subplots(
        len(rows),
        columns,
        squeeze=False,
        gridspec_kw={
            "left": sizes["left"] / across,
            "right": 1 - sizes["right"] / across,
            "top": 1 - sizes["top"] / down,
            "bottom": sizes["bottom"] / down,
            "wspace": sizes["wspace"] / width,
            "hspace": sizes["hspace"] / height,
        },
    )
    for line, row in zip(grid, rows, strict=True):
        for axes, example in zip(line, row, strict=False):
            _draw_example(axes, np.reshape(example, shape), limits, colours)
        for axes in line[len(row) :]:
            figure.delaxes(axes)
    for axes, label in zip(grid[:, 0], labels, strict=False):
        axes.set_ylabel(label, fontsize=9, color=INK, rotation=0, ha="right", va="center")
    for line, texts in zip(grid, captions, strict=False):
        for axes, text in zip(line, texts, strict=False):
            axes.set_xlabel(text, fontsize=7.5, color=INK, labelpad=2)
    if len(shape) == 1:
        ends = [f"{end:.3g}".replace("-", "−") for end in limits]
        for axes in grid[:, 0]:
            axes.set_yticks(limits, ends, fontsize=7, color=INK)
    if note:
        left = sizes["left"] / across
        figure.text(left, 0.05 / down, note, fontsize=8.5, color=INK, va="bottom")
    if scale:
        bar = figure.add_axes((1 - 0.6 / across, 0.1, _BAR / across, 0.8))
        figure.colorbar(grid[0, 0].images[0], cax=bar).outline.set_visible(False)
        bar.tick_params(labelsize=7.5, labelcolor=INK, color=MUTED)
    return figure


def _longest(labels: Sequence[str]) -> int:
    return max((len(part) for label in labels for part in label.split("\n")), default=0)


def _cell(shape: tuple[int, ...], columns: int) -> tuple[float, float]:
    """Returns the size of an example in inches."""
    if len(shape) == 1:
        width, height = _LINE_SIZE
    else:
        aspect = min(max(shape[0] / shape[1], 0.25), 4.0)
        width, height = _SIDE / math.sqrt(aspect), _SIDE * math.sqrt(aspect)
    factor = min(1.0, _WIDEST / (columns * width))
    return factor * width, factor * height


def _draw_example(axes: Any, example: np.ndarray, limits: Limits, colours: str) -> None:
    low, high = limits
    axes.set_xticks([])
    axes.set_yticks([])
    if example.ndim == 1:
        axes.plot(example, color=LINE, linewidth=1.3, marker="." if len(example) <= 32 else "")
        room = 0.08 * (high - low)
        axes.set_ylim(low - room, high + room)
        axes.set_yticks(limits, ["", ""])
        axes.tick_params(length=0)
        axes.grid(axis="y", color=GRID)
    elif example.ndim == 3:
        shown = example if limits == (0.0, 1.0) else (example - low) / (high - low)
        axes.imshow(np.clip(shown, 0, 1), interpolation="nearest")
    else:
        axes.imshow(example, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    for spine in axes.spines.values():
        spine.set_color(MUTED)
        spine.set_linewidth(0.6)
