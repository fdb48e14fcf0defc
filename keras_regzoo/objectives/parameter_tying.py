"""Parameter tying: two sets of weights that should be alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_regzoo import backend, validation
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.objectives.weight_names import Variables, named_weights, weight_paths
from keras_regzoo.registration import register


@register
class ParameterTying(Penalty):
    """Penalizes the squared distance between two sets of weights.

        L' = L + λ Σᵢ ‖wᵢᴬ − wᵢᴮ‖²

    Between two variables, layers or submodels of the model both sides move; two models that are
    trained together are submodels of one. The weights of another model, such as the pretrained
    one that training starts from, are copied when the objective is made and stay as they are; they
    are saved with the model. Weights are paired in order, biases too; a pair that is frozen is left
    out for as long as it is. Active in training alone; costs no pass.

    It is *not* parameter sharing, where both sides are one variable: use one layer twice.

    Args:
        first: Which weights of the model: a part of their path, in whole names, such as
            `"encoder"`, `"dense_1"` or `"dense_1/kernel"`; `None` for all of them.
        second: The same for the other side; or a layer, model or variable that is no part of the
            model, or a list of arrays.
        strength: λ, at least 0 (where it changes nothing). May be scheduled. Default 0.01.
        name: Name in logs and paths. Logs the added term.

    Takes any inputs and targets, of any shapes.

    Raises:
        ValueError: If no weight that can be trained, frozen ones included, has such a path (the
            sentence lists the paths), the two sides differ in number or shapes, or `second` is a
            part of the model itself, which must be named.

    Example:

    >>> start = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> model = keras.models.clone_model(start)
    >>> near_start = keras_regzoo.objectives.ParameterTying(None, start, strength=0.01)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [near_start])
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)

    Reference: Goodfellow, Bengio & Courville (2016), Deep Learning, sec. 7.9; Lasserre, Bishop &
    Minka (2006), Principled Hybrids of Generative and Discriminative Models.
    """

    def __init__(
        self,
        first: str | None,
        second: str | keras.Variable | keras.layers.Layer | Sequence[Any],
        strength: float = 0.01,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name)
        if first is not None:
            validation.instance("first", first, str)
        self.first = first
        self.second = second if isinstance(second, str) else None
        self._others = Variables(() if isinstance(second, str) else _variables(second))
        self.copies = [
            self._copy(f"copy_{index}", ops.convert_to_numpy(value))
            for index, value in enumerate(self._others)
        ]

    def attach(self, model: keras.Model) -> None:
        ids = {id(variable) for variable in model.variables}
        if any(id(value) in ids for value in self._others):
            raise ValueError(
                "`second` must be named where it is a part of the model itself; received an object "
                f"of it: the names are {', '.join(path for _, path in weight_paths(model))}."
            )
        if self.second is not None and self.second == self.first:
            raise ValueError(
                f"`first` and `second` must be two sets of weights; received {self.first!r} twice."
            )
        self._first = named_weights(model, "first", self.first)
        self._second = Variables(self.copies)
        if self.second is not None:
            self._second = named_weights(model, "second", self.second)
        shapes = [[tuple(v.shape) for v in side] for side in (self._first, self._second)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                "`first` and `second` must have weights of the same shapes, in order; "
                f"received shapes {shapes[0]} and {shapes[1]}."
            )

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        at = loss.step.positions

        def value(variable: Any) -> Tensor:
            known = id(variable) in at
            return point.weights[at[id(variable)]] if known else ops.convert_to_tensor(variable)

        pairs = zip(self._first, self._second, strict=True)
        moving = [pair for pair in pairs if any(id(variable) in at for variable in pair)]
        return squared_distance([(value(a), value(b)) for a, b in moving])

    def _copy(self, name: str, value: np.ndarray) -> keras.Variable:
        return self.add_weight(
            name=name,
            shape=value.shape,
            initializer=lambda shape, dtype: ops.convert_to_tensor(value, dtype=dtype),
            trainable=False,
            autocast=False,
        )

    def get_config(self) -> dict[str, Any]:
        shapes = {"shapes": [list(copy.shape) for copy in self.copies]}
        second = shapes if self.second is None else self.second
        return {"first": self.first, "second": second, **super().get_config()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ParameterTying:
        second = config["second"]
        if isinstance(second, dict):  # the values are loaded with the weights
            second = [np.zeros(shape, "float32") for shape in second["shapes"]]
        return cls(**{**config, "second": second})


def squared_distance(pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Returns `Σᵢ ‖wᵢᴬ − wᵢᴮ‖²`, in float32."""
    differences = [ops.cast(a, "float32") - ops.cast(b, "float32") for a, b in pairs]
    return backend.sum_of_squares(differences) if differences else ops.zeros(())


def _variables(second: Any) -> list[Any]:
    if isinstance(second, keras.layers.Layer):
        weights = [variable for variable, _ in weight_paths(second)]
        if not weights:
            raise ValueError(
                f"`second` must be built and have weights; received {second.name!r} without any."
            )
        return weights
    if isinstance(second, keras.Variable):
        return [second]
    if isinstance(second, list | tuple) and second:
        return [_finite(validation.instance("second", each, np.ndarray)) for each in second]
    raise ValueError(
        "`second` must be a name, a variable, a layer, a model or a list of arrays; "
        f"received {second!r}."
    )


def _finite(array: np.ndarray) -> np.ndarray:
    if not np.isfinite(array).all():
        raise ValueError(
            f"`second` must hold finite numbers; received an array of shape {array.shape} with "
            "NaN or infinite ones."
        )
    return array
