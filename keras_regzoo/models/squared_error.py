"""The squared error of an example, a sum over its elements, as a model's own loss."""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from keras_regzoo.objectives.criterion import Criterion
from keras_regzoo.objectives.loss import Tensor, Terms


class SquaredError(Criterion):
    """`‖x − x̂‖²` of each example: Keras's own is a mean over elements, beside which a penalty of
    the code would weigh more with every pixel."""

    def __init__(self) -> None:
        super().__init__({})

    def evaluate(
        self, inner: dict[str, Any], y: Any, outputs: Any, training: bool
    ) -> tuple[Tensor, Terms]:
        size = math.prod(outputs.shape[1:])
        difference = ops.cast(y, "float32") - ops.cast(outputs, "float32")
        return ops.sum(ops.square(ops.reshape(difference, (-1, size))), axis=-1), {}
