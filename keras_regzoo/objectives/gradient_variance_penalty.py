"""The gradient-variance penalty: the implicit regularization of minibatches made explicit."""

from __future__ import annotations

from typing import Any

from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.masking import along
from keras_regzoo.objectives.gradient_penalty import GradientPenalty, squared_norm
from keras_regzoo.objectives.input_gradient_penalty import InputGradientPenalty
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register


@register
class GradientVariancePenalty(GradientPenalty):
    """Penalizes how much the gradient differs between parts of the batch.

        L'(w) = L(w) + λ/4 Σ_k p_k ‖∇L_k(w) − ∇L(w)‖₂²,   p_k = B_k / B

    The batch of B examples is split in m microbatches of B_k examples, one in every m after the
    other, whose mean losses are L_k; those that a batch of fewer than m examples leaves empty do
    not count. An epoch of m steps of stochastic gradient descent of learning rate η follows, in the
    mean, the gradient flow of `L + η/4 ‖∇L‖₂²` and this penalty at λ = η. What all
    microbatches share, such as weight penalties and activity losses, has no variance.

    The microbatches are weightings of the same pass: dropout masks and batch statistics are those
    of the whole batch, and other objectives see the whole batch. Active in training alone. A
    step takes one forward pass, one backward pass for each microbatch, and the derivative of all
    of them; without XLA the forward pass is made once for each microbatch too, except on PyTorch.
    Under a `tf.distribute` strategy each replica splits its own share of the batch.

    Logs the added term.

    It is *not* `GradientNormPenalty`, the other part of what small batches add by themselves.

    Args:
        microbatches: m, at least 2. Default 2.
        strength: λ, at least 0 (where it changes nothing), in units of a learning rate. May be
            scheduled. Default 0.1.
        name: Name in logs and paths.

    Takes any inputs and targets, of any shapes, batch first. The compiled loss must give a loss
    for each example (as those of Keras do), with the reduction `"sum_over_batch_size"` (the
    default) or `"sum"`.

    Raises:
        ValueError: If an argument is out of its range; at `compile`, if there is an
            `InputGradientPenalty` before it, whose mean is over the batch and not a microbatch.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     model, [keras_regzoo.objectives.GradientVariancePenalty(microbatches=4)]
    ... )
    >>> wrapped.compile("sgd", "mse")
    >>> history = wrapped.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
    >>> sorted(history.history)
    ['data_loss', 'gradient_variance_penalty', 'loss']

    Reference: Smith, Dherin, Barrett & De (2021), On the Origin of Implicit Regularization in
    Stochastic Gradient Descent, eq. 1, of which it is the part that `GradientNormPenalty` is not.
    """

    def __init__(
        self, microbatches: int = 2, strength: float = 0.1, name: str | None = None
    ) -> None:
        super().__init__(strength, name)
        self.microbatches = validation.integer("microbatches", microbatches, "[2, inf)")

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        others = [each for each in objectives if isinstance(each, InputGradientPenalty)]
        self.check_before(objectives, others, "whose term is no mean over a microbatch")

    def measure(self, loss: Loss, point: Point) -> tuple[Tensor, Terms, Tensor]:
        value, terms = loss.evaluate(point)
        examples = ops.shape(tree.flatten(point.x)[0])[0]
        gradients, shares = [], []
        for mask, share in microbatch_masks(examples, self.microbatches):
            part = point._replace(sample_weight=_weighted(mask, point))
            gradients.append(loss.gradient(part, differentiable=True)[2])
            shares.append(share)
        return value, terms, weighted_variance(gradients, shares) / 4

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "microbatches": self.microbatches}


def microbatch_masks(examples: Any, microbatches: int) -> list[tuple[Tensor, Tensor]]:
    """Returns, for each microbatch, weights of mean 1 that select it, and its share of the batch.

    Args:
        examples: Size of the batch, a number or a scalar tensor.
        microbatches: m; the k-th holds the examples k, k + m, k + 2m, …
    """
    groups = ops.arange(examples, dtype="int32") % microbatches
    total = ops.cast(examples, "float32")
    made = []
    for k in range(microbatches):
        mask = ops.cast(ops.equal(groups, k), "float32")
        size = ops.sum(mask)
        made.append((mask * (total / ops.maximum(size, 1.0)), size / total))
    return made


def weighted_variance(gradients: list[Any], shares: list[Tensor]) -> Tensor:
    """Returns `Σ_k p_k ‖g_k − Σ_j p_j g_j‖₂²`."""
    mean = tree.map_structure(
        lambda *leaves: sum(
            ops.cast(share, leaf.dtype) * leaf for share, leaf in zip(shares, leaves, strict=True)
        ),
        *gradients,
    )
    squares = [
        squared_norm(tree.map_structure(lambda leaf, center: leaf - center, gradient, mean))
        for gradient in gradients
    ]
    return sum(
        ops.cast(share, square.dtype) * square
        for share, square in zip(shares, squares, strict=True)
    )


def _weighted(mask: Tensor, point: Point) -> Any:
    """Returns the sample weights times the mask, or without any the mask."""
    if point.sample_weight is None:
        return mask
    return tree.map_structure(
        lambda leaf: (
            mask if leaf is None else leaf * ops.cast(along(mask, len(leaf.shape)), leaf.dtype)
        ),
        point.sample_weight,
    )
