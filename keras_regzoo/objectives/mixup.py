"""Mixup: training on convex combinations of pairs of examples."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import uniform
from keras_regzoo.objectives.data_loss import SPARSE, function_name
from keras_regzoo.objectives.inputs import known_inputs, require_floating
from keras_regzoo.objectives.loss import Tensor
from keras_regzoo.objectives.objective import BatchTransform, Objective
from keras_regzoo.registration import register

HARD_LOSSES = (SPARSE, "hinge", "squared_hinge", "categorical_hinge")  # of labels, not of shares


@register
class Mixup(BatchTransform):
    """Trains on convex combinations of pairs of examples and of their targets.

        x̃ = λ x + (1 − λ) x_π,   ỹ = λ y + (1 − λ) y_π,   λ' ~ Beta(α, α),   λ = max(λ', 1 − λ')

    One λ and one random permutation π of the batch are drawn for each step. Taking the larger of
    λ' and 1 − λ' only says which example of a pair is called the first, so each row's own label is
    the dominant one, and training metrics compare with it. Targets are mixed as above where they
    are floating-point, examples have no weights and the compiled loss takes what lies between two
    labels: a sparse cross-entropy and the hinge losses do not. Elsewhere the two losses are, each
    with the weights of its examples: `λ L(f(x̃), y) + (1 − λ) L(f(x̃), y_π)`, which is the same for a
    cross-entropy. Active in training alone; costs no pass of its own.

    It is *not* `keras.layers.MixUp`, which takes images with float labels in a dict.

    Args:
        alpha: α, at least 0 (where it changes nothing); near 0 mixes little, 1 uniformly. May be
            scheduled. Default 0.2; the paper suggests 0.1 to 0.4 on ImageNet, 1 on CIFAR.
        seed: Integer, or `None` for a seed of its own.
        name: Name in paths.

    Takes any number of floating-point inputs and any targets, of any shapes, batch first. Adds no
    term to the logs.

    Raises:
        ValueError: If `alpha` is negative or not a number; if an input is not floating-point (at
            the first step, where the model does not tell its inputs before).

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    >>> wrapped = keras_regzoo.RegularizedModel(model, [keras_regzoo.objectives.Mixup(0.2)])
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> history = wrapped.fit(np.ones((8, 4)), np.arange(8) % 3, verbose=0)

    Reference: Zhang, Cisse, Dauphin & Lopez-Paz (2018), mixup: Beyond Empirical Risk
    Minimization, sec. 2 and fig. 1.
    """

    def __init__(
        self, alpha: float = 0.2, seed: int | None = None, name: str | None = None
    ) -> None:
        super().__init__(name, alpha=(alpha, "[0, inf)"))
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self._mixes_losses = False

    def attach(self, model: keras.Model) -> None:
        require_floating(known_inputs(model), "Mixup")

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        self._mixes_losses = any(function_name(each) in HARD_LOSSES for each in tree.flatten(loss))

    def draw(self, weights: list[Tensor], x: Any) -> tuple[Tensor, Tensor]:
        require_floating(x, "Mixup")
        examples = ops.shape(tree.flatten(x)[0])[0]
        uniforms = uniform((2,), self.seed_generator)
        order = uniform((examples,), self.seed_generator)
        return dominant_share(self.alpha, uniforms), ops.argsort(order)

    def transform_inputs(self, x: Any, draw: Any) -> Any:
        return tree.map_structure(lambda leaf: _mix(leaf, draw), x)

    def transform_targets(self, y: Any, sample_weight: Any, draw: Any) -> list[tuple]:
        share, permutation = draw
        floating = all(leaf is None or _is_floating(leaf) for leaf in tree.flatten(y))
        if floating and sample_weight is None and not self._mixes_losses:
            return [(1.0, tree.map_structure(lambda leaf: _mix(leaf, draw), y), None)]
        partner = tree.map_structure(
            lambda leaf: None if leaf is None else ops.take(leaf, permutation, axis=0),
            (y, sample_weight),
        )
        return [(share, y, sample_weight), (1.0 - share, *partner)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


def dominant_share(alpha: Tensor | float, uniforms: Tensor) -> Tensor:
    """Returns `max(λ, 1 − λ)` with `λ ~ Beta(α, α)`, from two independent uniforms on [0, 1).

    The symmetric beta in one line (Devroye 1996, Random variate generation in one line of code):
    `λ = ½ ± ½ / √(1 + 1 / ((U^(−1/α) − 1) cos² 2πV))`. No sampler of a gamma or beta compiles
    under XLA on TensorFlow. At α = 0 the share is 1.
    """
    power = -ops.log(ops.maximum(uniforms[0], 1e-30)) / ops.maximum(alpha, 1e-30)
    odds = ops.expm1(ops.minimum(power, 80.0)) * ops.square(ops.cos(2 * math.pi * uniforms[1]))
    return 0.5 + 0.5 * ops.where(alpha > 0, ops.sqrt(odds / (1.0 + odds)), 1.0)


def _mix(leaf: Tensor | None, draw: tuple[Tensor, Tensor]) -> Tensor | None:
    if leaf is None:
        return None
    share = ops.cast(draw[0], leaf.dtype)
    return share * leaf + (1 - share) * ops.take(leaf, draw[1], axis=0)


def _is_floating(leaf: Tensor) -> bool:
    return "float" in keras.backend.standardize_dtype(leaf.dtype)
