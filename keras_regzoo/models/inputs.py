"""What an autoencoder is given: its two models, its data and its targets, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops, tree

ROWS_AT_A_TIME = 4096
_PARTS_OF_A_DISK = 16


def check_names(layers: Sequence[keras.layers.Layer]) -> None:
    """Raises a ValueError if an encoder, a decoder and the layers beside them share a name."""
    names = [layer.name for layer in layers]
    if len(set(names)) < len(names):
        raise ValueError(
            "`encoder` and `decoder` must have names that differ, from each other's and from those "
            f"of the layers beside them; received layers named {', '.join(map(repr, names))}."
        )


def check_fit(encoder: keras.Model, decoder: keras.Model, code_shape: Callable[[Any], Any]) -> None:
    """Raises a ValueError if the ends of an encoder and a decoder are known and do not meet."""
    if not (hasattr(encoder, "inputs") and hasattr(decoder, "inputs")):
        return
    if not (encoder.built and decoder.built):
        return
    for name, model in (("encoder", encoder), ("decoder", decoder)):
        _check_single(name, model)
    code = code_shape(encoder.output_shape)
    check_joints(
        {
            "the encoder's output and the decoder's input": (code, decoder.input_shape),
            "the encoder's input and the decoder's output": (
                encoder.input_shape,
                decoder.output_shape,
            ),
        }
    )


def check_joints(joints: dict[str, tuple[Any, Any]]) -> None:
    """Raises a ValueError if the two shapes under the name of a joint do not meet."""
    for ends, (first, second) in joints.items():
        if not _meet(first, second):
            raise ValueError(
                f"`encoder` and `decoder` must fit together: {ends} must have one shape; "
                f"received {_without_batch(first)} and {_without_batch(second)}."
            )


def check_shapes(name: str, data: Any, model: keras.Model) -> None:
    """Raises a ValueError for arrays that are empty, or not as a model of known inputs takes them.

    As in Keras, a last axis of one may be there or not. Other feeds are not looked into.
    """
    shapes = [_known_shape(each) for each in tree.flatten(data)]
    known = model.built and getattr(model, "inputs", None)
    wanted = [tuple(each.shape) for each in model.inputs] if known else shapes
    if any(shape and shape[0] == 0 for shape in shapes):
        raise ValueError(f"`{name}` must hold at least one example; received none.")
    alike = len(shapes) == len(wanted)
    if not (all(map(_taken, shapes, wanted)) if alike else None in shapes):
        raise ValueError(
            f"`{name}` must hold examples of shape {_listed(wanted)}, as {model.name!r} takes "
            f"them; received {_listed(shapes)}."
        )


def check_arrays(name: str, data: Any) -> None:
    """Raises a ValueError for a dataset, generator or other feed that is not of arrays."""
    if any(_known_shape(each) is None for each in tree.flatten(data)):
        raise ValueError(
            f"`{name}` must be an array of inputs, batch first; received {type(data).__name__}, "
            "whose batches must be given one by one."
        )


def check_data(name: str, data: Any, valid_range: tuple[float, float] | None = None) -> None:
    """Raises a ValueError for arrays with NaN or infinity, or numbers outside `valid_range`.

    Numbers too large for Keras's floats become infinite, and are refused as well. Arrays are read a
    part at a time. Of a `numpy.memmap`, which may be larger than memory and slow to read, only 16
    parts of 4096 rows are looked at, the first, the last and others evenly between them. Other
    feeds are not looked into.
    """
    for array in filter(_has_numbers, map(_as_array, tree.flatten(data))):
        low, high = _range(array)
        if not np.isfinite(low) or not np.isfinite(high):
            raise ValueError(
                f"`{name}` must hold finite numbers; received an array of shape {array.shape} "
                "with NaN or infinity."
            )
        if valid_range is not None and (low < valid_range[0] or high > valid_range[1]):
            raise ValueError(
                f"`{name}` must lie in [{valid_range[0]:g}, {valid_range[1]:g}] under this "
                f"likelihood or loss; received numbers from {low:g} to {high:g}."
            )
        if not _finite_in_keras(low, high):
            raise ValueError(
                f"`{name}` must hold numbers that are finite in {keras.config.floatx()}; received "
                f"numbers from {low:g} to {high:g}."
            )


def check_targets(x: Any, y: Any, name: str = "y") -> None:
    """Raises a ValueError if the targets in `name` are not shaped as the inputs are."""
    given, wanted = (tree.flatten(each) for each in (y, x))
    if len(given) != 1 or len(wanted) != 1:
        return
    targets, inputs = _known_shape(given[0]), _known_shape(wanted[0])
    if targets is not None and inputs is not None and not _meet(targets, inputs):
        raise ValueError(
            f"`{name}` must be left out, or hold what the inputs are to be reconstructed as, of "
            f"shape {inputs[1:]} for each example (labels are not used); received {targets[1:]}."
        )


def check_reconstruction(x: Any, outputs: Any, decoder: keras.Model) -> None:
    """Raises a ValueError if outputs are not shaped as the inputs that they reconstruct."""
    wanted, made = (_known_shape(each) for each in (x, outputs))
    if wanted is not None and made is not None and not _meet(wanted, made):
        raise ValueError(
            f"`decoder` must give reconstructions of the shape of inputs, {wanted[1:]}; received "
            f"{decoder.name!r}, whose outputs have the shape {made[1:]}."
        )


def check_no_classes(options: dict[str, Any]) -> None:
    """Raises a ValueError if the options of `fit` give classes a weight."""
    if options.get("class_weight") is not None:
        raise ValueError(
            "`class_weight` must be None: an autoencoder has no classes; weigh examples by "
            "`sample_weight`."
        )


def single(data: Any) -> Any:
    """Returns the array of a list of one, which Keras takes as it takes the array."""
    return data[0] if isinstance(data, list | tuple) and len(data) == 1 else data


def with_last_axis(data: Any, model: keras.Model) -> Any:
    """Returns examples with the last axis of one that a model's input has, and they may lack."""
    known = model.built and getattr(model, "inputs", None)
    shape, wanted = _known_shape(data), known and tuple(model.inputs[0].shape)
    if shape is None or not wanted or wanted[-1] != 1 or len(shape) != len(wanted) - 1:
        return data
    return ops.expand_dims(data, -1) if ops.is_tensor(data) else np.asanyarray(data)[..., None]


