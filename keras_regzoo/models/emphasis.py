"""The emphasis of denoising autoencoders on what was corrupted."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_regzoo.example_losses import unreduced
from keras_regzoo.masking import along
from keras_regzoo.objectives.encoder import Encoder
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms, aggregate
from keras_regzoo.objectives.objective import Objective

_ELEMENTWISE = (
    keras.losses.MeanSquaredError,
    keras.losses.MeanAbsoluteError,
    keras.losses.BinaryCrossentropy,
)


class Emphasis(Objective):
    """Weighs the errors of corrupted elements by α, and those of the others by β.

        L' = L + mean (w − 1) ℓ(x, x̂),   w_j = α where x_j was corrupted, else β

    Corrupted is what the layer has changed, and what it has overwritten with what was there: what
    it gives for another x as well, with the same draws.

    Args:
        corruption: Name of the layer that makes x̃ of x.
        alpha: α, at least 0.
        beta: β, at least 0.
    """

    def __init__(self, corruption: str, alpha: float, beta: float) -> None:
        super().__init__("emphasis", alpha=(alpha, "[0, inf)"), beta=(beta, "[0, inf)"))
        self._corruption = corruption

    @property
    def terms(self) -> tuple[str, ...]:
        return ()

    def attach(self, model: keras.Model) -> None:
        found = Encoder(model, self._corruption)
        self._corrupted = lambda: found

    @property
    def taps(self) -> list[Any]:
        return self._corrupted().taps

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        made = keras.losses.get(loss) if isinstance(loss, str) else loss
        known = [kind for kind in _ELEMENTWISE if isinstance(made, kind)]
        functions = (
            keras.losses.mean_squared_error,
            keras.losses.mean_absolute_error,
            keras.losses.binary_crossentropy,
        )
        mean = getattr(made, "reduction", "sum_over_batch_size") == "sum_over_batch_size"
        if not mean or not (known or made in functions):
            raise ValueError(
                "`loss` must be the mean of one number for each element where there is an "
                "`emphasis`: 'mse', 'mae' or 'binary_crossentropy', or an object of theirs; "
                f"received {loss!r}."
            )
        self._loss: Any = unreduced(made)

    def check_weights(self, loss_weights: Any) -> None:
        if loss_weights is not None:
            raise ValueError(
                "`loss_weights` must be left out where there is an `emphasis`, whose two numbers "
                f"weigh the loss; received {loss_weights!r}."
            )

    def _is_corrupted(self, loss: Loss, point: Point) -> Tensor:
        corrupted = self._corrupted().at(loss, point)
        clean = ops.cast(keras.tree.flatten(point.x)[0], corrupted.dtype)
        clean = ops.reshape(clean, ops.shape(corrupted))  # a last axis of one may be left out
        other = ops.where(clean == 0, ops.ones_like(clean), -clean)
        overwritten = self._corrupted()(loss.step, point.weights, other) == corrupted
        return ops.logical_or(corrupted != clean, overwritten)

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def emphasized(point: Point) -> tuple[Tensor, Terms]:
            value, terms = loss.evaluate(point)
            share = ops.cast(self._is_corrupted(loss, point), "float32")
            outputs = ops.cast(loss.outputs(point.weights, point.x), "float32")
            targets = ops.cast(point.y, "float32")
            errors = self._loss(targets[..., None], outputs[..., None])
            excess = (share * self.alpha + (1.0 - share) * self.beta - 1.0) * errors
            each = ops.mean(excess, axis=-1)
            if point.sample_weight is not None:
                each = each * ops.cast(along(point.sample_weight, len(each.shape)), each.dtype)
            added = aggregate(ops.mean(each))
            return value + ops.cast(added, value.dtype), terms

        return loss.then(emphasized)
