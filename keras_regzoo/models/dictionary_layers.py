"""The layers of sparse dictionaries."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.layers.largest import largest


class Atoms(keras.layers.Layer):
    """Sums atoms of unit norm: `x̂ = z W + b`, the rows of W of norm 1 after every step.

    Args:
        inputs: Length of an atom.
        seed: Integer, or `None`: of the first atoms, which are random directions.
    """

    def __init__(self, inputs: int, seed: int | None) -> None:
        super().__init__(name="atoms")
        self.inputs = inputs
        self.seed = validation.seed(seed)

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1], self.inputs)
        seed = random.getrandbits(31) if self.seed is None else self.seed  # as Keras draws one
        first = np.random.default_rng(seed).normal(size=shape)
        first /= np.linalg.norm(first, axis=1, keepdims=True)
        self.kernel = self.add_weight(
            name="kernel",
            shape=shape,
            initializer=_Given(first),
            constraint=keras.constraints.UnitNorm(axis=-1),
        )
        self.bias = self.add_weight(name="bias", shape=(self.inputs,), initializer="zeros")

    def call(self, code: Any, centred: bool = False) -> Any:
        made = ops.matmul(code, self.kernel)
        return made if centred else made + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.inputs)


class Analysis(keras.layers.Layer):
    """The pre-activations `a = (x − b) V + c`, where b is the bias of the atoms.

    V begins as the transpose of the atoms.

    Args:
        atoms: Built, and shared.
    """

    def __init__(self, atoms: Atoms) -> None:
        super().__init__(name="analysis")
        self.atoms = atoms

    def build(self, input_shape: Any) -> None:
        first = ops.convert_to_numpy(ops.convert_to_tensor(self.atoms.kernel)).T
        self.kernel = self.add_weight(name="kernel", shape=first.shape, initializer=_Given(first))
        self.bias = self.add_weight(name="bias", shape=(first.shape[1],), initializer="zeros")

    def call(self, x: Any) -> Any:
        return ops.matmul(x - self.atoms.bias, self.kernel) + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.atoms.kernel.shape[0])


class LatentUse(keras.layers.Layer):
    """Passes a code on, and counts for how many examples of training each latent has been idle.

    Args:
        dead_after: The count from which a latent is dead, and at which it stays.

    Returns:
        The code, and a row that marks which latents were dead before this batch.
    """

    def __init__(self, dead_after: int) -> None:
        super().__init__(name="latent_use")
        self.dead_after = dead_after

    def build(self, input_shape: Any) -> None:
        self.idle = self.add_weight(
            name="idle",
            shape=(input_shape[-1],),
            initializer="zeros",
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def call(self, code: Any, training: bool | None = None) -> Any:
        idle = ops.convert_to_tensor(self.idle.value)
        dead = ops.cast(idle >= self.dead_after, code.dtype)[None, :]
        if training and self.trainable:
            active = ops.any(ops.stop_gradient(code) > 0, axis=0)
            longer = idle + ops.cast(ops.shape(code)[0], "float32")
            counted = ops.minimum(longer, float(self.dead_after))
            self.idle.assign(ops.where(active, 0.0, counted))
        return code, dead

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape, (1, input_shape[-1])


class DeadCode(keras.layers.Layer):
    """The code that dead latents alone would make: their `count` largest pre-activations.

    Args:
        count: How many of an example at most.
    """

    def __init__(self, count: int) -> None:
        super().__init__(name="dead_code")
        self.count = count

    def call(self, inputs: Any) -> Any:
        preactivation, dead = inputs
        return dead_code(preactivation, dead, self.count)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0]


class JumpReLU(keras.layers.Layer):
    """The activation `z = a H(a − θ)` with learned thresholds, and the gates `H(a − θ)`.

    Args:
        threshold: The first θ of all latents.
        bandwidth: ε of the estimated gradients of θ.
    """

    def __init__(self, threshold: float, bandwidth: float) -> None:
        super().__init__(name="jump_relu")
        self.threshold = threshold
        self.bandwidth = bandwidth

    def build(self, input_shape: Any) -> None:
        self.log_threshold = self.add_weight(
            name="log_threshold",
            shape=(input_shape[-1],),
            initializer=keras.initializers.Constant(float(np.log(self.threshold))),
            autocast=False,
        )

    def call(self, preactivation: Any) -> Any:
        threshold = ops.exp(ops.cast(self.log_threshold, "float32"))
        code, gate = jump_relu(ops.cast(preactivation, "float32"), threshold, self.bandwidth)
        return ops.cast(code, preactivation.dtype), ops.cast(gate, preactivation.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape, input_shape


def dead_code(preactivation: Any, dead: Any, count: int) -> Any:
    """Returns `ReLU` of the `count` largest pre-activations of each row where `dead` is 1."""
    positive = ops.relu(preactivation) * dead
    number = ops.convert_to_tensor(count, dtype="int32")
    return positive * largest(positive, number, count)


def jump_relu(preactivation: Any, threshold: Any, bandwidth: float) -> tuple[Any, Any]:
    """Returns `a H(a − θ)` and `H(a − θ)`, whose gradients in θ are kernel estimates.

        ∂/∂θ a H(a − θ) = −(θ/ε) K((a − θ)/ε),   ∂/∂θ H(a − θ) = −(1/ε) K((a − θ)/ε)

    K is 1 between −1/2 and 1/2, else 0. In a, the code has the gradient `H(a − θ)` and the gate
    none. What is added below to get that is exactly 0.

    Args:
        preactivation: a, of shape (batch, latents).
        threshold: θ, of shape (latents,), positive.
        bandwidth: ε.
    """
    fixed = ops.stop_gradient(preactivation)
    still = ops.stop_gradient(threshold)
    gate = ops.cast(fixed > still, preactivation.dtype)
    near = ops.cast(ops.abs(fixed - still) < 0.5 * bandwidth, preactivation.dtype) / bandwidth
    nothing = still - threshold
    return preactivation * gate + still * near * nothing, gate + near * nothing


class _Given(keras.initializers.Initializer):
    """Starts a weight at an array, which no config needs to hold."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        return ops.convert_to_tensor(self.value, dtype=dtype)
