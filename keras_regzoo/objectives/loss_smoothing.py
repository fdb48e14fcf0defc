"""Loss smoothing: the loss convolved with a Gaussian, for continuation."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import normal
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class LossSmoothing(Objective):
    """Trains the loss blurred by a Gaussian over the weights, for a width that goes to zero.

        L'(w) = E[L(w + σ ε)] ≈ 1/n Σⱼ L(w + σ εⱼ),   εⱼ ~ N(0, I), drawn anew for each step

    The blurred loss, the solution of the diffusion equation at time σ²/2, has fewer minima:
    continuation starts at a large σ and drives it to 0, where the loss is the model's own. To
    second order L' is `L(w) + σ²/2 · tr ∇²L(w)`, exactly so where L is quadratic. The paper finds
    closed forms for its activations; here the expectation is sampled, for any model. Antithetic
    pairs, ε and −ε, cancel the odd orders of the error, the gradient's first. The gradient is
    taken at the perturbed weights and applied to the clean ones. Every trainable weight is
    perturbed, biases and normalization scales too. Active in training alone.

    A step takes n forward and backward passes, with the same dropout masks, and n (with
    pairs n/2) normal numbers for each weight. Where σ is 0 it takes part in no step: the first
    step of `fit` at that width is compiled anew.

    It is *not* `WeightNoise`, which is its single-sample estimate at a width that stays; nor label
    smoothing.

    Args:
        stddev: σ, the standard deviation in units of the weights, at least 0 (where it changes
            nothing). May be scheduled, and is meant to be. Default 0.1.
        samples: n, the number of perturbations, at least 1; even with `antithetic`. Default 2.
        antithetic: Whether the perturbations come in pairs of opposite sign. Default `True`.
        relative: Whether σ is in units of the root mean square of each weight tensor, such
            that every layer is perturbed in proportion to its norm, which counts as a constant. A
            tensor of zeros is then left as it is.
        seed: Integer, or `None` for a seed of its own.
        name: Name in paths.

    Takes any inputs and targets, of any shapes. Adds no term to the logs; those of the loss are
    means over the perturbations.

    Raises:
        ValueError: If an argument is out of its range, or `samples` is odd with `antithetic`.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> smoothing = keras_regzoo.objectives.LossSmoothing(0.3, seed=0)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [smoothing])
    >>> wrapped.compile("sgd", "mse")
    >>> anneal = keras_regzoo.callbacks.Scheduler(
    ...     "loss_smoothing/stddev", lambda epoch: 0.3 * max(0.0, 1 - epoch / 2)
    ... )
    >>> x, y = np.ones((8, 4)), np.ones((8, 1))
    >>> history = wrapped.fit(x, y, epochs=3, callbacks=[anneal], verbose=0)

    Reference: Mobahi (2016), Training Recurrent Neural Networks by Diffusion, sec. 2.
    """

    rests_at_zero = "stddev"

    def __init__(
        self,
        stddev: float = 0.1,
        samples: int = 2,
        antithetic: bool = True,
        relative: bool = False,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name, stddev=(stddev, "[0, inf)"))
        self.samples = validation.integer("samples", samples, "[1, inf)")
        self.antithetic = validation.one_of("antithetic", antithetic, (False, True))
        self.relative = validation.one_of("relative", relative, (False, True))
        if antithetic and samples % 2:
            raise ValueError(
                f"`samples` must be even with antithetic=True; received samples={samples!r}."
            )
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    @property
    def terms(self) -> tuple[str, ...]:
        return ()

    def draw(self, weights: list[Tensor], x: Any) -> list[Tensor]:
        """Returns ε of each perturbation of a step, of all weights in a row."""
        count = sum(math.prod(w.shape) for w in weights)
        if self.antithetic:
            halves = [self.numbers(count) for _ in range(self.samples // 2)]
            return [each for half in halves for each in (half, -half)]
        return [self.numbers(count) for _ in range(self.samples)]

    def move(self, draw: list[Tensor], weights: list[Tensor], x: Any) -> tuple[list[Tensor], Any]:
        return self._perturbed(weights, draw[0]), x

    def transform(self, loss: Loss, draw: list[Tensor]) -> Loss:
        def smoothed(point: Point) -> tuple[Tensor, Terms]:
            weights, x = loss.step.once(self.move, draw, point.weights, point.x)
            moved = [weights, *(self._perturbed(point.weights, noise) for noise in draw[1:])]
            parts = [loss.evaluate(point._replace(weights=each, x=x)) for each in moved]
            return tree.map_structure(lambda *each: sum(each[1:], each[0]) / self.samples, *parts)

        return loss.then(smoothed)

    def numbers(self, count: int) -> Tensor:
        """Returns `count` standard normal numbers."""
        return normal((count,), self.seed_generator)

    def _perturbed(self, weights: list[Tensor], noise: Tensor) -> list[Tensor]:
        return perturb(weights, noise, self.stddev, self.relative)

    def get_config(self) -> dict[str, Any]:
        names = ("samples", "antithetic", "relative", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def perturb(
    weights: list[Tensor], noise: Tensor, stddev: Tensor | float, relative: bool
) -> list[Tensor]:
    """Returns `w + σ s ε`, s being 1 or, if `relative`, the root mean square of each tensor.

    Args:
        weights: The tensors.
        noise: ε, a vector of as many numbers as there are weights.
        stddev: σ.
        relative: Whether σ is in units of each tensor's root mean square.
    """
    perturbed, start = [], 0
    for w in weights:
        size = math.prod(w.shape)
        part = ops.reshape(noise[start : start + size], w.shape)
        start += size
        if relative:
            squares = ops.mean(ops.square(ops.cast(ops.stop_gradient(w), part.dtype)))
            part = part * ops.sqrt(squares)
        perturbed.append(w + ops.cast(stddev * part, w.dtype))
    return perturbed
