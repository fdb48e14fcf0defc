"""The loss of sparse dictionaries, and what they log."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import keras
from keras import ops

from keras_regzoo.models.running_variation import RunningVariation
from keras_regzoo.objectives.criterion import Criterion
from keras_regzoo.objectives.loss import Tensor, Terms
from keras_regzoo.strengths import add_strength

NAME = "dictionary_loss"


class DictionaryCriterion(Criterion):
    """`‖x − x̂‖²` and what a kind of dictionary adds (abstract).

    Fill in `losses`. Logs, of training and of evaluation, `reconstruction` (`‖x − x̂‖²`), `l0`
    (active latents an example), `explained_variance` and `dead_fraction`.

    Args:
        taps: The symbolic `code`, of shape (batch, latents), and what `losses` needs beside it.
        inputs: Length of an input.
        terms: The names of further numbers that `losses` gives.
    """

    def __init__(self, taps: dict[str, Any], inputs: int, terms: tuple[str, ...] = ()) -> None:
        super().__init__(taps, ("reconstruction", "l0", *terms), NAME)
        self._sizes = (inputs, taps["code"].shape[-1])

    @abstractmethod
    def losses(
        self, inner: dict[str, Any], difference: Tensor, error: Tensor, training: bool
    ) -> tuple[Tensor, Terms]:
        """Returns the loss of each example, and the further terms.

        Args:
            inner: The values of the taps, in float32.
            difference: `x − x̂`, of shape (batch, inputs).
            error: Its squared norm, of shape (batch,).
            training: Whether it is trained on, or reported.
        """

    def evaluate(
        self, inner: dict[str, Any], y: Any, outputs: Any, training: bool
    ) -> tuple[Tensor, Terms]:
        inner = {name: ops.cast(value, "float32") for name, value in inner.items()}
        x = ops.cast(y, "float32")
        difference = x - ops.cast(outputs, "float32")
        error = ops.sum(ops.square(difference), axis=-1)
        losses, further = self.losses(inner, difference, error, training)
        active = ops.cast(inner["code"] > 0, "float32")
        terms = {
            "reconstruction": error,
            "l0": ops.sum(active, axis=-1),
            ExplainedVariance.NAME: ops.concatenate([x, error[:, None]], axis=-1),
            DeadFraction.NAME: active,
        }
        return losses, {**terms, **further}

    def trackers(self) -> list[keras.metrics.Metric]:
        inputs, latents = self._sizes
        return [*super().trackers(), ExplainedVariance(inputs), DeadFraction(latents)]


class TopKCriterion(DictionaryCriterion):
    """`‖x − x̂‖² + α ‖e − ê‖²`, the second term in training where a dead latent is positive."""

    def __init__(self, taps: dict[str, Any], inputs: int, auxiliary: float) -> None:
        super().__init__(taps, inputs, ("auxiliary",))
        self.auxiliary = add_strength(self, "auxiliary", auxiliary, "[0, inf)")

    def losses(
        self, inner: dict[str, Any], difference: Tensor, error: Tensor, training: bool
    ) -> tuple[Tensor, Terms]:
        made = inner["dead_part"]
        left = ops.sum(ops.square(ops.stop_gradient(difference) - made), axis=-1)
        left = ops.where(ops.any(ops.not_equal(made, 0.0)), left, ops.zeros_like(left))
        losses = error + self.auxiliary * left if training else error
        return losses, {"auxiliary": left}


class JumpReLUCriterion(DictionaryCriterion):
    """`‖x − x̂‖² + λ ‖z‖₀`, in training and in evaluation."""

    def __init__(self, taps: dict[str, Any], inputs: int, strength: float) -> None:
        super().__init__(taps, inputs)
        self.strength = add_strength(self, "strength", strength, "[0, inf)")

    def losses(
        self, inner: dict[str, Any], difference: Tensor, error: Tensor, training: bool
    ) -> tuple[Tensor, Terms]:
        return error + self.strength * ops.sum(inner["gate"], axis=-1), {}


class ExplainedVariance(RunningVariation):
    """`1 − Σ ‖x − x̂‖² / Σ ‖x − x̄‖²`, over the examples since it was reset.

    Args:
        inputs: Length of x.
    """

    NAME = "explained_variance"

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, self.NAME)
        self.errors = self.add_variable((), "zeros", name="errors")

    def update_state(self, inputs_and_errors: Any) -> None:
        """Takes rows of an example's inputs and, last, its squared error."""
        rows = ops.cast(inputs_and_errors, self.dtype)
        self.take(rows[:, :-1])
        self.errors.assign_add(ops.sum(rows[:, -1]))

    def result(self) -> Any:
        _, variation = self.variation()
        return 1.0 - self.errors / ops.maximum(ops.sum(variation), keras.config.epsilon())


class DeadFraction(keras.metrics.Metric):
    """The share of the latents that no example since it was reset has activated.

    Args:
        latents: Their number.
    """

    NAME = "dead_fraction"

    def __init__(self, latents: int) -> None:
        super().__init__(name=self.NAME)
        self.uses = self.add_variable((latents,), "zeros", name="uses")

    def update_state(self, active: Any) -> None:
        self.uses.assign_add(ops.sum(ops.cast(active, self.dtype), axis=0))

    def result(self) -> Any:
        return ops.mean(ops.cast(self.uses <= 0.0, self.dtype))
