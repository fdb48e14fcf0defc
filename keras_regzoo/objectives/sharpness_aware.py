"""Sharpness-aware minimization."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class SharpnessAware(Objective):
    """Minimizes the worst loss in a small ball around the weights (SAM).

    The loss and its gradient are taken at the ascended weights `w + ε̂`:

        ε̂(w) = ρ ∇L(w) / ‖∇L(w)‖₂
        ∇L'(w) ≈ ∇L(w) at w + ε̂(w)

    The norm is over all trainable weights together, and `ε̂` counts as a constant: the derivative
    of the ascent is dropped, as in the paper. Active in training alone. Each step takes two
    forward and two backward passes; both see the same dropout masks. Under a `tf.distribute`
    strategy each replica ascends on its own share of the batch.

    Logs the sharpness `L(w + ε̂) − L(w)`.

    It is *not* weight noise: the direction is the worst one, not a random one.

    Args:
        radius: ρ, the radius of the ball in the Euclidean norm of the weights, at least 0 (where
            it changes nothing). May be scheduled. Default 0.05, the paper's.
        name: Name in logs and paths.

    Takes any inputs and targets, of any shapes.

    Raises:
        ValueError: If `radius` is negative or not a number.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     model, [keras_regzoo.objectives.SharpnessAware(0.05)]
    ... )
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'loss', 'sharpness_aware']

    Reference: Foret, Kleiner, Mobahi & Neyshabur (2021), Sharpness-Aware Minimization for
    Efficiently Improving Generalization, eq. 2 and 3, algorithm 1.
    """

    retakes = True

    def __init__(self, radius: float = 0.05, name: str | None = None) -> None:
        super().__init__(name, radius=(radius, "[0, inf)"))

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def sharpness_aware(point: Point) -> tuple[Tensor, Terms]:
            value, terms, gradient = loss.gradient(point)
            ascended = ascend(point.weights, gradient, self.radius)
            worst, _ = loss.evaluate(point._replace(weights=ascended))
            return worst, {**terms, self.name: worst - value}

        return loss.then(sharpness_aware)


def ascend(weights: list[Tensor], gradient: list[Tensor], radius: Tensor | float) -> list[Tensor]:
    """Returns `w + radius · g / ‖g‖₂`, the norm over all tensors together; `w` where g is 0."""
    squared = sum(ops.sum(ops.square(ops.cast(g, "float32"))) for g in gradient)
    scale = radius * ops.rsqrt(ops.maximum(squared, 1e-30))
    return [
        w + ops.cast(scale, w.dtype) * ops.cast(g, w.dtype)
        for w, g in zip(weights, gradient, strict=True)
    ]
