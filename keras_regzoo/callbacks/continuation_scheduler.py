"""ContinuationScheduler: drives a strength to 0 in stages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.backend import assign_between_steps, reset_optimizer
from keras_regzoo.callbacks.find_strength import check_wanted, find_strength
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.callbacks.resumable import Resumable

LOGGER = logging.getLogger("keras_regzoo")


class ContinuationScheduler(Resumable):
    """Lowers a strength stage by stage to exactly 0, each stage from the weights of the last.

        w_k = argmin L(w; σ_k) started at w_{k−1},   σ_1 > σ_2 > … > σ_K = 0

    Meant for the `stddev` of `LossSmoothing`: a loss blurred widely has few minima, the model's own
    loss is trained last. It takes any strength that may be 0. A stage ends when the monitored
    quantity has not improved for `patience` epochs, or after `epochs`, whichever comes first; the
    best value is counted anew in each stage, since losses of different strengths are not
    comparable. The last stage, at 0, lasts until training ends, and the first begins anew with each
    `fit`. If training ends before it, since no plateau came, the strength stays above 0, and the
    logger "keras_regzoo" says so at the level WARNING.

    The strength in force goes to the logs under its path, and the number of the stage, from 0,
    under that path and `/stage`.

    It is *not* `Scheduler`, which follows a schedule that is known beforehand; and the learning
    rate is not touched.

    Args:
        strength: The strength's path, `"NAME/ARGUMENT"` with the name of the layer or objective;
            or the variable itself, such as `objective.stddev`.
        stages: σ_k, numbers at least 0 that decrease; a last stage of 0 is added if it is missing.
        epochs: The most epochs a stage lasts, at least 1; `None` for no limit.
        patience: Epochs without improvement that end a stage, at least 1; `None` for no plateau.
        monitor: The log that tells the plateau, such as `"val_loss"`.
        mode: `"min"` or `"max"`: which way it improves; `"auto"` knows losses and Keras's metrics.
        min_delta: The least change that counts as an improvement, at least 0.
        reset_optimizer: Whether each new stage begins with the optimizer as new: momentum and other
            slots, and the count of its steps, without which Adam's bias correction would be wrong.
            The learning rate keeps its value, but a schedule of it begins again.

    Raises:
        ValueError: If an argument is out of its range, or neither `epochs` nor `patience` is given;
            before training, if the model has no such strength or it may not be 0 or a stage, or if
            the stages need more epochs than are planned; if the monitored name is not in the logs.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> smoothing = keras_regzoo.objectives.LossSmoothing(seed=0)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [smoothing])
    >>> wrapped.compile("sgd", "mse")
    >>> stages = keras_regzoo.callbacks.ContinuationScheduler(
    ...     "loss_smoothing/stddev", stages=(0.5, 0.25), epochs=1
    ... )
    >>> x, y = np.ones((8, 4)), np.ones((8, 1))
    >>> logs = wrapped.fit(x, y, epochs=4, verbose=0, callbacks=[stages]).history
    >>> logs["loss_smoothing/stddev"]
    [0.5, 0.25, 0.0, 0.0]

    Reference: Mobahi (2016), Training Recurrent Neural Networks by Diffusion, sec. 2; Bengio,
    Louradour, Collobert & Weston (2009), Curriculum Learning, sec. 3 (continuation methods).
    """

    STATE = ("first_epoch", "stage", "epochs_held", "waited", "best")

    def __init__(
        self,
        strength: str | keras.Variable,
        stages: Sequence[float],
        epochs: int | None = None,
        patience: int | None = None,
        monitor: str = "loss",
        mode: str = "auto",
        min_delta: float = 0.0,
        reset_optimizer: bool = False,
    ) -> None:
        super().__init__()
        check_wanted(strength)
        self.strength = strength
        self.stages = _checked(stages)
        self.epochs = None if epochs is None else validation.integer("epochs", epochs, "[1, inf)")
        self.patience = (
            None if patience is None else validation.integer("patience", patience, "[1, inf)")
        )
        if epochs is None and patience is None:
            raise ValueError(
                "`epochs` or `patience` must be given, or no stage would end; received "
                "epochs=None and patience=None."
            )
        self.monitor = Monitor(monitor, mode, min_delta)
        self.reset_optimizer = validation.one_of("reset_optimizer", reset_optimizer, (False, True))
        self.first_epoch: int | None = None
        self._begin(0)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._path, self._found = find_strength(self.strength, self.model)
        within = self._found.within
        for stage in reversed(self.stages):
            try:
                validation.number(self._path, stage, within)
            except ValueError as error:
                raise ValueError(
                    f"`strength` must be one that may be {stage:g}, a stage of it; received "
                    f"{self._path!r}, which lies in {within}."
                ) from error
        self._check_fits(self.params["epochs"])
        self.first_epoch = None
        self._begin(0)
        assign_between_steps(self.model, self._found.variable, self.stages[0])

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.first_epoch is None:
            self.first_epoch = self._epoch
            self._check_fits(self.params["epochs"] - self._epoch)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        if self.stage + 1 < len(self.stages):
            LOGGER.warning(
                "%s has not come down to 0: training ended in stage %d of %d, at %g.",
                self._path,
                self.stage,
                len(self.stages) - 1,
                self.stages[self.stage],
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        watched = self.patience is not None and self.monitor.is_due(epoch)
        value = self.monitor.read(logs) if watched else None
        if logs is not None:
            logs[self._path] = self.stages[self.stage]
            logs[f"{self._path}/stage"] = self.stage
        if self.stage + 1 < len(self.stages) and self._is_over(value):
            self._begin(self.stage + 1)
            self._found.variable.assign(self.stages[self.stage])
            if self.reset_optimizer:
                reset_optimizer(self.model)

    def _begin(self, stage: int) -> None:
        self.stage = stage
        self.epochs_held = 0
        self.waited = 0
        self.best: float | None = None

    def _is_over(self, value: float | None) -> bool:
        self.epochs_held += 1
        if value is not None:
            if self.monitor.improves(self.model, value, self.best):
                self.best, self.waited = value, 0
            else:
                self.waited += 1
        plateau = self.patience is not None and self.waited >= self.patience
        return plateau or self.epochs_held == self.epochs

    def _check_fits(self, planned: int) -> None:
        ends = [self.epochs, None if self.patience is None else self.patience + 1]
        needed = (len(self.stages) - 1) * min(end for end in ends if end is not None) + 1
        if planned < needed:
            raise ValueError(
                f"`stages` must fit in the epochs of `fit`: {len(self.stages)} stages down to 0 "
                f"need at least {needed}; received {planned} epochs."
            )


def _checked(stages: Any) -> tuple[float, ...]:
    if not isinstance(stages, list | tuple) or not stages:
        raise ValueError(f"`stages` must be a list of numbers; received stages={stages!r}.")
    given = [validation.number("stages", stage, "[0, inf)") for stage in stages]
    if any(later >= earlier for earlier, later in pairwise(given)):
        raise ValueError(f"`stages` must decrease; received stages={stages!r}.")
    return (*given, 0.0) if given[-1] > 0 else tuple(given)
