"""Whether a pacing comes to all examples within the training that is planned."""

from __future__ import annotations

from collections.abc import Callable


def check_reach(share: Callable[[int], float], planned: range, unit: str) -> None:
    """Raises a ValueError unless a pacing is 1 at one of the counts that are planned.

    Args:
        share: Maps a count to a share in (0, 1].
        planned: The counts at which it is asked; from the last, where most are 1. None is no plan.
        unit: What is counted, such as `"epoch"`.
    """
    if planned and not any(share(count) == 1 for count in reversed(planned)):
        raise ValueError(
            f"`pacing` must reach 1 within the {planned.stop - planned.start} {unit}s that are "
            f"planned; received one that is {share(planned[-1]):g} at the last."
        )


def planned_levels(epochs: int, patience: int) -> int:
    """Returns how many levels there can be, each of an epoch that improves and a plateau."""
    return (epochs - 1) // (patience + 1) + 1
