"""ResampleDeadLatents: dead latents of a dictionary begin anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_regzoo import validation
from keras_regzoo.callbacks.stepwise import Stepwise


class ResampleDeadLatents(Stepwise):
    """Calls a sparse dictionary's `resample` every so many steps, a few times.

    Each dead latent gets an atom that points at an example which is reconstructed badly, see
    `TopKDictionary.resample`. With `steps_per_execution` above 1 it is done after the first
    execution that ends at or after such a step. It is *not* the auxiliary loss, which trains dead
    latents instead of moving them; the two may be combined.

    Logs `"resampled"`, the latents resampled so far in this `fit`.

    Args:
        x: Array of inputs, batch first, also `numpy.memmap`, of which the examples are drawn.
        every: Steps from one resampling to the next, counted from the model's first, at least 1.
            Default 25 000, the paper's.
        times: How often at most, at least 1. Default 4, the paper's.
        examples: How many examples are looked at each time, at least 1. Default 16 384; the paper
            used 819 200.
        seed: Integer: of all draws.

    Raises:
        ValueError: If an argument is out of its range; before training, if the model is not a
            sparse dictionary.

    Example:

    >>> x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    >>> dictionary = keras_regzoo.models.TopKDictionary(8, latents=20, k=1, dead_after=32)
    >>> dictionary.compile("adam")
    >>> resampling = keras_regzoo.callbacks.ResampleDeadLatents(x, every=2, times=1)
    >>> history = dictionary.fit(x, verbose=0, callbacks=[resampling])
    >>> history.history["resampled"][0] > 0
    True

    Reference: Bricken, Templeton, Batson, Chen, Jermyn et al. (2023), Towards Monosemanticity:
    Decomposing Language Models with Dictionary Learning, "Neuron Resampling".
    """

    STATE = ("step", "resamplings", "resampled")

    def __init__(
        self, x: Any, every: int = 25_000, times: int = 4, examples: int = 16_384, seed: int = 0
    ) -> None:
        super().__init__()
        self.x = validation.instance("x", x, np.ndarray)
        self.every = validation.integer("every", every, "[1, inf)")
        self.times = validation.integer("times", times, "[1, inf)")
        self.examples = validation.integer("examples", examples, "[1, inf)")
        self.seed = validation.integer("seed", seed)
        self.resamplings = 0
        self.resampled = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        if not hasattr(self.model, "resample"):
            raise ValueError(
                "The model must be a sparse dictionary, such as `models.TopKDictionary`; it is "
                f"{self.model.name!r} (of type {type(self.model).__name__})."
            )
        self.resamplings = self.resampled = 0

    def before_execution(self) -> None:
        """Nothing is due before a step."""

    def after_execution(self) -> None:
        due = self.step // self.every > (self.step - self.taken) // self.every
        if due and self.resamplings < self.times:
            rng = np.random.default_rng([self.seed, self.resamplings])
            count = min(self.examples, len(self.x))
            rows = np.sort(rng.choice(len(self.x), count, replace=False))
            seed = int(rng.integers(2**31))
            model: Any = self.model
            self.resampled += model.resample(np.asarray(self.x[rows]), seed)
            self.resamplings += 1

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            logs["resampled"] = self.resampled
