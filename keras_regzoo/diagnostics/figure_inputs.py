"""What figures of an autoencoder are made from: its examples, codes and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo.backend import PureView


def as_array(tensor: Any) -> np.ndarray:
    """Returns a tensor or array as a NumPy array, of a type that NumPy and matplotlib know."""
    array = np.asarray(ops.convert_to_numpy(tensor) if ops.is_tensor(tensor) else tensor)
    return array.astype("float32") if array.dtype.name == "bfloat16" else array


def examples(name: str, x: Any) -> np.ndarray:
    """Returns the argument called `name` as an array of examples.

    Raises:
        ValueError: If it is not an array of numbers, batch first, with at least one example.
    """
    x = as_array(x)
    if x.dtype.kind not in "biuf" or x.ndim < 2 or not x.size:
        raise ValueError(
            f"`{name}` must be an array of at least one example, batch first; received "
            f"{x.dtype} of shape {x.shape}."
        )
    return x


def with_conditions(name: str, x: Any, model: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Returns the examples of the argument called `name`, and a list of what comes with them.

    It is empty but for a model whose encoder takes a condition beside the input.

    Raises:
        ValueError: If they are not examples, or not a condition for each.
    """
    if not is_conditional(model):
        return examples(name, x), []
    if not isinstance(x, list | tuple) or len(x) != 2:
        found = f"{len(x)} parts" if isinstance(x, list | tuple) else f"a {type(x).__name__}"
        raise ValueError(
            f"`{name}` must be a list of inputs and conditions for {_called(model)}; received "
            f"{found}."
        )
    first, conditions = examples(name, x[0]), as_array(x[1])
    if len(np.atleast_1d(conditions)) != len(first):
        raise ValueError(
            f"`{name}` must hold a condition for each of its {len(first)} inputs; received some "
            f"of shape {conditions.shape}."
        )
    return first, [conditions]


def is_conditional(model: Any) -> bool:
    """Returns whether a model's encoder takes a condition beside the input."""
    return len(getattr(getattr(model, "encoder", None), "inputs", None) or ()) == 2


def fed(x: np.ndarray, conditions: list[np.ndarray]) -> Any:
    """Returns what a model takes: an array, or a list of it and the condition."""
    return [x, *conditions] if conditions else x


def require(model: Any, *methods: str) -> Any:
    """Returns `model` if it has these methods.

    Raises:
        ValueError: If it lacks one.
    """
    for method in methods:
        if not callable(getattr(model, method, None)):
            kind = "a generative model" if method == "sample" else "an autoencoder"
            raise ValueError(
                f"`model` must be {kind}, with a method `{method}`; received "
                f"{_called(model)}, which has none."
            )
    return model


def codes(model: Any, x: Any) -> np.ndarray:
    """Returns a model's codes, one vector an example.

    Raises:
        ValueError: If they are not vectors.
    """
    made = as_array(require(model, "encode").encode(x))
    if made.ndim != 2:
        raise ValueError(
            f"`model` must have vectors as codes to move along; received codes of shape "
            f"{made.shape[1:]}."
        )
    return made


def by_name(model: Any) -> dict[str, Any]:
    """Returns models under the names they are shown with.

    Raises:
        ValueError: If there is none, or one that cannot reconstruct.
    """
    models = dict(model) if isinstance(model, Mapping) else {"reconstruction": model}
    if not models:
        raise ValueError("`model` must hold at least one model; received none.")
    for each in models.values():
        if not isinstance(each, keras.Model):
            require(each, "reconstruct")
    return models


def reconstruct(model: Any, x: np.ndarray, conditions: list[np.ndarray]) -> np.ndarray:
    """Returns a model's reconstructions of `x`: what it predicts, if it has no such method.

    Raises:
        ValueError: If they are not shaped as `x`.
    """
    own = getattr(model, "reconstruct", None)
    given = fed(x, conditions if is_conditional(model) else [])
    made = as_array(own(given) if own else model.predict(given, verbose=0))
    if made.shape != x.shape:
        raise ValueError(
            f"`model` must give reconstructions of the shape of `x`, {x.shape}; received "
            f"{made.shape}."
        )
    return made


def corrupt(model: Any, x: np.ndarray) -> np.ndarray | None:
    """Returns `x` as the model's `corruption` changes it, if it has one; no seed moves on."""
    layer: Any = getattr(model, "corruption", None)
    if not isinstance(layer, keras.layers.Layer):
        return None
    if not layer.built:
        layer.build(x.shape)
    view = PureView(layer)
    made = view(view.weights(), view.state(), ops.convert_to_tensor(x), training=True)
    return as_array(ops.cast(made.outputs, "float32"))


def _called(model: Any) -> str:
    name = getattr(model, "name", None)
    return f"a {type(model).__name__}" + (f" called {name!r}" if isinstance(name, str) else "")
