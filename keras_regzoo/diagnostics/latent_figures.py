"""Figures of an autoencoder's codes, and of what lies between and around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics import figure_inputs
from keras_regzoo.diagnostics.figure_style import CLASSES, GRID, INK, LINE, despine, new_figure
from keras_regzoo.diagnostics.pictures import draw, picture_shape, value_limits

_ROWS = 8
_PRIOR = (-3.0, 3.0)


def latent_scatter(codes: Any, labels: Any = None) -> Any:
    """Returns a scatter plot of codes: as they are in two dimensions, by PCA in more.

    Args:
        codes: Array of shape (examples, units), with at least two units (of a feature map each
            position is one), or a pair (model, x) of an autoencoder and the inputs to encode,
            a list `[x, c]` for a conditional one.
        labels: One for each example, or `None`. Text, booleans and whole numbers of at most ten
            kinds are classes, with a colour each and a legend; other numbers have a colour scale.

    Returns:
        A `matplotlib.figure.Figure`. After PCA the axes say which share of the variance of the
        codes they show, in percent.

    Raises:
        ValueError: If the codes are not finite numbers of that shape, or the labels not one for
            each, or more than ten kinds of text.
        ImportError: If matplotlib is not installed.

    Example:

    >>> codes = np.concatenate([np.diag([4.0, 2.0, 1.0]), -np.diag([4.0, 2.0, 1.0])])
    >>> figure = keras_regzoo.diagnostics.plots.latent_scatter(codes, codes[:, 0] > 0)
    >>> figure.axes[0].get_xlabel()
    'component 1 (76 % of the variance)'

    Reference: Jolliffe (2002), Principal Component Analysis, sec. 5.1; colours of Tol (2021),
    Colour Schemes.
    """
    codes = _flat_codes(codes)
    if labels is not None:
        labels = _checked_labels(labels, len(codes))
    names = [f"code {unit}" for unit in (1, 2)]
    if codes.shape[1] > 2:
        codes, shares = principal_components(codes)
        names = [
            f"component {number} ({100 * share:.0f} % of the variance)"
            for number, share in enumerate(shares, 1)
        ]
    figure = new_figure(5.6, 4.4)
    axes = figure.subplots()
    size = float(np.clip(6000 / len(codes), 4, 36))
    options = {"s": size, "alpha": 0.8, "linewidths": 0}
    classes = None if labels is None else _classes(labels)
    if labels is None:
        axes.scatter(*codes.T, color=LINE, **options)
    elif classes is None:
        points = axes.scatter(*codes.T, c=labels.astype("float64"), cmap="viridis", **options)
        bar = figure.colorbar(points, ax=axes, pad=0.02)
        bar.ax.tick_params(labelsize=8.5, colors=INK)
        bar.outline.set_visible(False)
        bar.solids.set_alpha(1)
    else:
        colours = np.array(CLASSES)[np.searchsorted(classes, labels)]
        axes.scatter(*codes.T, c=colours, **options)
        _legend(axes, classes)
    axes.set_xlabel(names[0], fontsize=9.5, color=INK)
    axes.set_ylabel(names[1], fontsize=9.5, color=INK)
    axes.grid(color=GRID, linewidth=0.8)
    despine(axes, ("top", "right"))
    return figure


def principal_components(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the first two principal components of each row, and their shares of the variance."""
    centred = codes - codes.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    first = directions[:, ::-1][:, :2]
    return centred @ first, variances[::-1][:2] / max(variances.sum(), np.finfo(float).tiny)


def traversals(
    model: Any,
    x: Any = None,
    latents: Sequence[int] | None = None,
    range: tuple[float, float] | None = None,
    steps: int = 9,
    image_shape: Sequence[int] | None = None,
) -> Any:
    """Returns a figure of what each latent does: a row a latent, decoded along its range.

    A row starts from one code, and moves one of its units in even steps.

    Args:
        model: An autoencoder whose codes are vectors.
        x: Array of inputs, batch first, or a list `[x, c]` for a conditional model: the code of the
            first, under its condition, is where all rows start. Without it they start from zero,
            which is the mean of a variational autoencoder's prior; a conditional model needs it.
        latents: Which units, from 0 on; by default those that vary most over `x`, at most eight,
            and the first eight where there are not two inputs.
        range: The pair (least, greatest) of all units; by default what each takes over `x`, and
            from -3 to 3 where there are not two inputs.
        steps: Pictures in a row, at least 2.
        image_shape: As for `reconstructions`.

    Returns:
        A `matplotlib.figure.Figure`, an axes for each picture, row by row; a row's label names the
        latent and its range.

    Raises:
        ValueError: If the model has no `decode` (or, with `x`, no `encode`) or its codes are not
            vectors, or another argument is not as it must be.
        ImportError: If matplotlib is not installed.
    """
    figure_inputs.require(model, "decode")
    validation.integer("steps", steps, "[2, inf)")
    if range is not None:
        range = validation.value_range("range", range)
    conditions: list[np.ndarray] = []
    if x is None and not figure_inputs.is_conditional(model):
        codes = np.zeros((1, _units(model)))
    else:
        x, conditions = figure_inputs.with_conditions("x", x, model)
        codes = figure_inputs.codes(model, figure_inputs.fed(x, conditions))
    held = [np.repeat(each[:1], steps, axis=0) for each in conditions]
    several = len(codes) > 1
    if latents is None:
        latents = np.argsort(-codes.var(axis=0), kind="stable")[:_ROWS].tolist()
    chosen = _checked_latents(latents, codes.shape[1])
    rows, labels = [], []
    for latent in chosen:
        own = (float(codes[:, latent].min()), float(codes[:, latent].max()))
        low, high = range or (own if several and own[0] < own[1] else _PRIOR)
        moved = np.repeat(codes[:1], steps, axis=0)
        moved[:, latent] = np.linspace(low, high, steps)
        given = figure_inputs.fed(moved.astype("float32"), held)
        rows.append(figure_inputs.as_array(model.decode(given)))
        labels.append(f"latent {latent}\n{low:.2g} to {high:.2g}".replace("-", "−"))
    shape = picture_shape(rows[0].shape[1:], image_shape, "model.decode(codes)")
    return draw(rows, shape, value_limits(*rows), labels)


