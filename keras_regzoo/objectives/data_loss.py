"""The loss that a model is compiled with, as a pure function of targets and outputs."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

from keras_regzoo.masking import along
from keras_regzoo.objectives.loss import DATA_LOSS, Tensor, Terms

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
        compiled.build(_aligned(compiled, y, outputs), outputs)
    several = len(compiled._flat_losses) > 1
    sparse = any(_function(each.loss)[0] == SPARSE for each in compiled._flat_losses)
    nested = tree.is_nested(y) or tree.is_nested(outputs)
    soft = sparse and (nested or _is_soft(y, outputs))
    if not several and not compiled.metrics and not soft:
        weights = _broadcast(sample_weight, y, outputs, compiled._flat_losses[0].loss)
        value = compiled(y, outputs, weights)
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


def option(loss: Any, name: str) -> Any:
    """Returns an option of the `compile(loss=...)` of one output, or `None` without it."""
    return _single(loss)[1].get(name)


def names_of(outputs: Any, names: list[str]) -> list[str]:
    """Returns what losses and targets are keyed by, for each output in the order of `tree.flatten`.

    Args:
        outputs: Predictions.
        names: The model's names of its outputs, which count where the outputs are no dict.
    """
    paths = [path for path, _ in tree.flatten_with_path(outputs)]
    if isinstance(outputs, dict):
        return ["/".join(map(str, path)) for path in paths]
    return names if len(names) == len(paths) else [""] * len(paths)


def losses_of(loss: Any, outputs: list[str]) -> dict[int, Any]:
    """Returns what `compile(loss=...)` was given for each of the named outputs, by their numbers.

    Outputs without a loss among others with one are left out.
    """
    if isinstance(loss, dict):
        each = [loss.get(name) for name in outputs]
    elif isinstance(loss, list | tuple):
        each = tree.flatten(list(loss))
    else:
        return dict.fromkeys(range(len(outputs)), loss)
    return {number: loss for number, loss in enumerate(each) if loss is not None}


def outputs_of(y: Any, outputs: list[str], losses: dict[int, Any]) -> list[int]:
    """Returns the number of the output that each target belongs to, as Keras pairs them.

    Args:
        y: Targets, for all outputs or for those with a loss.
        outputs: Their names.
        losses: See `losses_of`.

    Raises:
        ValueError: If there are fewer targets than losses, or more than outputs.
    """
    paths = [path for path, _ in tree.flatten_with_path(y)]
    keys = ["/".join(map(str, path)) for path in paths]
    if isinstance(y, dict) and set(keys) <= set(outputs):
        return [outputs.index(key) for key in keys]
    for numbers in (range(len(outputs)), losses):
        if len(numbers) == len(paths):
            return list(numbers)
    raise ValueError(
        f"`y` must have a target for each output; received {len(paths)} for {len(outputs)} outputs."
    )


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
        value = loss(y, outputs, _broadcast(sample_weight, y, outputs, loss))
        self.shares[self.name] = value if weight is None else value * weight
        return value


def _aligned(compiled: Any, y: Any, outputs: Any) -> Any:
    """Returns targets structured as the outputs, or if they are fewer as the losses."""
    loss, names = compiled._user_loss, names_of(outputs, compiled.output_names or [])
    numbers = outputs_of(y, names, losses_of(loss, names))
    found = dict(zip(numbers, tree.flatten(y), strict=True))
    targets = [found[number] for number in sorted(found)]
    if len(targets) == len(names):
        return tree.pack_sequence_as(outputs, targets)
    waiting = iter(targets)
    each = [None if part is None else next(waiting) for part in tree.flatten(loss)]
    return tree.pack_sequence_as(loss, each)


def _broadcast(sample_weight: Any, y: Any, outputs: Any, loss: Any) -> Any:
    """Returns weights that go over the losses of one output, of as many axes as those have."""
    if sample_weight is None:
        return None
    target, output = (tree.flatten(each)[0] for each in (y, outputs))
    rank = len(output.shape) - 1  # that of Keras's own losses
    if rank > 1 and not getattr(getattr(loss, "fn", None), "__module__", "").startswith("keras."):
        rank = len(loss.call(target, output).shape)
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
    return (
        getattr(y, "shape", None) is not None
        and "float" in keras.backend.standardize_dtype(y.dtype)
        and len(y.shape) == len(outputs.shape) > 1
        and y.shape[-1] == outputs.shape[-1] != 1
    )


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
