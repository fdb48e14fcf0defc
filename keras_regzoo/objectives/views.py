"""Noisy and augmented views of a batch, drawn once a step."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import PureView, State, normal
from keras_regzoo.objectives.inputs import known_inputs, require_floating
from keras_regzoo.objectives.loss import Tensor


class View(NamedTuple):
    """The random numbers of one view of a batch.

    Attributes:
        noise: For each input a standard normal tensor; `None` for integers.
        state: The state of the augmentation, or `None`.
    """

    noise: list[Tensor | None]
    state: State | None


class Views:
    """Makes pairs of views for an objective: augmented, and then with noise.

    Args:
        objective: The name of the objective's class.
        augmentation: Layer, or `None`.
        stddev: The variable of the noise's standard deviation.
        seed_generator: Of the noise.
    """

    def __init__(
        self,
        objective: str,
        augmentation: Any,
        stddev: keras.Variable,
        seed_generator: keras.random.SeedGenerator,
    ) -> None:
        if augmentation is not None:
            validation.instance("augmentation", augmentation, keras.layers.Layer)
        self._objective = objective
        self._augmentation = augmentation
        self._stddev = stddev
        self._seed_generator = seed_generator
        self._augment: PureView | None = None

    def attach(self, model: keras.Model) -> None:
        """Builds the augmentation for a model's inputs, and looks whether it can be used."""
        if self._augmentation is not None:
            inputs = known_inputs(model)
            self._require_one_image(inputs)
            self._augment = PureView(_built(self._augmentation, inputs))

    def draw(self, x: Any) -> tuple[View, View]:
        """Returns the random numbers of two views of `x`."""
        first, second = self._noise(x), self._noise(x)
        states: tuple[Any, Any] = (None, None)
        if self._augment is not None:
            self._require_one_image(x)
            states = _two_states(self._augment, tree.flatten(x)[0])
        return View(first, states[0]), View(second, states[1])

    def view(self, drawn: View, x: Any) -> Any:
        """Returns `x`, augmented and then with noise."""
        leaves = tree.flatten(x)
        if self._augment is not None and drawn.state is not None:
            (image,) = leaves
            made = self._augment([], drawn.state, image, training=True).outputs
            leaves = [ops.cast(made, image.dtype)]
        return tree.pack_sequence_as(
            x,
            [
                leaf if noise is None else leaf + ops.cast(self._stddev * noise, leaf.dtype)
                for leaf, noise in zip(leaves, drawn.noise, strict=True)
            ],
        )

    def _noise(self, x: Any) -> list[Tensor | None]:
        return [
            normal(ops.shape(leaf), self._seed_generator)
            if "float" in keras.backend.standardize_dtype(leaf.dtype)
            else None
            for leaf in tree.flatten(x)
        ]

    def _require_one_image(self, x: Any) -> None:
        require_floating(x, f"{self._objective} with an augmentation", single=True)


def _built(augmentation: keras.layers.Layer, inputs: list[Any]) -> keras.layers.Layer:
    """Builds the augmentation for a model's inputs, and looks whether it can be used."""
    if not augmentation.built:
        if not inputs:
            raise ValueError(
                "`augmentation` must be built where the model does not tell its inputs; "
                f"received {augmentation.name!r}, which is not."
            )
        augmentation.build(inputs[0].shape)
    if augmentation.trainable_variables:
        raise ValueError(
            "`augmentation` must have no trainable weights; "
            f"received {augmentation.name!r}, which has {len(augmentation.trainable_variables)}."
        )
    if inputs:
        fed = keras.Input(batch_shape=inputs[0].shape, dtype=inputs[0].dtype)
        made = augmentation(fed)
        if tuple(made.shape) != tuple(fed.shape):
            raise ValueError(
                f"`augmentation` must keep the inputs' shape, {tuple(fed.shape)}; "
                f"received {augmentation.name!r}, which makes {tuple(made.shape)} of it."
            )
    return augmentation


def _two_states(augment: PureView, image: Tensor) -> tuple[State, State]:
    """Returns two states of the augmentation with different seeds, and moves its own on."""
    state = augment.state()
    augment.assign(augment([], state, image, training=True).updates, state)
    return state, augment.reseed(state, 1)