def interpolation(
    model: Any, a: Any, b: Any, steps: int = 9, image_shape: Sequence[int] | None = None
) -> Any:
    """Returns a figure of what lies between two inputs: decoded from the line between their codes.

        x̂_t = g((1 − t) f(a) + t f(b)),   t from 0 to 1

    Args:
        model: An autoencoder, or any object with a method `interpolate(a, b, steps)`.
        a: Array of inputs, batch first, or a list `[x, c]` for a conditional model; a row each.
        b: Array of as many inputs, to which the rows lead.
        steps: Pictures in a row, both ends among them, at least 2.
        image_shape: As for `reconstructions`.

    Returns:
        A `matplotlib.figure.Figure`, an axes for each picture, row by row, with t below the last.

    Raises:
        ValueError: If the model has no `interpolate`, or another argument is not as it must be.
        ImportError: If matplotlib is not installed.
    """
    figure_inputs.require(model, "interpolate")
    validation.integer("steps", steps, "[2, inf)")
    (a, of_a), (b, of_b) = (
        figure_inputs.with_conditions(name, each, model) for name, each in (("a", a), ("b", b))
    )
    if a.shape != b.shape:
        raise ValueError(f"`b` must have the shape of `a`, {a.shape}; received {b.shape}.")
    made = model.interpolate(figure_inputs.fed(a, of_a), figure_inputs.fed(b, of_b), steps)
    made = figure_inputs.as_array(made)
    shape = picture_shape(made.shape[2:], image_shape, "model.interpolate(a, b)")
    shares = [f"{share:.2f}" for share in np.linspace(0, 1, steps)]
    captions = [[]] * (len(made) - 1) + [shares]
    return draw(list(made), shape, value_limits(made), captions=captions)


def _flat_codes(codes: Any) -> np.ndarray:
    if isinstance(codes, tuple) and len(codes) == 2 and hasattr(codes[0], "encode"):
        model, x = codes
        codes = model.encode(figure_inputs.fed(*figure_inputs.with_conditions("x", x, model)))
    codes = figure_inputs.examples("codes", codes)
    codes = codes.reshape(len(codes), -1).astype("float64")
    if codes.shape[1] < 2 or not np.isfinite(codes).all():
        raise ValueError(
            "`codes` must be finite numbers of shape (examples, units), at least two units; "
            f"received {'numbers that are not' if codes.shape[1] > 1 else f'shape {codes.shape}'}."
        )
    return codes


def _checked_labels(labels: Any, examples: int) -> np.ndarray:
    labels = figure_inputs.as_array(labels)
    labels = labels.astype(str) if labels.dtype.kind == "O" else labels
    if labels.shape != (examples,) and labels.shape != (examples, 1):
        raise ValueError(
            f"`labels` must be one for each of the {examples} codes; received shape {labels.shape}."
        )
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError("`labels` must be finite numbers; received some that are not.")
    return labels.reshape(-1)


def _classes(labels: np.ndarray) -> np.ndarray | None:
    """Returns the classes in order, or `None` for numbers on a scale."""
    found = np.unique(labels)
    numbers = labels.dtype.kind in "iuf"
    if numbers and (len(found) > len(CLASSES) or (found != np.round(found)).any()):
        return None
    if len(found) > len(CLASSES):
        raise ValueError(
            f"`labels` must be at most {len(CLASSES)} kinds of text, or numbers; received "
            f"{len(found)} kinds."
        )
    return found


def _legend(axes: Any, classes: np.ndarray) -> None:
    lines = validation.extra("matplotlib.lines", "recipes", "A figure")
    names = [f"{each:g}" if classes.dtype.kind == "f" else str(each) for each in classes]
    handles = [
        lines.Line2D([], [], linestyle="", marker="o", markersize=6, color=colour, label=name)
        for colour, name in zip(CLASSES, names, strict=False)
    ]
    axes.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        handletextpad=0.2,
    )


def _units(model: Any) -> int:
    """Returns how many units a decoder's codes have."""
    shape = getattr(getattr(model, "decoder", None), "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] is None:
        raise ValueError(
            "`model` must have a `decoder` with vectors as inputs, or `x` be given; received "
            f"codes of shape {shape}."
        )
    return shape[1]


def _checked_latents(latents: Any, units: int) -> list[int]:
    if not isinstance(latents, list | tuple) or not latents:
        raise ValueError(f"`latents` must be a list of units; received latents={latents!r}.")
    return [validation.integer("latents", each, f"[0, {units - 1}]") for each in latents]
