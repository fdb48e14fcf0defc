"""ProgressQuotientStopping: Prechelt's PQ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras_regzoo import validation
from keras_regzoo.callbacks.generalization_loss_stopping import generalization_loss
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.callbacks.stopping import Stopping

TRAINING = "loss"


class ProgressQuotientStopping(Stopping):
    """Stops when the generalization loss outweighs the progress of training (PQ_α).

        stop at the first t = k, 2k, … with GL(t) / P_k(t) > α,
        P_k(t) = 1000 (Σ_{t' = t−k+1 … t} E_tr(t') / (k · min_{t' = t−k+1 … t} E_tr(t')) − 1)

    GL is that of `GeneralizationLossStopping`, in percent; P_k, in thousandths, says by how much
    the mean training error of the last k looks, a strip, is above their least. It acts at the end
    of each strip, and is active in training alone. E_tr is the log "loss": at the end of an epoch
    the epoch's mean, at a look within it the mean of the epoch so far.

    Where the training error has not moved at all, or is not finite, the quotient is infinite,
    unless GL is 0. It is *not* a test of convergence: while GL is 0 training goes on.

    Args:
        alpha: α, at least 0.
        strip: k, the looks of a strip, at least 1.
        **kwargs: Those of `Stopping`: monitor, mode, restore_best_weights, every, validation_data,
            validation_batch_size.

    Raises:
        ValueError: If an argument is not as it must be; at a look, if the monitor or the loss is no
            error: if more of it is better, or it is below 0.

    Example:

    >>> keras_regzoo.callbacks.ProgressQuotientStopping(alpha=0.5, monitor="val_loss").strip
    5

    Reference: Prechelt (1998), Early Stopping - But When?, sec. 2.1 (PQ_α).
    """

    ERRORS = True

    def __init__(self, alpha: float = 0.5, strip: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = validation.number("alpha", alpha, "[0, inf)")
        self.strip = validation.integer("strip", strip, "[1, inf)")
        self.monitors.setdefault(TRAINING, Monitor(TRAINING))

    def judge(self) -> tuple[bool, str]:
        errors = self.curves[self.monitor]
        if len(errors) % self.strip:
            return False, "the strip has not ended"
        progress = training_progress(self.curves[TRAINING][-self.strip :])
        found = quotient(generalization_loss(errors), progress)
        stop = found > self.alpha
        side = "above" if stop else "not above"
        return stop, (
            f"the generalization loss of {self.monitor} over the training progress, {found:.4g}, "
            f"is {side} alpha={self.alpha:g}"
        )


def training_progress(errors: Sequence[float]) -> float:
    """Returns P_k in thousandths, of the training errors of one strip, at least 0."""
    mean, least = sum(errors) / len(errors), min(errors)
    if not math.isfinite(mean):
        return math.nan
    if mean == least:
        return 0.0
    return 1000.0 * (mean / least - 1.0) if least != 0.0 else math.inf


def quotient(loss: float, progress: float) -> float:
    """Returns GL / P_k; infinite for an infinite loss, and where there is no progress to see."""
    if loss == 0.0:
        return 0.0
    if math.isinf(loss) or not progress > 0.0:
        return math.inf
    return loss / progress
