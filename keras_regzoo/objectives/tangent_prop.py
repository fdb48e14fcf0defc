"""Tangent propagation: no change along directions that should not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import jvp
from keras_regzoo.objectives.image_tangents import checked_kinds, image_tangents
from keras_regzoo.objectives.inputs import known_inputs, require_floating
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.registration import register


@register
class TangentProp(Penalty):
    """Penalizes how the outputs change along given directions of the input.

        L' = L + λ E_x Σᵢ ‖J(x) tᵢ(x)‖²,   J = ∂f/∂x

    The directions tᵢ, tangents of transformations that leave the target as it is, are functions of
    the example. The penalty is a mean over the batch, a sum over tangents and outputs. Where
    `tangents` are exact the outputs become invariant to the transformation, to first order: that
    takes no transformed examples. Active in training alone; each tangent costs a Jacobian-vector
    product, which is as much as a plain step, and trains through it.

    It is *not* tangent distance, which compares two examples up to their tangents, nor the
    contractive penalty, which shrinks the outputs' change along all directions alike.

    Args:
        tangents: Names of image tangents, of `"translation_x"`, `"translation_y"`, `"rotation"`,
            `"scaling"`, `"axis_hyperbolic"`, `"diagonal_hyperbolic"` and `"thickness"`, as
            `image_tangents` makes them; or a function from a batch of inputs to its tangents, of
            the shape of the inputs with an axis of n tangents after that of the examples. Tangents
            given per example are one more entry of a dict of inputs, as in
            `fit({"image": x, "tangents": t}, y)`, from which a model made as
            `keras.Model([image], outputs)` takes what it needs by name: the function then returns
            a dict of the tangents of the entries that move, such as `{"image": x["tangents"]}`. To
            be saved, a function must be registered with
            `keras.saving.register_keras_serializable`.
        strength: λ, at least 0 (where it changes nothing), in squared units of the outputs. May be
            scheduled. Default 0.1.
        stddev: Standard deviation in pixels of the Gaussian that smooths an image before it is
            differentiated, above 0; used by image tangents. Default 0.9.
        name: Name in logs and paths. Logs the added term.

    Takes floating-point inputs of any shape, batch first; images of shape (height, width,
    channels) for image tangents. Any targets.

    Raises:
        ValueError: If an argument is out of its range; if the inputs are integers, or no images
            where tangents are named; if the tangents are not of their shape (at the first step); if
            a lambda is to be saved.

    Example:

    >>> model = keras.Sequential(
    ...     [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
    ... )
    >>> invariance = keras_regzoo.objectives.TangentProp(["rotation", "thickness"], strength=0.1)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [invariance])
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((4, 8, 8, 1)), np.ones((4, 3)), verbose=0)

    Reference: Simard, Victorri, Le Cun & Denker (1992), Tangent Prop, sec. 1 and fig. 1;
    Goodfellow, Bengio & Courville (2016), Deep Learning, eq. 7.67.
    """

    def __init__(
        self,
        tangents: Callable[[Any], Any] | Sequence[str],
        strength: float = 0.1,
        stddev: float = 0.9,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name)
        self.tangents = _checked(tangents)
        self.stddev = validation.number("stddev", stddev, "(0, inf)")

    def attach(self, model: keras.Model) -> None:
        named = not callable(self.tangents)
        inputs = known_inputs(model)
        require_floating(inputs, "TangentProp", single=named)
        if named and inputs and len(inputs[0].shape) != 4:
            raise ValueError(
                "`tangents` must be a function where inputs are no images (batch, height, width, "
                f"channels); received {self.tangents} for inputs of shape {inputs[0].shape}."
            )

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        tangents = self._tangents(point.x)
        moving, outputs = _moving_part(loss, point, tangents)
        total: Any = 0.0
        for index in range(_common_number(tangents, moving)):
            direction = tree.map_structure(
                lambda tangent, x, i=index: ops.cast(tangent[:, i], x.dtype), tangents, moving
            )
            _, change = jvp(outputs, moving, direction)
            for leaf in tree.flatten(change):
                total = total + ops.sum(ops.mean(ops.square(ops.cast(leaf, "float32")), axis=0))
        return total

    def _tangents(self, x: Any) -> Any:
        """Returns the tangents, which count as constants of the batch."""
        if callable(self.tangents):
            return self.tangents(x)
        (image,) = tree.flatten(x)
        return tree.pack_sequence_as(x, [image_tangents(image, self.tangents, self.stddev)])

    def get_config(self) -> dict[str, Any]:
        tangents = self.tangents
        if callable(tangents):
            if getattr(tangents, "__name__", "") == "<lambda>":
                raise ValueError(
                    "`tangents` must be a function with a name to be saved; received a lambda."
                )
            tangents = keras.saving.serialize_keras_object(tangents)
        return {"tangents": tangents, "stddev": self.stddev, **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TangentProp:
        tangents = config["tangents"]
        if isinstance(tangents, dict):
            tangents = keras.saving.deserialize_keras_object(tangents)
        return cls(**{**config, "tangents": tangents})


def _moving_part(loss: Loss, point: Point, tangents: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Returns the inputs that have tangents, and the outputs as a function of them."""
    if isinstance(point.x, dict) and isinstance(tangents, dict):
        unknown = sorted(set(tangents) - set(point.x))
        if unknown:
            raise ValueError(
                f"`tangents` must be given for entries of the inputs, {sorted(point.x)}; "
                f"received {unknown}."
            )
        moving = {key: point.x[key] for key in tangents}
        fixed = {key: value for key, value in point.x.items() if key not in tangents}
        require_floating(moving, "TangentProp")
        return moving, lambda x: loss.outputs(point.weights, {**fixed, **x})
    require_floating(point.x, "TangentProp")
    return point.x, lambda x: loss.outputs(point.weights, x)


def _common_number(tangents: Any, x: Any) -> int:
    """Returns how many tangents there are of each example, if their shapes fit the inputs."""
    shapes = [tuple(leaf.shape) for leaf in tree.flatten(tangents)]
    expected = [tuple(leaf.shape) for leaf in tree.flatten(x)]
    numbers = {shape[1] for shape in shapes if len(shape) > 1}
    fits = len(shapes) == len(expected) and all(
        shape[2:] == inputs[1:] for shape, inputs in zip(shapes, expected, strict=False)
    )
    if not fits or len(numbers) != 1 or None in numbers:
        raise ValueError(
            "`tangents` must have the shape of the inputs with one axis more after the first, "
            f"of the same length for all; received shapes {shapes} for inputs of {expected}."
        )
    return numbers.pop()


def _checked(tangents: Any) -> Callable[[Any], Any] | tuple[str, ...]:
    if callable(tangents):
        return tangents
    return checked_kinds("tangents", tangents)
