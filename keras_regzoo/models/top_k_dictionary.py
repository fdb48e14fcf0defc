"""The dictionary whose codes have k active latents."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.layers import KSparse
from keras_regzoo.models.dictionary_criterion import TopKCriterion
from keras_regzoo.models.dictionary_layers import Atoms, DeadCode
from keras_regzoo.models.sparse_dictionary import SparseDictionary
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register
from keras_regzoo.strengths import strength_config


@register
class TopKDictionary(SparseDictionary):
    """Writes each input as a sum of at most k atoms, out of many more than it has elements.

        z = TopK(ReLU((x − b) V + c)),   x̂ = z W + b,   ‖W_j‖ = 1
        minimize  mean ‖x − x̂‖² + α ‖e − ê‖²,   e = x − x̂,   ê = z_dead W

    The sparse autoencoder of the activations of large networks. z_dead is the code of the
    `auxiliary_k` largest positive pre-activations among dead latents, which no example has
    activated for `dead_after` examples: they learn what the others leave out, e, held constant.
    V begins as the transpose of W, whose rows are normalized after each step. The auxiliary term
    acts in training alone; `evaluate` reports `‖x − x̂‖²`, a sum over elements. `compile` takes no
    loss.

    It is *not* a dictionary found by alternating with an exact sparse code (Olshausen & Field):
    the code is one product and a selection.

    Args:
        inputs: Length of an input, at least 1.
        latents: Number of atoms, at least 1.
        k: Latents active at a time, in [1, latents]; fewer where fewer are positive. May be
            scheduled as `"top_k/k"`, downwards from this value. Default 32.
        auxiliary: α, at least 0. Default 1/32, the paper's. May be scheduled as
            `"dictionary_loss/auxiliary"`.
        auxiliary_k: Dead latents at a time, in [1, latents]; `None` for half of `inputs`, as the
            paper advises.
        dead_after: Examples, in [1, 2²⁴], a replica's own under `tf.distribute`. Default ten
            million, the paper's: with fewer data give fewer.
        objectives: Further objectives of `keras_regzoo.objectives`.
        seed: Integer, or `None`: of the first atoms.
        name: Name of the model.

    Trained by `fit(x)` on arrays of shape (examples, inputs), also `numpy.memmap`, best centred
    and with a mean squared norm near 1. `encode(x)` gives codes of shape (examples, latents),
    `dictionary` the atoms, of shape (latents, inputs). `resample(x)` and the callback
    `ResampleDeadLatents` begin dead latents anew. Logs `reconstruction` (`‖x − x̂‖²`), `l0` (active
    latents an example), `auxiliary` (`‖e − ê‖²`, 0 where no dead latent is positive),
    `explained_variance` (1 less the share of the variance that is left) and `dead_fraction` (the
    latents that no example of the epoch, or evaluation, activates).

    Raises:
        ValueError: If an argument is out of its range, or a loss is given to `compile`.

    Example:

    >>> x = np.random.default_rng(0).normal(size=(64, 8)).astype("float32")
    >>> dictionary = keras_regzoo.models.TopKDictionary(8, latents=20, k=3, dead_after=500)
    >>> dictionary.compile("adam")
    >>> history = dictionary.fit(x, verbose=0)
    >>> int(np.count_nonzero(dictionary.encode(x), axis=1).max())
    3

    Reference: Gao, Dupré la Tour, Tillman, Goh, Troll, Radford, Sutskever, Leike & Wu (2024),
    Scaling and Evaluating Sparse Autoencoders (TopK activation, auxiliary loss, initialization);
    Makhzani & Frey (2014), k-Sparse Autoencoders.
    """

    def __init__(
        self,
        inputs: int,
        latents: int,
        k: int = 32,
        auxiliary: float = 1 / 32,
        auxiliary_k: int | None = None,
        dead_after: int = 10_000_000,
        objectives: list[Objective] | tuple = (),
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        validation.integer("latents", latents, "[1, inf)")
        validation.integer("inputs", inputs, "[1, inf)")
        top = KSparse(validation.integer("k", k, f"[1, {latents}]"), name="top_k")
        if auxiliary_k is not None:
            validation.integer("auxiliary_k", auxiliary_k, f"[1, {latents}]")
        self._sizes = {"k": top.most, "auxiliary_k": auxiliary_k}
        dead = DeadCode(auxiliary_k or min(latents, max(1, inputs // 2)))
        self._choices = {"top": top, "dead": dead}
        super().__init__(
            inputs,
            latents,
            lambda taps, length: TopKCriterion(taps, length, auxiliary),
            dead_after,
            objectives,
            seed,
            name,
        )

    def activate(self, preactivation: Any) -> dict[str, Any]:
        return {"code": self._choices["top"](keras.ops.relu(preactivation))}

    def further_taps(self, taps: dict[str, Any], atoms: Atoms) -> dict[str, Any]:
        code = self._choices["dead"]([taps["preactivation"], taps["dead"]])
        return {"dead_part": atoms(code, centred=True)}

    def encoder_norms(self, x: np.ndarray, distances: np.ndarray, usual: float) -> np.ndarray:
        """As large as makes a latent one of the k of its example: else it would stay dead."""
        codes = self.encode(x)
        least = np.where(codes > 0, codes, np.inf).min(axis=1)
        needed = np.where(np.isfinite(least), 1.001 * least / distances, usual)
        return np.maximum(needed, usual)

    def get_config(self) -> dict[str, Any]:
        return {**self._sizes, **strength_config(self.criterion), **super().get_config()}
