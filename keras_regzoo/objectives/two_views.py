"""What the objectives share that compare the predictions for two noisy views of each example."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_regzoo import validation
from keras_regzoo.masking import kept_mean, mask_of
from keras_regzoo.objectives.data_loss import require_cross_entropy
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms, aggregate
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.objectives.views import View, Views


class Draw(NamedTuple):
    """The random numbers of a step: of both views, and what the targets need of its start."""

    first: View
    second: View
    begun: Any


class TwoViews(Objective, ABC):
    """Adds `strength` times the mean squared difference between two predictions (abstract).

    The loss, and so the first prediction, is taken at the first view; its Keras mask says what
    counts. Fill in `begin` and `target`.

    Args:
        strength: At least 0.
        stddev: Standard deviation of the inputs' noise, at least 0.
        augmentation: Layer, or `None`.
        from_logits: Whether outputs are logits; `None` for what the compiled loss says.
        seed: Integer, or `None`.
        name: Name in logs and paths.
    """

    takes_unlabelled = True

    def __init__(
        self,
        strength: float,
        stddev: float,
        augmentation: Any,
        from_logits: bool | None,
        seed: int | None,
        name: str | None,
        **strengths: tuple[float, str],
    ) -> None:
        within = "[0, inf)"
        super().__init__(name, strength=(strength, within), stddev=(stddev, within), **strengths)
        self.augmentation = augmentation
        self.from_logits = validation.one_of("from_logits", from_logits, (None, False, True))
        self.seed = validation.seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self._views = Views(type(self).__name__, augmentation, self.stddev, self.seed_generator)

    @abstractmethod
    def begin(self, weights: list[Tensor]) -> Any:
        """Returns what `target` needs, at the start of a step and outside of every gradient."""

    @abstractmethod
    def target(self, loss: Loss, weights: list[Tensor], x: Any, begun: Any) -> Any:
        """Returns the outputs that those at `weights` are compared with, for the view `x`."""

    def attach(self, model: keras.Model) -> None:
        self._views.attach(model)

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        if self.from_logits is None:
            require_cross_entropy(loss, type(self).__name__)

    def draw(self, weights: list[Tensor], x: Any) -> Draw:
        return Draw(*self._views.draw(x), self.begin(weights))

    def move(self, draw: Draw, weights: list[Tensor], x: Any) -> tuple[list[Tensor], Any]:
        return weights, self.view(draw.first, x)

    def transform(self, loss: Loss, draw: Draw) -> Loss:
        def probabilities(outputs: Any) -> Tensor:
            return ops.exp(loss.log_probabilities(outputs, self.from_logits))

        def consistent(point: Point) -> tuple[Tensor, Terms]:
            weights, x = loss.step.once(self.move, draw, point.weights, point.x)
            other = loss.step.once(self.view, draw.second, point.x)
            value, terms = loss.evaluate(point._replace(weights=weights, x=x))
            outputs = loss.outputs(weights, x)
            made = probabilities(outputs)
            target = probabilities(self.target(loss, weights, other, draw.begun))
            error = kept_mean(ops.square(made - target), mask_of(outputs))
            term = aggregate(self.strength * error)
            return value + ops.cast(term, value.dtype), {**terms, self.name: term}

        return loss.then(consistent)

    def view(self, drawn: View, x: Any) -> Any:
        """Returns `x`, augmented and then with noise."""
        return self._views.view(drawn, x)

    def get_config(self) -> dict[str, Any]:
        layer = self.augmentation
        return {
            **super().get_config(),
            "augmentation": layer and keras.saving.serialize_keras_object(layer),
            "from_logits": self.from_logits,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TwoViews:
        layer = config["augmentation"]
        layer = layer and keras.saving.deserialize_keras_object(layer)
        return cls(**{**config, "augmentation": layer})
