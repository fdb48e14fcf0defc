"""Virtual adversarial training."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import normal, value_and_grad
from keras_regzoo.masking import kept_mean, mask_of, zeroed
from keras_regzoo.objectives.adversarial_training import normalize
from keras_regzoo.objectives.data_loss import require_cross_entropy
from keras_regzoo.objectives.inputs import known_inputs, require_floating
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Objective, Penalty
from keras_regzoo.registration import register


@register
class VirtualAdversarialTraining(Penalty):
    """Penalizes how much the predictions change in the direction in which they change most (VAT).

        L'(w) = L(w) + λ/B Σᵢ KL[p(y | xᵢ) ‖ p(y | xᵢ + rᵢ)]
        rᵢ = ε gᵢ / ‖gᵢ‖₂,   gᵢ = ∇_r KL[p(y | xᵢ) ‖ p(y | xᵢ + r)] at r = ξ ‖xᵢ‖₂ dᵢ

    dᵢ is a random unit vector, and each further iteration of the power method puts `gᵢ / ‖gᵢ‖₂` in
    its place: r approaches the leading eigenvector of the divergence's Hessian. `p(y | xᵢ)` and
    rᵢ count as constants. In nats; all examples count alike, whatever their sample weights; of a
    sequence, what the Keras mask of the clean pass keeps. An
    integer label of -1, or a one-hot row of zeros, marks an unlabelled example: it enters this
    penalty, but neither the supervised loss nor the metrics. Active in training alone. A step takes
    one more forward and input-gradient pass for each iteration, and one more training pass, all
    with the step's dropout masks; batch statistics are updated by the clean pass.

    Logs the added term.

    It is *not* `AdversarialTraining`, which needs labels and moves inputs to where the loss is
    larger.

    Args:
        radius: ε, the Euclidean length of r, in units of the inputs, at least 0 (where it changes
            nothing). May be scheduled. Default 1. The one value that must be searched for.
        strength: λ, at least 0. May be scheduled. Default 1, the paper's.
        iterations: K, the number of power iterations, at least 1. Default 1, the paper's.
        xi: ξ, the relative length of the finite difference; by default the square root of the
            machine epsilon of the model's compute dtype, 3.5e-4 in float32. The paper's 1e-6 is
            near the rounding error of probabilities in float32.
        from_logits: Whether outputs are logits; `None` for what the compiled loss says.
        seed: Integer, or `None` for a seed of its own.
        name: Name in logs and paths.

    Takes a single floating-point input of any shape, batch first; the outputs are of shape
    `(batch, ..., classes)`, or `(batch, ..., 1)` for two classes.

    Raises:
        ValueError: If an argument is out of its range; at `compile`, if `from_logits` is `None` and
            the loss is no cross-entropy; if the model is fed several inputs or integers (at the
            first step, where it does not tell its inputs before) or has several outputs.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    >>> smooth = keras_regzoo.objectives.VirtualAdversarialTraining(0.5)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [smooth])
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> history = wrapped.fit(np.ones((8, 4)), np.arange(8) % 3, verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'loss', 'virtual_adversarial_training']

    Reference: Miyato, Maeda, Koyama & Ishii (2019), Virtual Adversarial Training: A Regularization
    Method for Supervised and Semi-Supervised Learning, sec. 3.3 and algorithm 1.
    """

    takes_unlabelled = True

    def __init__(
        self,
        radius: float = 1.0,
        strength: float = 1.0,
        iterations: int = 1,
        xi: float | None = None,
        from_logits: bool | None = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(strength, name, radius=(radius, "[0, inf)"))
        self.iterations = validation.integer("iterations", iterations, "[1, inf)")
        self.xi = xi if xi is None else validation.number("xi", xi, "(0, inf)")
        self.from_logits = validation.one_of("from_logits", from_logits, (None, False, True))
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def attach(self, model: keras.Model) -> None:
        require_floating(known_inputs(model), "VirtualAdversarialTraining", single=True)

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        if self.from_logits is None:
            require_cross_entropy(loss, "VirtualAdversarialTraining")

    def draw(self, weights: list[Tensor], x: Any) -> Tensor:
        require_floating(x, "VirtualAdversarialTraining", single=True)
        return normal(ops.shape(tree.flatten(x)[0]), self.seed_generator)

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        def log_p(x: Any) -> Tensor:
            return loss.log_probabilities(loss.outputs(point.weights, x), self.from_logits)

        clean = ops.stop_gradient(log_p(point.x))
        mask = mask_of(loss.outputs(point.weights, point.x))
        x = ops.stop_gradient(tree.flatten(point.x)[0])
        xi = self.xi or machine_epsilon(loss.step.view.layer.compute_dtype) ** 0.5
        length = lengths(x)
        step = ops.cast(xi, x.dtype) * ops.where(length > 0, length, ops.ones_like(length))
        direction = normalize(ops.cast(draw, x.dtype))

        def at(r: Tensor) -> Any:
            return tree.pack_sequence_as(point.x, [x + r])

        def divergence(r: Tensor) -> Tensor:
            return ops.sum(zeroed(kullback_leibler(clean, log_p(at(r))), mask))

        for _ in range(self.iterations):
            _, gradient = value_and_grad(divergence)(step * direction)
            direction = normalize(gradient)
        moved = at(ops.cast(self.radius, x.dtype) * ops.stop_gradient(direction))
        return kept_mean(kullback_leibler(clean, log_p(moved)), mask)

    def get_config(self) -> dict[str, Any]:
        names = ("iterations", "xi", "from_logits", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def kullback_leibler(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Returns `Σ_k p_k (log p_k − log q_k)` over the last axis, in nats."""
    return ops.sum(ops.exp(log_p) * (log_p - log_q), axis=-1)


def lengths(x: Tensor) -> Tensor:
    """Returns the Euclidean norm of each example, of a shape that broadcasts over it."""
    axes = tuple(range(1, len(x.shape)))
    return ops.sqrt(ops.sum(ops.square(x), axis=axes, keepdims=True))


def machine_epsilon(dtype: str) -> float:
    """Returns the distance from 1 to the next number of a floating-point type."""
    return 2.0**-7 if dtype == "bfloat16" else float(np.finfo(dtype).eps)
