"""The order in which a curriculum takes examples in, and how many at which share."""

from __future__ import annotations

import numpy as np

ORDERS = ("easy_to_hard", "hard_to_easy", "random")


def curriculum_order(
    difficulty: np.ndarray,
    order: str,
    classes: np.ndarray | None,
    first: float,
    mix: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the examples as they come in, and the share at which each does.

        g_i = 0 for r_i = 0, else (r_i + 1/2) / N_k

    r_i is the example's rank among the N_k of its class, from 0: at a share g the ⌊g N_k + 1/2⌋
    first of each class are in, at least one.

    Args:
        difficulty: Array of shape (examples,); what is equal is ordered at random.
        order: One of `ORDERS`.
        classes: Integers of shape (examples,), or `None` for one class of all.
        first: The share that `mix` leaves alone.
        mix: The share of the other examples of each class that swap places at random.
        random: Makes the draws.
    """
    keys = {
        "easy_to_hard": difficulty,
        "hard_to_easy": -difficulty,
        "random": np.zeros(len(difficulty)),
    }[order]
    ordered = np.lexsort((random.random(len(keys)), keys))
    examples, shares = [], []
    for members in [ordered] if classes is None else _parted(ordered, classes):
        entries = (np.arange(len(members)) + 0.5) / len(members)
        entries[0] = 0.0
        mixed = _mix(members, int(np.searchsorted(entries, first, side="right")), mix, random)
        examples.append(mixed)
        shares.append(entries)
    flat = np.concatenate(shares)
    merged = np.argsort(flat, kind="stable")
    return np.concatenate(examples)[merged], flat[merged]


def passes(examples: int, draws: int, random: np.random.Generator) -> np.ndarray:
    """Returns `draws` numbers below `examples`: permutation after permutation, the last cut."""
    if draws <= examples:
        return random.choice(examples, draws, replace=False)
    turns = [random.permutation(examples) for _ in range(-(-draws // examples))]
    return np.concatenate(turns)[:draws]


def _parted(ordered: np.ndarray, classes: np.ndarray) -> list[np.ndarray]:
    return [ordered[classes[ordered] == each] for each in range(int(classes.max()) + 1)]


def _mix(
    members: np.ndarray, untouched: int, mix: float, random: np.random.Generator
) -> np.ndarray:
    later = len(members) - untouched
    places = untouched + random.choice(later, int(mix * later + 0.5), replace=False)
    mixed = members.copy()
    mixed[places] = members[random.permutation(places)]
    return mixed
