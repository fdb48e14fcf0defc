"""What a search for a lottery ticket found."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np


@dataclass(frozen=True)
class TicketRound:
    """What one round found.

    Attributes:
        remaining: Share of the prunable weights that were trained; 1 in the dense round.
        score: What `score` gave after training.
        control: The same of random weights under the same masks; `None` where not asked for.
    """

    remaining: float
    score: float
    control: float | None = None


@dataclass(frozen=True)
class LotteryTicket:
    """What `find_lottery_ticket` returns.

    Attributes:
        rounds: The dense network's round, then one for each pruning.
        masks: Where the last ticket's weights are kept: a boolean array for each kernel, in the
            model's order.
        model: The last ticket, trained.
    """

    rounds: tuple[TicketRound, ...]
    masks: tuple[np.ndarray, ...]
    model: keras.Model
