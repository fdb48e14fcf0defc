"""The networks to regularize: two of ours, or one the user's own function builds."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable

import keras
import numpy as np

from keras_regzoo import validation

Builder = Callable[[tuple[int, ...], int], keras.Model]


def mlp(input_shape: tuple[int, ...], num_outputs: int) -> keras.Model:
    """Returns two hidden layers of 256 rectified linear units.

    Args:
        input_shape: Shape of one input.
        num_outputs: Logits, one a class, or 1 for a regression.
    """
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(num_outputs),
        ],
        name="mlp",
    )


def cnn(input_shape: tuple[int, ...], num_outputs: int) -> keras.Model:
    """Returns two convolutions of 32 and 64 channels, each max-pooled, and 128 dense units.

    Args:
        input_shape: Shape of one image: height, width (at least 4 each) and channels.
        num_outputs: Logits, one a class, or 1 for a regression.

    Raises:
        ValueError: If the inputs are not such images.
    """
    if len(input_shape) != 3 or min(input_shape[:2]) < 4:
        raise ValueError(
            "`model` 'cnn' must have images of shape (height, width, channels), at least 4 by 4, "
            f"as inputs; received the shape {tuple(input_shape)}."
        )
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(num_outputs),
        ],
        name="cnn",
    )


BASE_MODELS: dict[str, Builder] = {"mlp": mlp, "cnn": cnn}


def find_builder(model: str) -> Builder:
    """Returns the function that builds the base network.

    Args:
        model: `"mlp"`, `"cnn"` or `"module:function"`. The function is called as
            `function(input_shape, num_outputs)` and returns a built `keras.Model` whose outputs,
            of shape `(batch, num_outputs)`, are logits (one a class, for two classes too) or one
            value for a regression. The module may lie in the current folder.

    Raises:
        ValueError: If there is no such function.
    """
    if model in BASE_MODELS:
        return BASE_MODELS[model]
    module_name, colon, name = str(model).partition(":")
    if not (colon and module_name and name):
        raise ValueError(
            f"`model` must be 'mlp', 'cnn' or 'module:function'; received model={model!r}."
        )
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())  # a console script does not look there
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever the user's module raises
        raise ValueError(
            f"`model` {model!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ValueError(f"`model` {model!r} must name a function; {module_name!r} has none.")
    return function


def build(builder: Builder, shape: tuple[int, ...], outputs: int, seed: int) -> keras.Model:
    """Returns the base network with the initial weights of `seed`.

    Raises:
        ValueError: If the function cannot build it.
    """
    keras.utils.set_random_seed(seed)
    if builder in BASE_MODELS.values():
        return builder(shape, outputs)
    try:
        return builder(shape, outputs)
    except Exception as error:  # whatever the user's function raises
        raise ValueError(
            f"`model` cannot build a network for inputs of shape {shape} and {outputs} outputs: "
            f"{type(error).__name__}: {validation.first_line(error)}"
        ) from error


def check_base(model: object, name: str, x: np.ndarray, outputs: int, classes: bool) -> None:
    """Raises a ValueError unless `model` is a built network with the right outputs for `x`.

    Args:
        model: What the function returned.
        name: Name of the function, for the error.
        x: A few inputs.
        outputs: Number of outputs it must have.
        classes: Whether the outputs must be logits of classes.
    """
    expected = f"`model` {name!r} must return a built keras.Model"
    if not isinstance(model, keras.Model):
        raise ValueError(f"{expected}; it returned a {type(model).__name__}.")
    if not model.built or not model.weights:
        raise ValueError(f"{expected}; it returned one without weights: call `build` first.")
    try:
        predicted = model.predict_on_batch(x)
    except Exception as error:  # whatever the user's layers raise
        raise ValueError(
            f"{expected} for inputs of shape {x.shape[1:]}; calling it failed: "
            f"{validation.first_line(error)}"
        ) from error
    shape = getattr(predicted, "shape", None)
    if shape != (len(x), outputs):
        received = shape[1:] if shape is not None else "several arrays"
        raise ValueError(f"{expected} with outputs of shape ({outputs},); received {received}.")
    if classes and np.all(predicted >= 0) and np.allclose(predicted.sum(axis=-1), 1, atol=1e-3):
        raise ValueError(
            f"{expected} whose outputs are logits; received probabilities: leave the last "
            "softmax out."
        )


def check_new(first: keras.Model, second: keras.Model) -> None:
    """Raises a ValueError if two networks that the function returned share weights."""
    weights = {id(weight) for weight in first.weights}
    if any(id(weight) in weights for weight in second.weights):
        raise ValueError(
            "`model` must build a new network each time it is called; received one that shares "
            "weights with the one before."
        )
