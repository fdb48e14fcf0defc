"""The loss that a model is compiled with, as a pure function of targets and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo.masking import along
from keras_regzoo.objectives.loss import Tensor, Terms

DATA_LOSS = "data_loss"
SPARSE = "sparse_categorical_crossentropy"

CROSS_ENTROPIES = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    SPARSE,
)


def data_loss(compiled: Any, y: Any, outputs: Any, sample_weight: Any) -> tuple[Tensor, Terms]:
    """Returns the compiled loss and its terms, and logs nothing.

    Where a sparse cross-entropy meets floating-point targets with one number for each class, those
    are the classes' probabilities, and the loss is the cross-entropy with them.

    Args:
        compiled: What Keras made of `compile(loss=...)`.
        y: Targets.
        outputs: Predictions.
        sample_weight: Weights of the examples, or `None`.

    Returns:
        The loss, and under `DATA_LOSS` the same; with several outputs, also under
        `output_term(name)` each output's share of it.
    """
    if not compiled.built:
        compiled.build(y, outputs)
    several = len(compiled._flat_losses) > 1
    sparse = any(_function(each.loss)[0] == SPARSE for each in compiled._flat_losses)
    if not several and not compiled.metrics and not (sparse and _is_soft(y, outputs)):
        value = compiled(y, outputs, _broadcast(sample_weight, outputs))
        return value, {DATA_LOSS: value}
    shares: dict[str, Tensor] = {}
    recorded = [
        each._replace(loss=_Recorded(each, output_term(str(each.name or index)), shares))
        for index, each in enumerate(compiled._flat_losses)
    ]
    recording = altered(compiled, _metrics=[None] * len(recorded), _flat_losses=recorded)
    value = recording(y, outputs, sample_weight)
    return value, {DATA_LOSS: value, **(shares if several else {})}


def function_name(loss: Any) -> str:
    """Returns the name of the one function of a `compile(loss=...)`, or an empty one.

    Args:
        loss: A name, a `keras.losses.Loss`, a function, or one of these in a list of one.
    """
    return _single(loss)[0]


def is_binary(loss: Any) -> bool:
    """Returns whether a `compile(loss=...)` of one output is a binary cross-entropy."""
    name = function_name(loss)
    return name.startswith("binary_") and "crossentropy" in name


def ignored_class(loss: Any) -> int | None:
    """Returns the class number that a `compile(loss=...)` of one output leaves out."""
    return _single(loss)[1].get("ignore_class")


def losses_of(loss: Any, outputs: list[str]) -> list[Any]:
    """Returns what `compile(loss=...)` was given for each of the named outputs."""
    if isinstance(loss, dict):
        return [loss.get(name) for name in outputs]
    if isinstance(loss, list | tuple):
        return tree.flatten(list(loss))
    return [loss] * len(outputs)


def altered(compiled: Any, **attributes: Any) -> Any:
    """Returns a shallow copy of a compiled loss or metrics with other attributes."""
    other = object.__new__(type(compiled))
    vars(other).update({**vars(compiled), **attributes})
    return other


def output_term(name: str) -> str:
    """Returns the name of the term that holds the loss of the output called `name`."""
    return f"{DATA_LOSS}/{name}"


def from_logits(loss: Any) -> bool | None:
    """Returns whether outputs are logits, as a `compile(loss=...)` says; else `None`.

    Args:
        loss: A name, a `keras.losses.Loss`, a function, or one of these in a list of one.
    """
    function, options = _single(loss)
    return bool(options.get("from_logits", False)) if function in CROSS_ENTROPIES else None


def require_cross_entropy(loss: Any, technique: str) -> None:
    """Raises a `ValueError` unless the loss tells class probabilities from outputs."""
    if from_logits(loss) is None:
        raise ValueError(
            f"`loss` must be a cross-entropy, from which {technique} learns whether outputs are "
            f"logits or probabilities; received {loss!r}."
        )


class _Recorded:
    """One output's loss, which notes its weighted value under `name` in `shares`."""

    def __init__(self, entry: Any, name: str, shares: dict[str, Tensor]) -> None:
        self.entry = entry
        self.name = name
        self.shares = shares

    def __call__(self, y: Any, outputs: Any, sample_weight: Any) -> Tensor:
        loss, weight = self.entry.loss, self.entry.loss_weights
        if _is_soft(y, outputs):
            loss = _taking_soft_targets(loss)
        value = loss(y, outputs, _broadcast(sample_weight, outputs))
        self.shares[self.name] = value if weight is None else value * weight
        return value


def _broadcast(sample_weight: Any, outputs: Any) -> Any:
    """Returns weights that go over the losses of one output, a number for all but its last axis."""
    rank = len(tree.flatten(outputs)[0].shape) - 1
    return tree.map_structure(
        lambda leaf: leaf if leaf is None else along(ops.convert_to_tensor(leaf), rank),
        sample_weight,
    )


def _taking_soft_targets(loss: Any) -> Any:
    function, options = _function(loss)
    if function != SPARSE:
        return loss
    options = {name: options[name] for name in ("from_logits", "axis") if name in options}
    return keras.losses.CategoricalCrossentropy(
        **options, reduction=loss.reduction, dtype=loss.dtype
    )


def _is_soft(y: Any, outputs: Any) -> bool:
    return any(
        getattr(target, "shape", None) is not None
        and "float" in keras.backend.standardize_dtype(target.dtype)
        and len(target.shape) == len(output.shape) > 1
        and target.shape[-1] == output.shape[-1] != 1
        for target, output in _pairs(y, outputs)
    )


def _pairs(y: Any, outputs: Any) -> Iterator[tuple[Any, Any]]:
    targets, predictions = tree.flatten(y), tree.flatten(outputs)
    if len(targets) == len(predictions):
        yield from zip(targets, predictions, strict=True)


def _single(loss: Any) -> tuple[str, dict[str, Any]]:
    if isinstance(loss, list | tuple | dict) and len(tree.flatten(loss)) == 1:
        (loss,) = tree.flatten(loss)
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    return _function(loss)


def _function(loss: Any) -> tuple[str, dict[str, Any]]:
    """Returns the name of a loss's function, and the options it is called with."""
    function = getattr(loss, "fn", loss)
    return getattr(function, "__name__", ""), getattr(loss, "_fn_kwargs", {})
