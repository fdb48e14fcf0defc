"""How fast a model's loss rises around its weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import PureView, value_and_grad
from keras_regzoo.callbacks.layer_health import data_loss
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.training.examples import count, finite_arrays, take

START = 1e-3  # of the radius: enough to leave a minimum, where the gradient is 0


def sharpness(
    model: keras.Model,
    x: Any,
    y: Any,
    radius: float = 0.05,
    steps: int = 10,
    batch_size: int = 256,
    seed: int = 0,
) -> float:
    """Returns how much the loss rises at most within a ball around the weights.

        S = max_{‖ε‖₂ ≤ ρ} L(w + ε) − L(w),   found by   ε ← ρ ∇L(w + ε) / ‖∇L(w + ε)‖₂

    from a small random ε; the largest rise on the way counts, so that S is a lower bound. With one
    step it is what `SharpnessAware` adds to the loss; where L is quadratic and w its minimum, the
    steps are those of power iteration, and S tends to ρ² λ_max / 2.

    It is *not* comparable between models whose weights have other scales: a network with rectifiers
    computes the same with one layer's weights doubled and the next one's halved.

    Args:
        model: A built model compiled with a loss; of a `RegularizedModel` its base is measured.
            Penalties and objectives do not count. Its weights stay as they are.
        x: Array of inputs, batch first, or a list or dict of such.
        y: Array of targets, or a list or dict of such.
        radius: ρ, the radius of the ball over all trainable weights together, above 0.
        steps: Gradients taken, at least 1.
        batch_size: Examples at a time, at least 1.
        seed: Seed of the first ε.

    Returns:
        The rise, in units of the loss, at least 0 but for rounding.

    Raises:
        ValueError: If an argument is outside its range, data are empty, not finite or not what the
            model takes, or the model has no compiled loss or none that is finite.

    Example:

    >>> dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    >>> model = keras.Sequential([keras.Input((1,)), dense])
    >>> model.compile("sgd", "mse")
    >>> x = np.array([[2.0]])
    >>> round(keras_regzoo.diagnostics.sharpness(model, x, 0 * x, radius=0.5), 3)  # (2 · 0.5)²
    1.0

    Reference: Keskar, Mudigere, Nocedal, Smelyanskiy & Tang (2017), On Large-Batch Training for
    Deep Learning, eq. 4 (the largest rise); Foret, Kleiner, Mobahi & Neyshabur (2021),
    Sharpness-Aware Minimization, eq. 2.
    """
    validation.number("radius", radius, "(0, inf)")
    validation.integer("steps", steps, "[1, inf)")
    validation.integer("batch_size", batch_size, "[1, inf)")
    seed = validation.integer("seed", seed, SEEDS)
    validation.instance("model", model, keras.Model)
    if not model.built or not model.compiled or model._compile_loss is None:
        raise ValueError("`model` must be built and compiled with a loss; it is not.")
    x = finite_arrays("x", x)
    y = finite_arrays("y", y, count(x))
    base: Any = model.base if hasattr(model, "objectives") else model  # pyright: ignore
    view = PureView(base)
    state = view.state()

    def loss(weights: Any, inputs: Any, targets: Any) -> Any:
        return data_loss(model, targets, view(weights, state, inputs, training=False).outputs)

    gradient_of = value_and_grad(loss)
    start = [_array(weight) for weight in view.weights()]

    def over_batches(epsilon: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:
        moved = [
            ops.convert_to_tensor(w + e.astype(w.dtype))
            for w, e in zip(start, epsilon, strict=True)
        ]
        total, gradients = 0.0, [np.zeros(w.shape, "float64") for w in start]
        for inputs, targets, share in _batches(x, y, batch_size):
            value, made = gradient_of(moved, inputs, targets)
            total += share * float(_array(value))
            for gradient, part in zip(gradients, made, strict=True):
                gradient += share * _array(part)
        return total, gradients

    random = np.random.default_rng(seed)
    with _one_sentence(x, y):
        plain, _ = over_batches([np.zeros(w.shape) for w in start])
    if not np.isfinite(plain):
        raise ValueError(f"`model` must have a finite loss on `x` and `y`; it is {plain}.")
    epsilon = _scaled([random.normal(size=w.shape) for w in start], START * radius)
    rises = []
    for _ in range(steps):
        value, gradients = over_batches(epsilon)
        rises.append(value - plain)
        epsilon = _scaled(gradients, radius)
    rises.append(over_batches(epsilon)[0] - plain)
    return max(rises[1:])


@contextlib.contextmanager
def _one_sentence(x: Any, y: Any) -> Iterator[None]:
    """Raises a ValueError for whatever Keras and its backends know to raise."""
    try:
        yield
    except Exception as error:
        shapes = [keras.tree.map_structure(lambda array: array.shape, data) for data in (x, y)]
        raise ValueError(
            "`x` must be what the model takes, and `y` what its loss compares with its outputs; "
            f"received shapes {shapes[0]} and {shapes[1]}."
        ) from error


def _scaled(values: list[np.ndarray], length: float) -> list[np.ndarray]:
    norm = np.sqrt(sum(np.square(value).sum() for value in values))
    return [value * (length / norm) if norm > 0 else value for value in values]


def _batches(x: Any, y: Any, batch_size: int) -> Iterator[tuple[Any, Any, float]]:
    examples = count(x)
    for first in range(0, examples, batch_size):
        positions = np.arange(first, min(first + batch_size, examples))
        inputs, targets = (
            keras.tree.map_structure(ops.convert_to_tensor, take(part, positions))
            for part in (x, y)
        )
        yield inputs, targets, len(positions) / examples


def _array(value: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(ops.cast(value, "float32")))