def _check_single(name: str, model: keras.Model) -> None:
    """Raises a ValueError if a model of known inputs has several, or gives its output in a dict."""
    if len(model.inputs) != 1:
        raise ValueError(
            f"`{name}` must have a single input; received {model.name!r}, with {len(model.inputs)}."
        )
    made: Any = model.compute_output_spec(model.inputs[0])
    if tree.is_nested(made) and (isinstance(made, dict) or len(made) == 1):
        raise ValueError(
            f"`{name}` must give its output as a tensor; received {model.name!r}, which gives a "
            f"{type(made).__name__}."
        )


def _known_shape(array: Any) -> tuple[int | None, ...] | None:
    shape = getattr(array, "shape", None)
    return None if shape is None or getattr(shape, "rank", 0) is None else tuple(shape)


def _taken(shape: Any, wanted: Any) -> bool:
    if shape is None:
        return True
    spare = wanted[:-1] if wanted[-1:] == (1,) else (*wanted, 1)
    return _meet(shape, wanted) or _meet(shape, spare)


def _listed(shapes: Sequence[Any]) -> str:
    return " and ".join(str(None if shape is None else shape[1:]) for shape in shapes)


def _as_array(leaf: Any) -> np.ndarray:
    """Returns an array, tensor or data frame as NumPy's; of anything else an empty array."""
    if isinstance(leaf, np.ndarray):
        return leaf
    if hasattr(leaf, "to_numpy"):
        return leaf.to_numpy()
    dtype = keras.backend.standardize_dtype(leaf.dtype) if ops.is_tensor(leaf) else ""
    numeric = "float" in dtype or "int" in dtype
    return ops.convert_to_numpy(ops.cast(leaf, "float32")) if numeric else np.zeros(0)


def _has_numbers(array: np.ndarray) -> bool:
    return bool(array.ndim and array.size) and array.dtype.kind in "fiu"


def _finite_in_keras(*ends: float) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.isfinite(np.array(ends).astype(keras.config.floatx())).all())


def _range(array: np.ndarray) -> tuple[float, float]:
    parts: Sequence[int] = range(0, len(array), ROWS_AT_A_TIME)
    if isinstance(array, np.memmap) and len(parts) > _PARTS_OF_A_DISK:
        chosen = np.linspace(0, len(parts) - 1, _PARTS_OF_A_DISK)
        parts = [parts[round(each)] for each in chosen]
    ends = [(part.min(), part.max()) for i in parts for part in [array[i : i + ROWS_AT_A_TIME]]]
    lows, highs = zip(*ends, strict=True)
    return float(np.min(lows)), float(np.max(highs))


def _meet(first: Any, second: Any) -> bool:
    if _several(first) or _several(second):
        pair = (first, second)
        return all(map(_several, pair)) and len(first) == len(second) and all(map(_meet, *pair))
    first, second = first[1:], second[1:]
    if len(first) != len(second):
        return False
    return all(a is None or b is None or a == b for a, b in zip(first, second, strict=True))


def _several(shape: Any) -> bool:
    return bool(shape) and isinstance(shape[0], list | tuple)


def _without_batch(shape: Any) -> Any:
    return list(map(_without_batch, shape)) if _several(shape) else tuple(shape[1:])
