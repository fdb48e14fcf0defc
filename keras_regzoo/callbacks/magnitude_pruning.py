"""MagnitudePruning: small weights become zero while training, and stay it."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import write_back
from keras_regzoo.callbacks.pruned_weights import (
    SCOPES,
    KeepZeros,
    input_axes,
    kernels,
    masked,
    prune,
)
from keras_regzoo.callbacks.stepwise import Stepwise

LOGGER = logging.getLogger("keras_regzoo")


class MagnitudePruning(Stepwise):
    """Sets the smallest kernel weights to zero, more and more of them, while the others train.

        s_t = s_f + (s_i − s_f) (1 − (t − t₀) / (n Δt))³,   t = t₀, t₀ + Δt, …, t₀ + n Δt

    At each of these steps t, before it is taken, the share s_t of the weights is zero: those that
    are zero already, then the smallest in magnitude, in number exactly the nearest integer (of
    equal ones the first). Pruned weights are exactly 0 after every step from there, whatever
    the optimizer adds to them (momentum, decoupled decay), as is the optimizer's average of them
    (`use_ema`): the mask is part of the compiled step, and nothing is compiled again when it
    changes. A constraint that the kernel has holds beside it, and callbacks of this package that
    put other weights into the model at the end keep the zeros; so does Keras's `EarlyStopping`
    where it comes before this callback. With `steps_per_execution` above 1 weights are pruned
    before the first execution that starts at or after t.

    After training the zeros stay in a further `fit`, and are saved like any weight; a loaded model
    keeps them in training if its kernels are given `SparsityMask.of_nonzero`, or this callback
    again. A model saved within the fit, as `ModelCheckpoint` does, is loaded without its
    optimizer's state, which holds the masks as well. Each epoch logs `"sparsity"`.

    It is *not* an L1 penalty, which shrinks the weights that stay, and it saves time or memory only
    where the hardware knows the pattern, such as two of four (`sparsity=0.5, block=4`).

    Args:
        sparsity: s_f, the share of zeros in the end, in [0, 1).
        initial_sparsity: s_i, the share at t₀, in [0, `sparsity`].
        begin: t₀, the number of batches the model has seen before anything is pruned, at least 0.
        every: Δt, the steps from one pruning to the next, at least 1.
        times: n, how many follow the first, at least 0; with 0 the share is `sparsity` at once, and
            stays: the constant schedule.
        scope: `"layer"` for the share s_t in each kernel; `"global"` for s_t of all together, in
            which a layer of small weights loses more.
        block: m, for the share s_t in every block of m consecutive weights along the kernel's input
            axis: of each block exactly m − round(m s_t) are kept. It is the last but one, or that
            of the inputs where attention or an `EinsumDense` has it elsewhere (heads and their
            units count as one axis, where it sums over both). At least 2; it must divide the inputs
            of every kernel, and goes with `scope="layer"`.
        layers: Names of the layers to prune, by default all that have a kernel. Biases,
            normalization and embeddings are never pruned.

    Raises:
        ValueError: If an argument is outside its range; before training, if the model has no such
            layer, or `block` does not divide the inputs of a kernel.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(10)])
    >>> model.compile("adam", "mse")
    >>> pruning = keras_regzoo.callbacks.MagnitudePruning(0.75, every=1, times=2)
    >>> x, y = np.ones((8, 4)), np.ones((8, 10))
    >>> history = model.fit(x, y, batch_size=2, verbose=0, callbacks=[pruning])
    >>> int(np.sum(model.get_weights()[0] == 0)), history.history["sparsity"]
    (30, [0.75])

    Reference: Zhu & Gupta (2017), To Prune, or Not to Prune: Exploring the Efficacy of Pruning for
    Model Compression, eq. 1; blocks: Zhou et al. (2021), Learning N:M Fine-grained Structured
    Sparse Neural Networks from Scratch.
    """

    STATE = ("step", "prunings")
    ARRAYS = ("masks",)

    def __init__(
        self,
        sparsity: float,
        initial_sparsity: float = 0.0,
        begin: int = 0,
        every: int = 100,
        times: int = 0,
        scope: str = "layer",
        block: int | None = None,
        layers: Collection[str] | None = None,
    ) -> None:
        super().__init__()
        self.sparsity = validation.number("sparsity", sparsity, "[0, 1)")
        self.initial_sparsity = validation.number(
            "initial_sparsity", initial_sparsity, f"[0, {self.sparsity}]"
        )
        self.begin = validation.integer("begin", begin)
        self.every = validation.integer("every", every, "[1, inf)")
        self.times = validation.integer("times", times)
        self.scope = validation.one_of("scope", scope, SCOPES)
        if block is not None:
            validation.integer("block", block, "[2, inf)")
            if scope == "global":
                raise ValueError(
                    f'`block` must go with scope="layer"; received block={block} with '
                    'scope="global".'
                )
        listed = isinstance(layers, Collection | None) and not isinstance(layers, str)
        if not listed or not all(isinstance(name, str) for name in layers or ()):
            raise ValueError(f"`layers` must be a list of layers' names; received {layers!r}.")
        self.block, self.layers = block, layers
        self.prunings = 0
        self.masks: list[np.ndarray] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        self._kernels = kernels(self.model, self.layers)
        self._axes = input_axes(self.model, self._kernels)
        pairs = zip(self._kernels, self._axes, strict=True)
        for variable, axes in pairs:
            inputs = math.prod(variable.shape[axis] for axis in axes)
            if self.block and (not axes or inputs % self.block):
                raise ValueError(
                    f"`block` must divide the inputs of every kernel; received "
                    f"block={self.block} for {variable.path!r} of shape {tuple(variable.shape)}."
                )
        optimizer = self.model.optimizer
        with _scope_of(self.model):
            if not optimizer.built:
                optimizer.build(self.model.trainable_variables)
            _release(self._kernels, optimizer)
            constrain(self._kernels, optimizer)
        self.prunings = 0
        self.masks = [_mask_of(variable) for variable in self._kernels]
        self.model.make_train_function(force=True)

    def before_execution(self) -> None:
        due = min((self.step - self.begin) // self.every, self.times) + 1
        if due > self.prunings:
            self.prunings = due
            write_back(self.model)
            values = [_array(variable) for variable in self._kernels]
            share = sparsity_at(self.sparsity, self.initial_sparsity, due - 1, self.times)
            self.masks = prune(values, self.masks or [], share, self.scope, self.block, self._axes)
            self._apply()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if logs is not None:
            kept = sum(int(mask.sum()) for mask in self.masks or ())
            logs["sparsity"] = 1 - kept / sum(mask.size for mask in self.masks or ())

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Takes the masks from the optimizer, so that it is saved and loaded like any other."""
        if self.prunings <= self.times:
            LOGGER.warning(
                "Pruning has not come to sparsity %g: training ended after %d steps, and the last "
                "pruning is due after %d.",
                self.sparsity,
                self.step,
                self.begin + self.times * self.every,
            )
        self._apply()
        _release(self._kernels, self.model.optimizer)
        self.model.train_function = None

    def set_arrays(self, arrays: dict[str, list[np.ndarray] | None]) -> None:
        super().set_arrays(arrays)
        if self.masks is not None and hasattr(self, "_kernels"):
            write_back(self.model)
            self._apply()

    def _apply(self) -> None:
        for variable, mask in zip(self._kernels, self.masks or (), strict=True):
            constraint: Any = variable.constraint
            constraint.mask.assign(mask)
            variable.assign(masked(variable, mask))
            if constraint.average is not None:
                constraint.average.assign(masked(constraint.average, mask))


