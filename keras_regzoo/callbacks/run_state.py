"""What a run consists of beside its data: the model's variables and what callbacks keep."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import callbacks as keras_callbacks
from keras import ops

from keras_regzoo.backend import numpy_value

LOGGER = logging.getLogger("keras_regzoo")

KEPT_BY_KERAS: dict[type, tuple[tuple[str, ...], tuple[str, ...]]] = {
    keras_callbacks.EarlyStopping: (
        ("wait", "stopped_epoch", "best", "best_epoch"),
        ("best_weights",),
    ),
    keras_callbacks.ReduceLROnPlateau: (("wait", "best", "cooldown_counter"), ()),
    keras_callbacks.ModelCheckpoint: (
        ("best", "_batches_seen_since_last_saving", "_last_batch_seen", "_current_epoch"),
        (),
    ),
    keras_callbacks.SwapEMAWeights: (("_ema_weights_in_model",), ()),
    keras_callbacks.TensorBoard: (("_global_train_batch", "_global_test_batch"), ()),
    keras_callbacks.History: (("history", "epoch"), ()),
}
STATELESS = (
    keras_callbacks.CSVLogger,
    keras_callbacks.LambdaCallback,
    keras_callbacks.LearningRateScheduler,
    keras_callbacks.ProgbarLogger,
    keras_callbacks.RemoteMonitor,
    keras_callbacks.TerminateOnNaN,
)

KINDS: dict[str, type] = {
    **dict.fromkeys(("epoch", "step"), int),
    **dict.fromkeys(("logs", "data", "random"), dict),
    **dict.fromkeys(("model", "callbacks", "kept"), list),
    "stopped": bool,
}


def check_kinds(plain: Any, path: str) -> None:
    """Raises a ValueError if a run does not consist of what it must."""
    wrong = [
        name
        for name, kind in KINDS.items()
        if not isinstance(plain, dict) or not isinstance(plain.get(name), kind)
    ]
    if wrong:
        raise ValueError(f"`path` must hold a whole run; that in {path!r} lacks its {wrong[0]}.")


def variables_of(model: keras.Model) -> list[keras.Variable]:
    """Returns the variables of the model, its optimizer and its metrics, each once."""
    found = [*model.variables, *_optimizer_variables(model), *model.metrics_variables]
    return list({id(variable): variable for variable in found}.values())


def describe(variables: list[keras.Variable]) -> list[list[Any]]:
    """Returns path, shape and dtype of each; the numbers Keras gives to names are left out."""
    return [
        [
            re.sub(r"_\d+", "", each.path),
            list(each.shape),
            keras.backend.standardize_dtype(each.dtype),
        ]
        for each in variables
    ]


def values(variables: list[keras.Variable]) -> list[np.ndarray]:
    return [numpy_value(variable) for variable in variables]


def assign(variables: list[keras.Variable], arrays: Iterator[np.ndarray]) -> None:
    for variable in variables:
        variable.assign(next(arrays))


def check_model(model: keras.Model, described: list[list[Any]], path: str) -> None:
    """Raises a ValueError if the variables of `model` are not those that were saved."""
    own = describe(variables_of(model))
    if own == described:
        return
    pairs = zip(described, own, strict=False)
    saved, here = next(
        ((a, b) for a, b in pairs if a != b), (f"{len(described)} variables", f"{len(own)}")
    )
    raise ValueError(
        f"`path` must hold a run of this model; received path={path!r}, of a model that has "
        f"{saved} where this one has {here}."
    )


def keeps(thing: Any) -> bool:
    """Returns whether `thing` gives its state and takes it back."""
    return hasattr(thing, "get_state") and hasattr(thing, "set_state")


def capture(thing: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Returns what a callback or a data source keeps: plain values, and arrays.

    Raises:
        ValueError: If a value is not plain.
    """
    kept, arrays = _state(thing)
    counts = {name: None if each is None else len(each) for name, each in arrays.items()}
    flat = [np.asarray(array) for each in arrays.values() for array in each or ()]
    return {"plain": plain(f"what {type(thing).__name__} keeps", kept), "arrays": counts}, flat


def plain(what: str, value: Any) -> Any:
    """Returns a copy of `value` in plain values.

    Raises:
        ValueError: If JSON cannot hold it.
    """
    try:
        return json.loads(json.dumps(value, default=_plain))
    except TypeError as error:
        raise ValueError(f"JSON must be able to hold {what}; {error}.") from error


def put_back(thing: Any, kept: dict[str, Any], arrays: Iterator[np.ndarray]) -> None:
    """Gives `thing` what `capture` returned.

    Raises:
        ValueError: If it is not what `thing` keeps.
    """
    own = {name for part in _state(thing) for name in part}
    if {*kept["plain"], *kept["arrays"]} != own and not keeps(thing):
        raise ValueError(
            f"`path` must hold what {type(thing).__name__} keeps ({', '.join(sorted(own))}); "
            f"received {', '.join(sorted({*kept['plain'], *kept['arrays']}))}."
        )
    lists = {
        name: None if count is None else [next(arrays).copy() for _ in range(count)]
        for name, count in kept["arrays"].items()
    }
    values = plain("", kept["plain"])
    if keeps(thing):
        thing.set_state(values)
        if lists:
            thing.set_arrays(lists)
        return
    for name, value in {**values, **lists}.items():
        setattr(thing, name, value)


def names(callbacks: list[Any]) -> list[str]:
    return [type(callback).__name__ for callback in callbacks]


def check_callbacks(callbacks: list[Any], saved: list[str], path: str) -> None:
    """Raises a ValueError if `callbacks` are not, one by one, of the classes that were saved."""
    if names(callbacks) != saved:
        raise ValueError(
            f"`path` must hold a run with these callbacks ({', '.join(names(callbacks))}); "
            f"received path={path!r}, of a run with {', '.join(saved)}."
        )


def name_stateless(callbacks: list[Any]) -> None:
    """Logs the callbacks of which it is not known whether they keep anything."""
    known = (*KEPT_BY_KERAS, *STATELESS)
    unknown = [each for each in callbacks if not keeps(each) and not isinstance(each, known)]
    if unknown:
        LOGGER.info(
            "%s: taken to keep nothing while training, without `get_state` and `set_state`.",
            ", ".join(names(unknown)),
        )


def _optimizer_variables(model: keras.Model) -> list[keras.Variable]:
    return [] if model.optimizer is None else list(model.optimizer.variables)


def _state(thing: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    if keeps(thing):
        arrays = thing.get_arrays() if hasattr(thing, "get_arrays") else {}
        return thing.get_state(), arrays
    for kind, (numbers, arrays) in KEPT_BY_KERAS.items():
        if isinstance(thing, kind):
            return (
                {name: getattr(thing, name, None) for name in numbers},
                {name: getattr(thing, name, None) for name in arrays},
            )
    return {}, {}


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "shape"):
        return ops.convert_to_numpy(value).tolist()
    raise TypeError(f"received {value!r}")
