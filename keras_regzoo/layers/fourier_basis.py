"""Random Fourier features."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.axes import precise
from keras_regzoo.registration import register


@register
class FourierBasis(keras.layers.Layer):
    """Random cosines, whose products approximate the Gaussian kernel.

        z(x) = √(2/D) cos(Ωᵀ x + b),   Ω_ij ~ N(0, 1/σ²),   b_j ~ U[0, 2π)
        E[z(x)ᵀ z(y)] = exp(−‖x − y‖² / (2 σ²))

    Active alike in training and at inference; the frequencies are drawn once, saved, and fixed
    unless asked otherwise. A linear layer with an L2 penalty after it approximates kernel ridge
    regression, at a cost that grows with the number of units and not with that of the examples; in
    front of a dense network it lets that learn high frequencies. The standard deviation of each
    approximated product is at most 1/√D.

    Args:
        units: D, the number of features.
        width: σ, the width of the kernel, in units of the input, above 0: small for functions that
            vary fast.
        trainable_frequencies: Whether training moves Ω and b.
        seed: Integer, or `None` for a seed of its own.
        **kwargs: `name`, `dtype`.

    Input shape: (batch, ..., features); output shape: (batch, ..., units).

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> basis = keras_regzoo.layers.FourierBasis(10000, width=2.0, seed=0)
    >>> z = basis(np.array([[0.0, 0.0], [0.0, 2.0]]))
    >>> bool(abs(float(keras.ops.sum(z[0] * z[1])) - np.exp(-0.5)) < 0.03)
    True

    Reference: Rahimi & Recht (2007), Random Features for Large-Scale Kernel Machines,
    algorithm 1.
    """

    def __init__(
        self,
        units: int,
        width: float = 1.0,
        trainable_frequencies: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = validation.integer("units", units, "[1, inf)")
        self.width = validation.number("width", width, "(0, inf)")
        self.trainable_frequencies = validation.one_of(
            "trainable_frequencies", trainable_frequencies, (False, True)
        )
        self.seed = validation.seed(seed)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        seed = keras.random.SeedGenerator(self.seed)  # one seed twice would tie phases to Ω
        self.frequencies = self.add_weight(
            name="frequencies",
            shape=(input_shape[-1], self.units),
            initializer=keras.initializers.RandomNormal(stddev=1 / self.width, seed=seed),
            trainable=self.trainable_frequencies,
            autocast=False,
        )
        self.phases = self.add_weight(
            name="phases",
            shape=(self.units,),
            initializer=keras.initializers.RandomUniform(0.0, 2 * math.pi, seed=seed),
            trainable=self.trainable_frequencies,
            autocast=False,
        )

    def call(self, inputs: Any) -> Any:
        cosines = random_cosines(*map(precise, (inputs, self.frequencies, self.phases)))
        return ops.cast(cosines, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        names = ("units", "width", "trainable_frequencies", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def random_cosines(x: Any, frequencies: Any, phases: Any) -> Any:
    """Returns `√(2/D) cos(Ωᵀ x + b)`."""
    scale = math.sqrt(2 / phases.shape[0])
    return scale * ops.cos(ops.matmul(x, frequencies) + phases)
