"""Vector quantization with a codebook that follows the encoder by moving averages."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import latest, uniform
from keras_regzoo.masking import kept, kept_mean, zeroed
from keras_regzoo.registration import register
from keras_regzoo.strengths import add_strength, strength_config

_SMALLEST = 1e-20  # a count below it has underflowed: its code is left as it is


@register
class VectorQuantizer(keras.layers.Layer):
    """Replaces each vector by the nearest of a learned codebook.

        z = e_k,   k = argmin_j ‖x − e_j‖₂,   ∂z/∂x taken as the identity (straight-through)
        Ω = β · mean over vectors of ‖x − sg(e_k)‖₂²   (sg: no gradient)
        N_j ← γ N_j + (1 − γ) n_j,   m_j ← γ m_j + (1 − γ) Σ of the vectors nearest to e_j
        e_j = m_j / N_j

    n_j counts the vectors of the batch whose nearest code is j. The commitment loss Ω keeps
    the encoder near its codes, in evaluation as in training; the codebook is no trained weight but
    a moving average, which takes the place of the paper's codebook loss and moves in training
    alone, unless the layer is frozen (`trainable = False`). Codes are looked up before they move.
    Under a `tf.distribute` strategy each replica's codebook follows its own share of the batch, as
    batch normalization's statistics do, and the first's is saved.

    A code whose share N_j / Σ N falls below `revival / codes` is dead: it becomes a random
    vector of the batch, with the mean count. The paper lets dead codes be.

    Logs `NAME/perplexity`, `exp(−Σ p log p)` with p = N / Σ N: how many codes are in use, from 1 to
    `codes`, on the moving average over training batches, in evaluation too. On JAX the logs within
    an epoch hold that of the epoch before.

    Args:
        codes: Number of codes, at least 1. The paper used 512.
        commitment: β, at least 0. Default 0.25, the paper's. May be scheduled. The squared
            distance is a sum over a vector's elements, where many programs take their mean.
        decay: γ, in [0, 1). Default 0.99, the paper's.
        revival: The share of the uses, relative to an even one, below which a code is revived, in
            [0, 1). Default 0.01; 0 never does.
        seed: Integer, or `None` for a seed of its own: of the first codebook and of revivals.
        **kwargs: `name`, `dtype`.

    Input shape: (batch, ..., features), of which each vector of features is quantized; output
    shape: the same. `codebook` is the variable (codes, features), in float32; `nearest(inputs)`
    gives the indices. Vectors that a Keras mask leaves out are quantized, but enter neither the
    commitment loss nor the codebook.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> layer = keras_regzoo.layers.VectorQuantizer(codes=2)
    >>> layer.build((None, 1))
    >>> _ = layer.codebook.assign([[0.0], [10.0]])
    >>> print(keras.ops.convert_to_numpy(layer(keras.ops.array([[1.0], [7.0]]))))
    [[ 0.]
     [10.]]

    Reference: Van den Oord, Vinyals & Kavukcuoglu (2017), Neural Discrete Representation Learning,
    eq. 1 to 3 and appendix A.1; revival: Dhariwal, Jun, Payne, Kim, Radford & Sutskever (2020),
    Jukebox, "random restarts".
    """

    def __init__(
        self,
        codes: int,
        commitment: float = 0.25,
        decay: float = 0.99,
        revival: float = 0.01,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.codes = validation.integer("codes", codes, "[1, inf)")
        self.commitment = add_strength(self, "commitment", commitment, "[0, inf)")
        self.decay = validation.number("decay", decay, "[0, 1)")
        self.revival = validation.number("revival", revival, "[0, 1)")
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        bound = 1.0 / self.codes
        self.codebook = self._average(
            "codebook",
            (self.codes, input_shape[-1]),
            keras.initializers.RandomUniform(-bound, bound, self.seed),
        )
        self.counts = self._average("counts", (self.codes,), "ones")
        self.perplexity = _Perplexity(self.counts, f"{self.name}/perplexity")

    def _average(self, name: str, shape: Any, initializer: Any) -> keras.Variable:
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        vectors = ops.reshape(ops.cast(inputs, "float32"), (-1, inputs.shape[-1]))
        codebook = ops.convert_to_tensor(self.codebook.value)
        index = nearest_code(vectors, codebook)
        chosen = ops.take(codebook, index, axis=0)
        counted = None if mask is None else ops.reshape(kept(mask, inputs[..., 0]), (-1,))
        error = kept_mean(ops.sum(ops.square(vectors - chosen), axis=-1), counted)
        self.add_loss(self.commitment * error)
        if training and self.trainable:
            self._follow(ops.stop_gradient(vectors), index, codebook, counted)
        through = inputs - ops.stop_gradient(inputs)
        return ops.cast(ops.reshape(chosen, ops.shape(inputs)), inputs.dtype) + through

    def nearest(self, inputs: Any) -> Any:
        """Returns the index of the nearest code of each vector: (batch, ...) of integers.

        Raises:
            ValueError: If the layer is not built.
        """
        if not self.built:
            raise ValueError(f"{self.name!r} must be built or called before codes can be told.")
        inputs = ops.cast(inputs, "float32")
        vectors = ops.reshape(inputs, (-1, inputs.shape[-1]))
        index = nearest_code(vectors, ops.convert_to_tensor(self.codebook.value))
        return ops.reshape(index, ops.shape(inputs)[:-1])

    def _follow(self, vectors: Any, index: Any, codebook: Any, counted: Any) -> None:
        uses = zeroed(ops.one_hot(index, self.codes, dtype="float32"), counted)
        used, total = ops.sum(uses, axis=0), ops.matmul(ops.transpose(uses), vectors)
        counts = ops.convert_to_tensor(self.counts.value)
        counts, codebook = moved_codes(counts, codebook, used, total, self.decay)
        if self.revival:
            mean = ops.mean(counts)
            dead = counts < self.revival * mean
            picked = self._picked(ops.shape(vectors)[0], counted)
            codebook = ops.where(dead[:, None], ops.take(vectors, picked, axis=0), codebook)
            counts = ops.where(dead, mean, counts)
        self.codebook.assign(codebook)
        self.counts.assign(counts)

    def _picked(self, rows: Any, counted: Any) -> Any:
        """Returns the random rows, among those that count, which dead codes become."""
        if counted is not None:
            first = ops.argsort(ops.cast(ops.logical_not(counted), "int32"))  # those that count
            rows = ops.maximum(ops.sum(ops.cast(counted, "int32")), 1)
        draws = uniform((self.codes,), self.seed_generator) * ops.cast(rows, "float32")
        picked = ops.minimum(ops.cast(draws, "int32"), rows - 1)
        return picked if counted is None else ops.take(first, picked)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        names = ("codes", "decay", "revival", "seed")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **strength_config(self), **own}


def nearest_code(vectors: Any, codebook: Any) -> Any:
    """Returns the index of each vector's nearest code; the vector's own norm decides nothing."""
    vectors = ops.stop_gradient(vectors)
    overlap = ops.matmul(vectors, ops.transpose(codebook))
    return ops.argmax(overlap - 0.5 * ops.sum(ops.square(codebook), axis=-1), axis=-1)


def moved_codes(counts: Any, codebook: Any, used: Any, total: Any, decay: float) -> tuple[Any, Any]:
    """Returns N and e after a step; with m = N e, the moving average of e needs no m of its own."""
    counts = decay * counts + (1.0 - decay) * used
    step = (1.0 - decay) * (total - used[:, None] * codebook)
    return counts, codebook + step / ops.maximum(counts, _SMALLEST)[:, None]


def perplexity(counts: Any) -> Any:
    """Returns how many codes are in use: the exponential of the entropy of their shares."""
    shares = counts / ops.maximum(ops.sum(counts), _SMALLEST)
    return ops.exp(-ops.sum(shares * ops.log(ops.maximum(shares, _SMALLEST))))


class _Perplexity(keras.metrics.Metric):
    """Reads the counts: a metric updated in a layer's call would be lost on JAX."""

    def __init__(self, counts: keras.Variable, name: str) -> None:
        super().__init__(name=name)
        self._perplexity = lambda: perplexity(counts.value)
        self.memory = self.add_variable((), keras.initializers.Constant(counts.shape[0]))

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """The layer keeps the counts."""

    def reset_state(self) -> None:
        """The counts go on from epoch to epoch."""

    def result(self) -> Any:
        return latest(self._perplexity, self.memory)