def sparsity_at(final: float, initial: float, pruning: int, times: int) -> float:
    """Returns s_t at the pruning of that number, counted from 0."""
    left = 1 - pruning / times if times else 0.0
    return final + (initial - final) * left**3


def _scope_of(model: Any) -> AbstractContextManager[Any]:
    """Returns the scope in which the model's variables are made."""
    strategy = getattr(model, "distribute_strategy", None)
    return nullcontext() if strategy is None else strategy.scope()


def constrain(variables: list[keras.Variable], optimizer: Any) -> None:
    """Masks each variable after every update, by a mask that the optimizer's state holds."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    for variable in variables:
        kept = optimizer.add_variable_from_reference(variable, "mask", initializer="ones")
        average = None
        if optimizer.use_ema:
            place = optimizer._get_variable_index(variable)
            average = optimizer._model_variables_moving_average[place]
        constraint: Any = variable.constraint
        if isinstance(constraint, KeepZeros):
            kept.assign(ops.cast(constraint.mask, kept.dtype))
            constraint = constraint.constraint
        variable.constraint = KeepZeros(kept, constraint, average)


def _release(variables: list[keras.Variable], optimizer: Any) -> None:
    """Makes the masks constants; the optimizer's state no longer holds them."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    for variable in variables:
        constraint: Any = variable.constraint
        if isinstance(constraint, KeepZeros) and isinstance(constraint.mask, keras.Variable):
            held = optimizer._variables
            del held[next(i for i, v in enumerate(held) if v is constraint.mask)]
            variable.constraint = KeepZeros(_mask_of(variable), constraint.constraint)


def _mask_of(variable: keras.Variable) -> np.ndarray:
    constraint: Any = variable.constraint
    return _array(constraint.mask).astype(bool)


def _array(variable: Any) -> np.ndarray:
    return ops.convert_to_numpy(ops.cast(variable, "float32"))
