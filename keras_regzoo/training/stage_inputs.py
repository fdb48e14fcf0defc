"""What a pretraining is given, checked before it begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_regzoo import validation
from keras_regzoo.objectives.data_loss import from_logits, is_binary
from keras_regzoo.objectives.encoder import leaves
from keras_regzoo.training.chains import is_autoencoder, nonlinearities
from keras_regzoo.training.examples import as_arrays
from keras_regzoo.training.stage_codes import CHUNK
from keras_regzoo.training.stages import Stage

_SCALING = (  # layers that leave an interval which an activation before them has kept to
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Normalization,
    keras.layers.RMSNormalization,
    keras.layers.Rescaling,
)
_PROBES = np.linspace(-30.0, 30.0, 13, dtype="float32")[None]


def checked_inputs(name: str, x: Any) -> Any:
    """Returns one array of numbers that are finite in float32, which may lie on disk.

    Raises:
        ValueError: If it is something else.
    """
    x = as_arrays(name, x)
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub" or x.ndim < 2 or not len(x):
        raise ValueError(
            f"`{name}` must be one array of numbers with a row for each example, of shape "
            f"(examples, ...); received {getattr(x, 'shape', type(x).__name__)}."
        )
    _require_finite(name, x)
    return x


def checked_targets(name: str, y: Any, examples: int) -> Any:
    """Returns arrays of targets, one for each example, without NaN or infinity.

    Raises:
        ValueError: If they are something else.
    """
    y = as_arrays(name, y, examples)
    for array in tree.flatten(y):
        if array.dtype.kind in "fiub":
            _require_finite(name, array)
    return y


def _require_finite(name: str, array: np.ndarray) -> None:
    ends = extent(array)
    if not all(math.isfinite(end) for end in ends):
        raise ValueError(f"`{name}` must be finite; received NaN or infinite values.")
    if max(map(abs, ends)) > float(np.finfo("float32").max):
        raise ValueError(
            f"`{name}` must be finite in float32; received values from {ends[0]:g} to {ends[1]:g}."
        )


def extent(x: np.ndarray) -> tuple[float, float]:
    """Returns the least and the greatest value, read in bounded memory; NaN if there is one."""
    rows = max(1, CHUNK // max(1, x[:1].nbytes))
    parts = (x[start : start + rows] for start in range(0, len(x), rows))
    ends = np.array([(part.min(), part.max()) for part in parts])
    return float(ends[:, 0].min()), float(ends[:, 1].max())


def built(model: Any, x: np.ndarray, name: str = "model") -> Any:
    """Returns the autoencoder or network that the argument called `name` is or wraps, built.

    Raises:
        ValueError: If it is no Keras model, or does not take `x`.
    """
    validation.instance(name, model, keras.Model)
    wrapped = model
    while not is_autoencoder(model) and isinstance(getattr(model, "base", None), keras.Model):
        model = model.base
    for part in (model.encoder, model.decoder) if is_autoencoder(model) else (model,):
        if not isinstance(part, keras.Sequential) and not getattr(part, "inputs", None):
            raise ValueError(
                f"`{name}` must be made of Sequential or functional models, whose layers are "
                f"known; received {part.name!r}, a {type(part).__name__}."
            )
    if not wrapped.built:
        wrapped.build((None, *x.shape[1:]))
    expected = (model.encoder if is_autoencoder(model) else model).input_shape
    sides = expected[1:] if isinstance(expected, tuple) else ()
    fits = len(sides) == x.ndim - 1
    if not fits or any(a not in (None, b) for a, b in zip(sides, x.shape[1:], strict=True)):
        raise ValueError(
            f"`x` must have the shape of the model's inputs, {expected}; received {x.shape}."
        )
    return model


def split(x: np.ndarray, y: Any, fraction: Any, held_out: Any) -> list[tuple[Any, Any]]:
    """Returns what to train on and, where there is such, what to validate on.

    Args:
        x: Inputs.
        y: Targets, or `None`.
        fraction: Share of the last examples to validate on, in [0, 1).
        held_out: Inputs to validate on in place of them, or a tuple with them and targets.

    Raises:
        ValueError: If an argument is not as it must be, or both are given.
    """
    validation.number("validation_split", fraction, "[0, 1)")
    if held_out is not None and fraction:
        raise ValueError("`validation_split` must be 0 beside `validation_data`; received both.")
    if held_out is not None:
        given: Any = held_out if isinstance(held_out, tuple | list) else (held_out,)
        if not (1 if y is None else 2) <= len(given) <= 2:
            raise ValueError(
                f"`validation_data` must be {'inputs' if y is None else 'a tuple (x, y)'}; "
                f"received {len(given)} parts."
            )
        inputs = checked_inputs("validation_data", given[0])
        if inputs.shape[1:] != x.shape[1:]:
            raise ValueError(
                f"`validation_data` must hold inputs of shape {x.shape[1:]}; received "
                f"{inputs.shape[1:]}."
            )
        targets = None if y is None else checked_targets("validation_data", given[1], len(inputs))
        return [(x, y), (inputs, targets)]
    at = math.floor(len(x) * (1 - fraction))
    if not fraction:
        return [(x, y)]
    if not 0 < at < len(x):
        raise ValueError(
            "`validation_split` must leave examples for both parts; received "
            f"validation_split={fraction!r} of {len(x)} examples."
        )
    return [(x[part], None if y is None else y[part]) for part in (slice(at), slice(at, None))]


def loss_of(loss: Any) -> tuple[Any, bool, bool]:
    """Returns a loss, whether it is a binary cross-entropy, and whether of logits.

    Raises:
        ValueError: If Keras knows no such loss.
    """
    try:
        found = keras.losses.get(loss)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`loss` must be a loss or the name of one; received {loss!r}.") from error
    if found is None:
        raise ValueError("`loss` must be a loss or the name of one; received None.")
    return found, is_binary(found), bool(from_logits(found))


def check_ranges(stages: Sequence[Stage], x: np.ndarray) -> None:
    """Raises a ValueError where a binary cross-entropy would meet values outside [0, 1]."""
    for number, stage in enumerate(stages):
        _, binary, logits = loss_of(stage.loss)
        if not binary:
            continue
        if number == 0:
            least, greatest = extent(x)
            targets = least >= 0 and greatest <= 1
            found = f"inputs in [{least:g}, {greatest:g}]"
        else:
            before = stages[number - 1]
            targets = _in_unit_interval([*before.encode, *before.bridge])
            found = f"codes of {before.own[0].name!r} outside it"
        if targets and not logits and not _in_unit_interval(stage.decode):
            targets, found = False, f"outputs of {stage.decode[-1].name!r} outside it"
        if not targets:
            raise ValueError(
                "`loss` must be another one than a binary cross-entropy where values do not lie "
                f"in [0, 1]; stage {number + 1} has {found}."
            )


def check_trainable(stages: Sequence[Stage]) -> None:
    """Raises a ValueError for a stage without anything to train."""
    for number, stage in enumerate(stages):
        if not any(layer.trainable_variables for layer in stage.own):
            names = ", ".join(layer.name for layer in stage.own)
            raise ValueError(
                f"`model` must have something trainable in each stage; stage {number + 1} has "
                f"{names}, of which nothing is."
            )


def _in_unit_interval(layers: Sequence[keras.layers.Layer]) -> bool:
    flat = [each for layer in layers for each in leaves(layer) or []]
    scaled = [index for index, layer in enumerate(flat) if isinstance(layer, _SCALING)]
    values: Any = _PROBES
    for _, layer in nonlinearities(flat[scaled[-1] + 1 :] if scaled else flat):
        values = keras.ops.convert_to_numpy(layer(values))
    return bool(np.all((values >= 0) & (values <= 1)))
