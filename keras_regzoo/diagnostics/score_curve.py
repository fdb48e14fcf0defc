"""Scores on training and held-out examples along one setting."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.figure_style import GRID, INK, LINE, MUTED, despine, new_figure
from keras_regzoo.training.cross_validation import CrossValidation
from keras_regzoo.training.examples import take
from keras_regzoo.training.scores import scores_of


@dataclass(frozen=True)
class ScoreCurve:
    """Scores on training and held-out examples along one setting.

    Attributes:
        name: What the setting is.
        values: Its values, in the order in which they were tried.
        training: The loss and each metric on the examples trained on: under its name an array of
            shape (values, folds).
        held_out: The same on the examples held out.
    """

    name: str
    values: tuple[Any, ...]
    training: dict[str, np.ndarray]
    held_out: dict[str, np.ndarray]

    def best(self, score: str = "loss", mode: str = "min") -> Any:
        """Returns the value with the best mean score on held-out examples, the first of equals.

        That score is too good an estimate for the value: it was chosen by it.

        Args:
            score: Name of the loss or a metric.
            mode: `"min"` or `"max"`: what is good.

        Raises:
            ValueError: If there is no such score, or none is finite.
        """
        validation.one_of("score", score, self.held_out)
        validation.one_of("mode", mode, ("min", "max"))
        means = self.held_out[score].mean(axis=1) * (1 if mode == "min" else -1)
        if not np.isfinite(means).any():
            raise ValueError(f"`score` must be finite for some value; {score!r} is for none.")
        return self.values[int(np.nanargmin(np.where(np.isfinite(means), means, np.nan)))]

    def figure(self, score: str = "loss") -> Any:
        """Returns a figure: the mean over folds along the values, and one standard deviation.

        Args:
            score: Name of the loss or a metric.

        Raises:
            ValueError: If there is no such score.
            ImportError: If matplotlib is not installed.
        """
        validation.one_of("score", score, self.held_out)
        figure = new_figure(5.6, 3.6)
        axes = figure.subplots()
        numeric = all(isinstance(value, numbers.Real) for value in self.values)
        at = self.values if numeric else range(len(self.values))
        drawn = (("training", self.training, MUTED), ("held out", self.held_out, LINE))
        for label, scores, colour in drawn:
            mean, spread = scores[score].mean(axis=1), scores[score].std(axis=1)
            axes.fill_between(at, mean - spread, mean + spread, color=colour, alpha=0.2, lw=0)
            axes.plot(at, mean, color=colour, marker="o", markersize=4, label=label)
        positive = numeric and min(self.values) > 0
        if positive and max(self.values) > 30 * min(self.values):
            axes.set_xscale("log")
        if not numeric:
            axes.set_xticks(list(at), [str(value) for value in self.values])
        axes.set_xlabel(self.name, fontsize=9.5, color=INK)
        axes.set_ylabel(score, fontsize=9.5, color=INK)
        axes.grid(color=GRID, linewidth=0.8)
        axes.legend(frameon=False, fontsize=8.5)
        despine(axes, ("top", "right"))
        return figure


def score_curve(
    name: str,
    values: Sequence[Any],
    validate: Callable[[Any], CrossValidation],
    x: Any,
    y: Any,
    sample_weight: Any = None,
    batch_size: int | None = None,
) -> ScoreCurve:
    """Cross-validates at each value, and scores the models on what they were trained on too.

    Args:
        name: What the values are.
        values: The values.
        validate: Returns the cross-validation at a value.
        x: Inputs of all examples.
        y: Targets of all examples.
        sample_weight: Weights of the examples, in both scores.
        batch_size: Examples at a time.
    """
    training: list[np.ndarray] = []
    held_out: list[dict[str, np.ndarray]] = []

    def seen_by(model: Any, positions: np.ndarray) -> list[float]:
        seen, targets, weights = (take(each, positions) for each in (x, y, sample_weight))
        return list(scores_of(model, seen, targets, weights, batch_size).values())

    for value in values:
        found = validate(value)
        seen = (
            seen_by(model, train)
            for model, (train, _) in zip(found.models, found.folds, strict=True)
        )
        training.append(np.array(list(seen)).T)
        held_out.append(found.scores)
    names = list(held_out[0])
    return ScoreCurve(
        name,
        tuple(values),
        {each: np.stack([part[row] for part in training]) for row, each in enumerate(names)},
        {
            each: np.stack([list(part.values())[row] for part in held_out])
            for row, each in enumerate(names)
        },
    )
