"""Adversarial training: FGSM and PGD, in L∞ and L2 balls."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import normal, uniform
from keras_regzoo.objectives.inputs import known_inputs, require_floating
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

NORMS = ("linf", "l2")


@register
class AdversarialTraining(Objective):
    """Trains on inputs moved, within a small ball, to where the loss is larger.

        L'(w) = c L(w, x, y) + (1 − c) L(w, x + δ, y),   ‖δ‖ ≤ ε

    One step is the fast gradient (sign) method, `δ = ε sign ∇ₓL` for L∞ and `δ = ε ∇ₓL / ‖∇ₓL‖₂`
    for L2, the norm of each example. With more it is projected gradient ascent: each step of size
    η goes up and back into the ball. δ counts as a constant. Active in training alone.
    A step takes `steps` forward and input-gradient passes and one training pass, and one more
    where `0 < clean_weight`. All see the same dropout masks; batch statistics are updated by the
    clean pass.

    Logs the adversarial loss, `L(w, x + δ, y)`.

    It is *not* input noise: the direction is the worst one, found from the labels
    (virtual adversarial training needs none).

    Args:
        radius: ε, in units of the inputs, at least 0 (where it changes nothing). May be
            scheduled. Default 0.1; on MNIST in [0, 1] Goodfellow used 0.25 and Madry 0.3, on
            CIFAR 8/255, all L∞.
        norm: `"linf"` or `"l2"`.
        steps: Number of ascent steps, at least 1 (FGSM). Madry used 40 on MNIST and 7 on CIFAR.
        step_size: η; by default ε for one step, and `2.5 ε / steps` for more.
        random_start: Whether to start from a uniformly random point of the ball (Madry) instead of
            the input itself.
        clean_weight: c, in [0, 1]. Default 0.5, Goodfellow's; Madry's is 0.
        valid_range: Pair of the least and greatest value that inputs may take, into which
            adversarial ones are clipped, or `None`.
        seed: Integer, or `None` for a seed of its own; used by `random_start`.
        name: Name in logs and paths.

    Takes a single floating-point input of any shape, batch first, and any targets.

    Raises:
        ValueError: If an argument is out of its range; if the model is fed several inputs or
            integers (at the first step, where it does not tell its inputs before).

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> attack = keras_regzoo.objectives.AdversarialTraining(0.1, valid_range=(0.0, 1.0))
    >>> wrapped = keras_regzoo.RegularizedModel(model, [attack])
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
    >>> sorted(history.history)
    ['adversarial_training', 'data_loss', 'loss']

    Reference: Goodfellow, Shlens & Szegedy (2015), Explaining and Harnessing Adversarial
    Examples, sec. 4 and 6; Madry, Makelov, Schmidt, Tsipras & Vladu (2018), Towards Deep Learning
    Models Resistant to Adversarial Attacks, sec. 2 to 4.
    """

    retakes = True

    def __init__(
        self,
        radius: float = 0.1,
        norm: str = "linf",
        steps: int = 1,
        step_size: float | None = None,
        random_start: bool = False,
        clean_weight: float = 0.5,
        valid_range: tuple[float, float] | None = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name, radius=(radius, "[0, inf)"))
        self.norm = validation.one_of("norm", norm, NORMS)
        self.steps = validation.integer("steps", steps, "[1, inf)")
        if step_size is not None:
            validation.number("step_size", step_size, "(0, inf)")
        self.step_size = step_size
        self.random_start = validation.one_of("random_start", random_start, (False, True))
        self.clean_weight = validation.number("clean_weight", clean_weight, "[0, 1]")
        if valid_range is not None:
            valid_range = validation.value_range("valid_range", valid_range, "(-inf, inf]")
        self.valid_range = valid_range
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def attach(self, model: keras.Model) -> None:
        require_floating(known_inputs(model), "AdversarialTraining", single=True)

    def draw(self, weights: list[Tensor], x: Any) -> Tensor | None:
        require_floating(x, "AdversarialTraining", single=True)
        if not self.random_start:
            return None
        shape, seed = ops.shape(tree.flatten(x)[0]), self.seed_generator
        if self.norm == "linf":
            return 2.0 * uniform(shape, seed) - 1.0
        direction = normalize(normal(shape, seed))
        each = (shape[0],) + (1,) * (len(shape) - 1)
        size = 1
        for length in shape[1:]:
            size *= length
        return direction * uniform(each, seed) ** (1.0 / size)

    def transform(self, loss: Loss, draw: Any) -> Loss:
        def adversarial(point: Point) -> tuple[Tensor, Terms]:
            attacked = point._replace(x=self._attack(loss, point, draw))
            value, _ = loss.evaluate(attacked)
            clean, terms = loss.evaluate(point)
            terms = {**terms, self.name: value}
            if self.clean_weight == 0:
                return value, terms
            return self.clean_weight * clean + (1 - self.clean_weight) * value, terms

        return loss.then(adversarial)

    def _attack(self, loss: Loss, point: Point, start: Tensor | None) -> Any:
        radius = self.radius
        step_size = self.step_size
        if step_size is None:
            step_size = radius if self.steps == 1 else radius * (2.5 / self.steps)
        moved = point.x
        if start is not None:
            moved = tree.map_structure(lambda x: self._valid(x + _like(radius, x) * start), moved)
        for _ in range(self.steps):
            _, _, gradient = loss.gradient(point._replace(x=moved), "x")
            moved = tree.map_structure(
                lambda x, x_moved, g: self._valid(
                    x
                    + project(
                        x_moved + _like(step_size, x) * self._uphill(g) - x, radius, self.norm
                    )
                ),
                point.x,
                moved,
                gradient,
            )
        return moved

    def _uphill(self, gradient: Tensor) -> Tensor:
        return ops.sign(gradient) if self.norm == "linf" else normalize(gradient)

    def _valid(self, x: Tensor) -> Tensor:
        return x if self.valid_range is None else ops.clip(x, *self.valid_range)

    def get_config(self) -> dict[str, Any]:
        names = (
            "norm",
            "steps",
            "step_size",
            "random_start",
            "clean_weight",
            "valid_range",
            "seed",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def project(delta: Tensor, radius: Tensor | float, norm: str) -> Tensor:
    """Returns the nearest point to each example's `delta` in the ball of `radius`."""
    radius = _like(radius, delta)
    if norm == "linf":
        return ops.clip(delta, -radius, radius)
    lengths = ops.sqrt(_squares(delta))
    return delta * ops.minimum(1.0, radius / ops.maximum(lengths, 1e-12))


def normalize(direction: Tensor) -> Tensor:
    """Returns each example's `direction` with Euclidean length 1; 0 where it is 0."""
    largest = ops.max(ops.abs(direction), axis=_axes(direction), keepdims=True)
    direction = direction / ops.maximum(largest, 1e-30)  # so that tiny gradients do not underflow
    return direction / ops.sqrt(ops.maximum(_squares(direction), 1e-30))


def _squares(tensor: Tensor) -> Tensor:
    return ops.sum(ops.square(tensor), axis=_axes(tensor), keepdims=True)


def _axes(tensor: Tensor) -> tuple[int, ...]:
    return tuple(range(1, len(tensor.shape)))


def _like(value: Tensor | float, tensor: Tensor) -> Tensor:
    return ops.cast(value, tensor.dtype)
