"""How much a code changes with its input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import validation
from keras_regzoo.backend import PureView, vjp
from keras_regzoo.models.inputs import check_data, check_shapes
from keras_regzoo.objectives.dense_chain import DenseJacobian, stages
from keras_regzoo.objectives.encoder import leaves


def jacobian_norm(encoder: keras.Model, x: Any, batch_size: int = 100) -> np.ndarray:
    """Returns the Frobenius norm of an encoder's Jacobian at each example, exactly.

        ‖J(x)‖_F = sqrt(Σ_{ij} (∂h_j/∂x_i)²)

    Its mean over examples is what the contractive autoencoder is compared by. The encoder is as at
    inference. Dense layers with elementwise activations take a closed form, any other encoder a
    backward pass for each unit of its code.

    Args:
        encoder: A built model with one floating-point input and one output, such as
            `autoencoder.encoder`.
        x: Array of inputs, batch first.
        batch_size: Examples at a time, at least 1.

    Returns:
        Array of shape (examples,), in units of the code per unit of the input.

    Raises:
        ValueError: If `encoder` is not a built model with one input and one output, or `x` is
            empty, not of finite floating-point numbers or not shaped as the encoder takes it.

    Example:

    >>> doubling = keras.Sequential([keras.Input((3,)), keras.layers.Rescaling(2.0)])
    >>> keras_regzoo.diagnostics.jacobian_norm(doubling, np.zeros((1, 3))).round(3)
    array([3.464], dtype=float32)

    Reference: Rifai, Vincent, Muller, Glorot & Bengio (2011), Contractive Auto-Encoders, eq. 1 and
    table 1.
    """
    validation.integer("batch_size", batch_size, "[1, inf)")
    squares = [_squared_norms(encoder, batch) for batch in batches(encoder, x, batch_size)]
    return np.sqrt(np.concatenate(squares))


def batches(encoder: keras.Model, x: Any, batch_size: int) -> Iterator[Any]:
    """Yields `x` in parts, once it and the encoder are what they must be."""
    validation.instance("encoder", encoder, keras.Model)
    known = getattr(encoder, "inputs", None)
    if not encoder.built or (known and [len(known), len(encoder.outputs)] != [1, 1]):
        raise _unfit(encoder)
    x = np.asarray(ops.convert_to_numpy(x))
    if not x.size or x.dtype.kind != "f":
        raise ValueError(
            f"`x` must be floating-point examples, at least one; received {x.dtype} of shape "
            f"{x.shape}."
        )
    check_shapes("x", x, encoder)
    check_data("x", x)
    dtype = known[0].dtype if known else keras.config.floatx()
    if not known and not ops.is_tensor(encoder(x[:1].astype(dtype), training=False)):
        raise _unfit(encoder)
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size].astype(dtype)


def _unfit(encoder: keras.Model) -> ValueError:
    return ValueError(
        f"`encoder` must be a built model with one input and one output; received {encoder.name!r}."
    )


def _squared_norms(encoder: keras.Model, batch: np.ndarray) -> np.ndarray:
    inputs = ops.convert_to_tensor(batch)
    chain = stages(leaves(encoder))
    if chain:
        jacobian = DenseJacobian(chain, {id(v): ops.convert_to_tensor(v) for v in encoder.weights})
        return _numpy(jacobian.squared_norms(jacobian(inputs)))
    view = PureView(encoder)
    weights, state = view.weights(), view.state()

    def code(values: Any) -> Any:
        outputs = view(weights, state, values, training=False).outputs
        return ops.reshape(ops.cast(outputs, "float32"), (len(batch), -1))

    total = np.zeros(len(batch), "float32")
    units = code(inputs).shape[1]
    for unit in range(units):
        chosen = np.zeros((len(batch), units), "float32")
        chosen[:, unit] = 1.0
        _, gradient = vjp(code, inputs, ops.convert_to_tensor(chosen))
        total += np.square(_numpy(gradient)).reshape(len(batch), -1).sum(axis=1)
    return total


def _numpy(tensor: Any) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(ops.cast(tensor, "float32")))
