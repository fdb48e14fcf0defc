"""The penalties of regularized autoencoders: of the code's size, and of the decoder's slope."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import PureView, State, sum_of_squares
from keras_regzoo.objectives.encoder import Encoder
from keras_regzoo.objectives.hutchinson import ProbedJacobian, random_signs
from keras_regzoo.objectives.loss import Loss, Point, Tensor
from keras_regzoo.objectives.objective import Penalty
from keras_regzoo.objectives.weight_penalty import WeightPenalty


class CodeNorm(Penalty):
    """`½ ‖z‖²`, a mean over the batch."""

    def attach(self, model: keras.Model) -> None:
        self._found = Encoder(model)

    @property
    def taps(self) -> list[Any]:
        return self._found.taps

    def penalty(self, loss: Loss, point: Point, draw: Any) -> Tensor:
        codes = ops.cast(self._found.at(loss, point), "float32")
        return 0.5 * sum_of_squares(codes) / ops.cast(ops.shape(codes)[0], "float32")


class DecoderDecay(WeightPenalty):
    """`Σ W²` of the decoder's kernels, those it shares with the encoder among them."""

    def __init__(self, decoder: keras.Model, strength: float, name: str) -> None:
        super().__init__(keras.regularizers.L2(1.0), strength, name)
        self._decoder = lambda: decoder

    def attach(self, model: keras.Model) -> None:
        decoder = self._decoder()
        if not any(len(each.shape) > 1 for each in decoder.trainable_variables):
            raise ValueError(
                "`decoder` must have kernels to train for penalty='l2'; received "
                f"{decoder.name!r}, which has none."
            )
        super().attach(decoder)


class DecoderJacobian(Penalty):
    """`‖∂g(z)/∂z‖²_F` at the codes, a mean over the batch, by Hutchinson's estimate.

    Args:
        decoder: g, whose outputs have the shape of the model's inputs.
        strength: At least 0.
        probes: Number of random directions.
        seed: Integer, or `None`.
        name: Name in logs and paths.
    """

    def __init__(
        self, decoder: keras.Model, strength: float, probes: int, seed: int | None, name: str
    ) -> None:
        super().__init__(strength, name)
        self._decoder = lambda: decoder
        self.probes = probes
        self.seed_generator = keras.random.SeedGenerator(validation.seed(seed))

    def attach(self, model: keras.Model) -> None:
        self._found = Encoder(model)
        self._view = PureView(self._decoder())

    @property
    def taps(self) -> list[Any]:
        return self._found.taps

    def draw(self, weights: list[Tensor], x: Any) -> list[Tensor]:
        (leaf,) = tree.flatten(x)
        return [random_signs(ops.shape(leaf), self.seed_generator) for _ in range(self.probes)]

    def penalty(self, loss: Loss, point: Point, draw: list[Tensor]) -> Tensor:
        values = self._found.values(loss.step, point.weights)
        decoder = self._view.layer
        own = [values[id(variable)] for variable in decoder.trainable_variables]
        others = [values[id(variable)] for variable in decoder.non_trainable_variables]
        state = State(others, loss.step.state.generator)
        jacobian = ProbedJacobian(lambda z: self._view(own, state, z, training=True).outputs, draw)
        return jacobian.squared_norm(jacobian(self._found.at(loss, point)))
