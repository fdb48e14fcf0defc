"""The dictionary whose latents have learned thresholds."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.backend import numpy_value
from keras_regzoo.models.dictionary_criterion import JumpReLUCriterion
from keras_regzoo.models.dictionary_layers import JumpReLU
from keras_regzoo.models.sparse_dictionary import SparseDictionary
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register
from keras_regzoo.strengths import strength_config


@register
class JumpReLUDictionary(SparseDictionary):
    """Writes inputs as sums of few atoms out of many, as few as pay for themselves.

        z = a H(a − θ),   a = (x − b) V + c,   x̂ = z W + b,   ‖W_j‖ = 1
        minimize  mean ‖x − x̂‖² + λ ‖z‖₀

    Each latent has a threshold θ_j, learned with the weights: below it the latent is off, above it
    its value is not shrunk, as an L1 penalty would. Of θ neither term has a gradient; in its
    place stand estimates from the examples near the threshold,

        ∂z/∂θ := −(θ/ε) K((a − θ)/ε),   ∂‖z‖₀/∂θ := −(1/ε) K((a − θ)/ε)

    with K = 1 between −1/2 and 1/2, else 0, and the bandwidth ε. V begins as the transpose of W,
    whose rows are normalized after each step. `evaluate` reports the same loss as training, a sum
    over elements. `compile` takes no loss.

    It is *not* sparse by a number: λ decides, and an input that is hard takes more atoms.

    Args:
        inputs: Length of an input, at least 1.
        latents: Number of atoms, at least 1.
        strength: λ, at least 0: the squared error that an active latent must save. Default 1e-3.
            May be scheduled as `"dictionary_loss/strength"`: raise it from 0 in the first steps.
        bandwidth: ε, positive, in units of pre-activations. Default 1e-3, the paper's for inputs
            with a mean squared norm of 1. With few examples, or large batches' worth of steps
            missing, a wider one moves θ faster.
        threshold: The first θ of all latents, positive. Default 1e-3, the paper's.
        dead_after: Examples after which a latent that none has activated is dead, for `resample`,
            in [1, 2²⁴]. Default ten million.
        objectives: Further objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None`: of the first atoms.
        name: Name of the model.

    Trained by `fit(x)` on arrays of shape (examples, inputs), also `numpy.memmap`, best centred
    and with a mean squared norm near 1. `encode(x)` gives codes of shape (examples, latents),
    `dictionary` the atoms, of shape (latents, inputs), `thresholds` θ. `resample(x)` and the
    callback `ResampleDeadLatents` begin dead latents anew. Logs `reconstruction` (`‖x − x̂‖²`),
    `l0` (active latents an example), `explained_variance` (1 less the share of the variance that
    is left) and `dead_fraction` (the latents that no example of the epoch, or evaluation,
    activates).

    Raises:
        ValueError: If an argument is out of its range, or a loss is given to `compile`.

    Example:

    >>> x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    >>> dictionary = keras_regzoo.models.JumpReLUDictionary(8, latents=20, strength=0.1)
    >>> dictionary.compile("adam")
    >>> sorted(dictionary.fit(x, verbose=0).history)
    ['dead_fraction', 'explained_variance', 'l0', 'loss', 'reconstruction']

    Reference: Rajamanoharan, Lieberum, Sonnerat, Conmy, Varma, Kramár & Nanda (2024), Jumping
    Ahead: Improving Reconstruction Fidelity with JumpReLU Sparse Autoencoders (loss and
    pseudo-derivatives).
    """

    def __init__(
        self,
        inputs: int,
        latents: int,
        strength: float = 1e-3,
        bandwidth: float = 1e-3,
        threshold: float = 1e-3,
        dead_after: int = 10_000_000,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        first = validation.number("threshold", threshold, "(0, inf)")
        width = validation.number("bandwidth", bandwidth, "(0, inf)")
        self._gates = [JumpReLU(first, width)]
        super().__init__(
            inputs,
            latents,
            lambda taps, length: JumpReLUCriterion(taps, length, strength),
            dead_after,
            objectives,
            seed,
            name,
        )

    def activate(self, preactivation: Any) -> dict[str, Any]:
        code, gate = self._gates[0](preactivation)
        return {"code": code, "gate": gate}

    @property
    def thresholds(self) -> np.ndarray:
        """θ, of shape (latents,)."""
        return np.exp(numpy_value(self._gates[0].log_threshold))

    def fresh_latent(self) -> list[tuple[keras.Variable, float]]:
        (jump,) = self._gates
        return [(jump.log_threshold, float(np.log(jump.threshold)))]

    def get_config(self) -> dict[str, Any]:
        (jump,) = self._gates
        own = {"bandwidth": jump.bandwidth, "threshold": jump.threshold}
        return {**own, **strength_config(self.criterion), **super().get_config()}
