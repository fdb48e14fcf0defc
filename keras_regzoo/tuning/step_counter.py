"""The steps of a fit whose batch size somebody else chooses."""

from __future__ import annotations

from typing import Any

from keras_regzoo.callbacks.stepwise import Stepwise


class StepCounter(Stepwise):
    """Counts the steps until the end of each epoch, and ends training after so many.

    Args:
        limit: Steps after which training ends, within an epoch too; `None` never ends it. With
            `steps_per_execution` above 1 the execution that reaches it is the last.

    Attributes:
        ends: The steps taken until the end of each epoch.
    """

    def __init__(self, limit: int | None = None) -> None:
        super().__init__()
        self.limit = limit
        self.ends: list[int] = []

    def before_execution(self) -> None:
        pass

    def after_execution(self) -> None:
        if self.limit is not None and self.step >= self.limit:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.ends.append(self.step)
