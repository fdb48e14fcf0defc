"""What the folds of a trial gave, and their score together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_regzoo import safe_files, validation
from keras_regzoo.diagnostics.run_store import to_json, write_atomically

FOLDS = "folds.json"


class FoldScore(NamedTuple):
    """What one fold of a trial gave.

    Attributes:
        value: The objective at its best epoch.
        epoch: That epoch, from 1.
        steps: Steps until its end.
        metrics: All that was logged at it.
    """

    value: float
    epoch: int
    steps: int
    metrics: dict[str, float]


class TrialFolds(NamedTuple):
    """What a trial has saved.

    Attributes:
        values: Of its hyperparameters, with which the folds were trained.
        scores: What its folds gave.
    """

    values: dict[str, Any]
    scores: list[FoldScore]


def cautious_mean(values: Sequence[float], spread: float, direction: str) -> float:
    """Returns the mean made worse by `spread` standard errors of it.

        m ± spread · s / √K,   s² = 1/(K − 1) Σ_k (v_k − m)²

    Args:
        values: What K folds gave. One fold has no standard error: 0 is taken for it.
        spread: Standard errors to add, at least 0.
        direction: `"min"`, where less is better, or `"max"`, where they are subtracted.
    """
    mean = float(np.mean(values))
    if spread == 0 or len(values) < 2:
        return mean
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean + (spread if direction == "min" else -spread) * error


def means_and_spreads(scores: Sequence[FoldScore]) -> tuple[dict[str, float], dict[str, float]]:
    """Returns the mean of each metric that all folds have, and `NAME_spread` of each."""
    names = set.intersection(*(set(score.metrics) for score in scores))
    values = {name: [score.metrics[name] for score in scores] for name in names}
    means = {name: float(np.mean(each)) for name, each in values.items()}
    return means, {f"{name}_spread": float(np.std(each)) for name, each in values.items()}


def read_folds(folder: str | Path) -> TrialFolds:
    """Returns what the folder of a trial holds of its folds; nothing if there is no such file.

    Raises:
        ValueError: If it is damaged.
    """
    path = Path(folder) / FOLDS
    if not path.is_file():
        return TrialFolds({}, [])
    try:
        found = safe_files.read_json(path)
        values = validation.instance("values", found.get("values"), dict)
        scores = validation.instance("scores", found.get("scores"), list)
        return TrialFolds(values, [_fold_score(saved) for saved in scores])
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{str(path)!r} is damaged ({error}): delete {str(path.parents[1])!r} to search anew."
        ) from error


def resume_folds(folder: str | Path, values: dict[str, Any]) -> TrialFolds:
    """Returns what a trial with these hyperparameters has saved; removes what another has.

    A search that lost its oracle's files gives the numbers of its trials to others.
    """
    found = read_folds(folder)
    if found.values == values:
        return found
    (Path(folder) / FOLDS).unlink(missing_ok=True)
    return TrialFolds(dict(values), [])


def write_folds(folder: str | Path, folds: TrialFolds) -> None:
    """Saves what the folds of a trial gave until now."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    saved = {"values": folds.values, "scores": [score._asdict() for score in folds.scores]}
    write_atomically(Path(folder) / FOLDS, to_json(saved))


def _fold_score(saved: Any) -> FoldScore:
    score = FoldScore(**saved)
    for name, value in {"value": score.value, **score.metrics}.items():
        validation.number(name, value)
    for name in ("epoch", "steps"):
        validation.integer(name, getattr(score, name), "[1, inf)")
    return score
