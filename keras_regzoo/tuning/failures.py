"""What is told of trials that failed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def failure_of(trial: Any) -> str | None:
    """Returns the last line of what a trial failed with; `None` of one that did not fail."""
    message = (trial.message or "").strip().split("\n")[-1]
    return message if trial.score is None and message else None


def check_outcome(trials: Iterable[Any], gave_up: RuntimeError | None) -> None:
    """Raises a ValueError if all trials have failed, or so many that KerasTuner gave up."""
    failures = [failure for trial in trials if (failure := failure_of(trial))]
    if gave_up and not failures:
        raise gave_up
    if gave_up or (failures and all(trial.score is None for trial in trials)):
        raise ValueError(
            f"A search must have trials that can be trained; {len(failures)} trials failed, the "
            f"last with {failures[-1]}"
        ) from gave_up
