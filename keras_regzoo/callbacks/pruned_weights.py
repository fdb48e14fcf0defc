"""Which weights pruning removes, and how they are kept at zero."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

SCOPES = ("layer", "global")
TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)


class KeepZeros(keras.constraints.Constraint):
    """Keeps pruned weights at zero, beside the constraint that the weight has already.

        P(w) = m ∘ P′(m ∘ w)

    Args:
        mask: m, an array, or a variable of the optimizer, which the compiled step reads anew.
        constraint: P′, or `None`.
        average: The optimizer's average of the weight, which is masked as well, or `None`.
    """

    def __init__(self, mask: Any, constraint: Any = None, average: Any = None) -> None:
        self.mask, self.constraint, self.average = mask, constraint, average

    def __call__(self, w: Any) -> Any:
        mask = ops.cast(ops.convert_to_tensor(self.mask), "bool")
        if self.average is not None:
            self.average.assign(masked(self.average, mask))
        if self.constraint is not None:
            w = self.constraint(masked(w, mask))
        return masked(w, mask)


def masked(w: Any, mask: Any) -> Any:
    """Returns `w` with zeros where `mask` is false, even where it is not finite."""
    w = ops.convert_to_tensor(w)
    return ops.where(mask, w, ops.zeros_like(w))


def keep_zeros(model: keras.Model) -> None:
    """Sets pruned weights to zero that something else than a step has given values."""
    for variable in model.trainable_variables:
        constraint = variable.constraint
        if isinstance(constraint, KeepZeros):
            variable.assign(masked(variable, ops.cast(constraint.mask, "bool")))


def kernels(model: keras.Model, layers: Collection[str] | None = None) -> list[keras.Variable]:
    """Returns the trainable kernels of `model`: all weights that are multiplied with inputs.

    Args:
        model: A built model.
        layers: Names of the layers whose kernels count; `None` for all.

    Raises:
        ValueError: If there is none, or a layer of that name has none.
    """
    owners: dict[str, list[keras.Variable]] = {}
    for layer in model._flatten_layers(include_self=False):
        found = [v for v in layer.trainable_variables if _is_kernel(v)]
        if found:
            owners.setdefault(layer.name, []).extend(found)
    unknown = sorted(set(layers or ()) - set(owners))
    if unknown or not owners:
        listed = ", ".join(owners) or "none"
        raise ValueError(
            f"`layers` must be layers of the model that have a trainable kernel ({listed}); "
            f"received {unknown or layers!r}."
        )
    wanted = {id(v) for name in (owners if layers is None else layers) for v in owners[name]}
    return [v for v in model.trainable_variables if id(v) in wanted]


def _is_kernel(variable: keras.Variable) -> bool:
    name = variable.name
    return (name == "kernel" or name.endswith("_kernel")) and len(variable.shape) > 1


def input_axes(model: keras.Model, variables: Sequence[keras.Variable]) -> list[tuple[int, ...]]:
    """Returns for each kernel the axes over which its layer sums, in their order.

    They are those that the equation of an `EinsumDense` sums over, as in attention, the last of a
    transposed convolution, and the last but one of anything else.
    """
    owners = {
        id(variable): layer  # a layer comes before its parts, of which the last is the owner
        for layer in model._flatten_layers()
        for variable in layer.trainable_variables
    }
    return [_input_axes(owners[id(variable)], len(variable.shape)) for variable in variables]


def _input_axes(layer: keras.layers.Layer, rank: int) -> tuple[int, ...]:
    if isinstance(layer, keras.layers.EinsumDense):
        operands, output = layer.equation.replace(" ", "").split("->")
        kernel = operands.split(",")[1]
        return tuple(axis for axis, label in enumerate(kernel) if label not in output)
    return (rank - 1 if isinstance(layer, TRANSPOSED) else rank - 2,)


def prune(
    values: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    sparsity: float,
    scope: str = "layer",
    block: int | None = None,
    axes: Sequence[tuple[int, ...]] | None = None,
) -> list[np.ndarray]:
    """Returns masks that keep the largest magnitudes, and nothing that `masks` has not kept.

    Args:
        values: The weights.
        masks: Which of them are kept so far, boolean arrays.
        sparsity: Share of zeros, rounded to the nearest whole number of weights.
        scope: `"layer"` for that share in each array, `"global"` for all arrays together.
        block: m, for that share of every m consecutive weights along the input axes.
        axes: Those of each array, as `input_axes` returns them; by default the last but one.
    """
    sizes = [
        np.where(mask, np.abs(value.astype("float32")), -1.0)
        for value, mask in zip(values, masks, strict=True)
    ]
    if scope == "global":
        flat = np.concatenate([each.ravel() for each in sizes])
        kept = _largest(flat[None], round(sparsity * flat.size))[0] & (flat >= 0)
        ends = np.cumsum([each.size for each in sizes])[:-1]
        parts = np.split(kept, ends)
        return [part.reshape(each.shape) for part, each in zip(parts, sizes, strict=True)]
    axes = axes or [(each.ndim - 2,) for each in sizes]
    pairs = zip(sizes, axes, strict=True)
    return [_prune_one(each, sparsity, block, summed) for each, summed in pairs]


def _prune_one(
    sizes: np.ndarray, sparsity: float, block: int | None, axes: tuple[int, ...]
) -> np.ndarray:
    if block is None:
        rows = sizes.reshape(1, -1)
        return (_largest(rows, round(sparsity * sizes.size)) & (rows >= 0)).reshape(sizes.shape)
    ends = tuple(range(-len(axes), 0))
    last = np.moveaxis(sizes, axes, ends)
    rows = last.reshape(-1, block)
    kept = _largest(rows, round(sparsity * block)) & (rows >= 0)
    return np.moveaxis(kept.reshape(last.shape), ends, axes)


def _largest(rows: np.ndarray, dropped: int) -> np.ndarray:
    """Returns where each row is not among its `dropped` least entries; of equal ones, the first."""
    order = np.argsort(rows, axis=1, kind="stable")
    kept = np.ones(rows.shape, bool)
    np.put_along_axis(kept, order[:, :dropped], False, axis=1)
    return kept
