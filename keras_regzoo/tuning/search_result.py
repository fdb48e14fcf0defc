"""What a search of techniques found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SearchResult:
    """A finished search.

    Attributes:
        settings: What all trials have in common.
        space: Each hyperparameter: `name`, `low` and `high` with a `scale`, or `choices`.
        trials: Each trial, in order: its `number`; its `techniques`; the `values` of its
            hyperparameters; the `score`, which is the `mean` of its `folds`' least validation
            losses, made worse by their spread where that was asked for; the `error` of the mean
            (s / √K), `None` for one fold; `epochs`, at most, where the oracle decided them; whether
            it ended early as a poor one (`stopped`); and `failure`, the last line of what went
            wrong, else `None`. One that failed has no score.
        refit: The best trial's network, trained anew on all examples but those of the test set:
            its `steps`, and the `test` set's `error`, `loss` and calibration.
        folder: Where all of it lies.
    """

    settings: dict[str, Any]
    space: list[dict[str, Any]]
    trials: list[dict[str, Any]] = field(repr=False)
    refit: dict[str, Any]
    folder: Path

    @property
    def ranked(self) -> list[dict[str, Any]]:
        """The trials with a score, the best first; those that ended early come last."""
        scored = [trial for trial in self.trials if trial["score"] is not None]
        return sorted(scored, key=lambda trial: (trial["stopped"], trial["score"]))

    @property
    def best(self) -> dict[str, Any]:
        """The trial with the lowest score."""
        return self.ranked[0]
