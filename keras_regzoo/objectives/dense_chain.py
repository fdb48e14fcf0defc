"""The Jacobian of dense layers with elementwise activations, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_regzoo.backend import sum_of_squares, vjp
from keras_regzoo.objectives.loss import Tensor

Activation = Callable[[Tensor], Tensor]

_known = keras.activations
_ELEMENTWISE = (
    *(_known.celu, _known.elu, _known.exponential, _known.gelu, _known.hard_shrink),
    *(_known.hard_sigmoid, _known.hard_silu, _known.hard_tanh, _known.leaky_relu, _known.linear),
    *(_known.log_sigmoid, _known.mish, _known.relu, _known.relu6, _known.selu, _known.sigmoid),
    *(_known.silu, _known.soft_shrink, _known.softplus, _known.softsign, _known.sparse_plus),
    *(_known.sparse_sigmoid, _known.squareplus, _known.tanh, _known.tanh_shrink),
    _known.threshold,
)
_COUPLED = (_known.glu, _known.log_softmax, _known.softmax, _known.sparsemax)
_SLOPES: dict[Activation | None, Activation] = {  # s'(a), given s(a)
    None: ops.ones_like,
    _known.elu: lambda h: ops.where(h > 0, 1.0, h + 1),
    _known.exponential: lambda h: h,
    _known.relu: lambda h: ops.cast(h > 0, h.dtype),
    _known.sigmoid: lambda h: h * (1 - h),
    _known.softplus: lambda h: 1 - ops.exp(-h),
    _known.tanh: lambda h: 1 - ops.square(h),
}
_ACTIVATION_LAYERS = (keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.ELU)


class Stage(NamedTuple):
    """A dense layer `s(x W + b)`.

    Attributes:
        dense: The layer.
        flattens: Whether its inputs are flattened before.
        activations: The elementwise functions that s is composed of.
    """

    dense: keras.layers.Dense
    flattens: bool
    activations: list[Activation]


def stages(layers: list[Any] | None, own_functions: bool = False) -> list[Stage] | None:
    """Returns the dense stages that `layers` make; `None` if they make none.

    Beside `Dense` and activation layers there may be `Flatten`, which keeps the order of the
    numbers, before and after the stages.

    Args:
        layers: Layers applied one after the other, or `None`.
        own_functions: Whether an activation that is not Keras's own counts as elementwise.
    """
    found: list[Stage] = []
    flattened = closed = False
    for layer in layers or []:
        if type(layer) is keras.layers.Flatten and layer.data_format == "channels_last":
            flattened, closed = not found, bool(found)
            continue
        if type(layer) is keras.layers.Dense and not closed and _is_plain(layer):
            found.append(Stage(layer, flattened, []))
            function = layer.activation
        elif type(layer) is keras.layers.Activation and found:
            function = layer.activation
        elif type(layer) in _ACTIVATION_LAYERS and found:
            found[-1].activations.append(layer.call)
            continue
        else:
            return None
        if function is None or function is keras.activations.linear:
            continue
        if not _is_elementwise(function, own_functions):
            return None
        found[-1].activations.append(function)
    return found or None


def slope_at_output(chain: list[Stage]) -> Activation | None:
    """Returns the derivative of a single stage as a function of its outputs, where it is one."""
    if len(chain) != 1 or len(chain[0].activations) > 1:
        return None
    return _SLOPES.get(*chain[0].activations or [None])


class DenseJacobian:
    """The Jacobian `J = N W₁ᵀ` of dense stages, known by its factor N.

    Args:
        chain: The stages.
        values: The values of variables by their ids.
    """

    def __init__(self, chain: list[Stage], values: dict[int, Tensor]) -> None:
        self.chain = chain
        self.values = values

    def __call__(self, x: Tensor) -> Tensor:
        """Returns N for each example.

        With one stage N is diagonal, and its diagonal `s'(x W₁ + b₁)` is returned, shaped as the
        codes. With more, `N = D_K W_Kᵀ ⋯ D₂ W₂ᵀ D₁` has two axes in place of the codes' last one:
        the units of the code, and those of the first stage.
        """
        if self.chain[0].flattens:
            x = ops.reshape(x, (-1, self.chain[0].dense.kernel.shape[0]))
        slopes = []
        for stage in self.chain:
            x, slope = _outputs_and_slopes(stage, self.values, x)
            slopes.append(ops.cast(slope, "float32"))
        factor = slopes.pop()
        if slopes:
            factor = factor[..., None] * ops.transpose(self._kernel(-1))
        for index in range(len(slopes) - 1, 0, -1):
            factor = ops.matmul(
                factor * slopes[index][..., None, :], ops.transpose(self._kernel(index))
            )
        return factor * slopes[0][..., None, :] if slopes else factor

    def at_codes(self, codes: Tensor, slope: Activation, x: Tensor) -> Tensor:
        """Returns N at the inputs `x`, given their codes and the `slope_at_output`."""
        positions = () if self.chain[0].flattens else x.shape[1:-1]
        codes = ops.reshape(codes, (-1, *positions, self.chain[0].dense.units))
        return slope(ops.cast(codes, "float32"))

    def squared_norm(self, factor: Tensor) -> Tensor:
        """Returns the mean over examples of `‖N W₁ᵀ‖²_F`."""
        kernel = self._kernel(0)
        if len(self.chain) == 1:  # Σⱼ s'(aⱼ)² ‖Wⱼ‖²
            squares = ops.mean(ops.square(factor), axis=0)
            return ops.sum(squares * sum_of_squares(kernel, axis=0))
        if kernel.shape[1] < kernel.shape[0]:
            gram = ops.matmul(ops.transpose(kernel), kernel)
            return ops.sum(ops.mean(ops.matmul(factor, gram) * factor, axis=0))
        return ops.sum(ops.mean(ops.square(ops.matmul(factor, ops.transpose(kernel))), axis=0))

    def squared_norms(self, factor: Tensor) -> Tensor:
        """Returns `‖N W₁ᵀ‖²_F` for each example."""
        kernel = self._kernel(0)
        if len(self.chain) == 1:
            squares = ops.square(factor) * sum_of_squares(kernel, axis=0)
        else:
            squares = ops.square(ops.matmul(factor, ops.transpose(kernel)))
        return ops.sum(squares, axis=tuple(range(1, len(squares.shape))))

    def _kernel(self, index: int) -> Tensor:
        return ops.cast(self.values[id(self.chain[index].dense.kernel)], "float32")


def _outputs_and_slopes(
    stage: Stage, values: dict[int, Tensor], x: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns a stage's outputs and the derivative of its activation, as the layer computes it."""
    dtype = stage.dense.compute_dtype
    x = ops.matmul(ops.cast(x, dtype), ops.cast(values[id(stage.dense.kernel)], dtype))
    if stage.dense.use_bias:
        x = ops.add(x, ops.cast(values[id(stage.dense.bias)], dtype))
    if not stage.activations:
        return x, ops.ones_like(x)
    return vjp(lambda a: _composed(stage.activations, a), x, ops.ones_like(x))


def _composed(functions: list[Activation], a: Tensor) -> Tensor:
    for function in functions:
        a = function(a)
    return a


def _is_plain(layer: keras.layers.Dense) -> bool:
    return not layer.lora_enabled and layer.quantization_mode is None


def _is_elementwise(function: Any, own_functions: bool) -> bool:
    if any(function is known for known in _ELEMENTWISE):
        return True
    coupled = any(function is known for known in _COUPLED)
    return own_functions and not coupled and not isinstance(function, keras.layers.Layer)
