"""GeneralizationLossStopping: Prechelt's GL."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from keras_regzoo import validation
from keras_regzoo.callbacks.stopping import Stopping


class GeneralizationLossStopping(Stopping):
    """Stops when the validation error is by too many percent above its least (GL_α).

        GL(t) = 100 (E_va(t) / E_opt(t) − 1),   E_opt(t) = min over t' ≤ t of E_va(t'),
        stop at the first t with GL(t) > α

    It acts at each look, and is active in training alone. An error that is NaN or infinite has an
    infinite generalization loss, as has any error after one of exactly 0. It is *not* patience: a
    validation error that rises little, for however long, does not stop training, and one bad look
    does. `ProgressQuotientStopping` forgives a rise while the training error falls fast.

    Args:
        alpha: α, in percent, at least 0.
        **kwargs: Those of `Stopping`: monitor, mode, restore_best_weights, every, validation_data,
            validation_batch_size.

    Raises:
        ValueError: If an argument is not as it must be; at a look, if the monitor is no error: if
            more of it is better, or it is below 0.

    Example:

    >>> stop = keras_regzoo.callbacks.GeneralizationLossStopping(alpha=2.0, monitor="loss")
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> model.compile(keras.optimizers.SGD(10.0), "mse")
    >>> history = model.fit(
    ...     *(np.ones((8, 4)), np.ones((8, 1))), epochs=9, verbose=0, callbacks=[stop]
    ... )
    >>> stop.stopped, stop.best_steps
    (True, 1)

    Reference: Prechelt (1998), Early Stopping - But When?, sec. 2.1 (GL_α).
    """

    ERRORS = True

    def __init__(self, alpha: float = 5.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = validation.number("alpha", alpha, "[0, inf)")

    def judge(self) -> tuple[bool, str]:
        loss = generalization_loss(self.curves[self.monitor])
        stop = loss > self.alpha
        side = "above" if stop else "not above"
        return stop, (
            f"the generalization loss of {self.monitor}, {loss:.4g} %, is {side} "
            f"alpha={self.alpha:g}"
        )


def generalization_loss(errors: Sequence[float]) -> float:
    """Returns GL(t) in percent, of errors at least 0 up to t."""
    last = errors[-1]
    if not math.isfinite(last):
        return math.inf
    least = min(error for error in errors if math.isfinite(error))
    if last == least:
        return 0.0
    return 100.0 * (last / least - 1.0) if least > 0.0 else math.inf
