"""Mean teacher: targets from a running average of the weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo.backend import copy_model, move_average
from keras_regzoo.objectives.loss import Loss, Tensor
from keras_regzoo.objectives.two_views import TwoViews
from keras_regzoo.registration import register


@register
class MeanTeacher(TwoViews):
    """Penalizes how much the predictions differ from those of a teacher, the average of the past.

        L'(w) = L(w; x̂) + λ / (B K) Σᵢ ‖p(x̂ᵢ; w, η) − p(x̃ᵢ; w̄, η̃)‖²
        w̄ ← α_t w̄ + (1 − α_t) w,   α_t = min(1 − 1/(t + 1), α)

    p are the predicted probabilities of K classes, w̄ the teacher's weights, t the number of
    training steps before this one: w̄ is the mean of all past weights at first, and later forgets
    with rate α. The average is taken as a step begins, so the last step's weights enter with the
    next one. The passes of student and teacher differ in their dropout masks too, in the noise
    on the inputs (x̂ = g(x) + σ ε, x̃ alike) and in what the augmentation g draws. No gradient
    reaches the teacher. All examples count alike, whatever their sample weights; of a sequence,
    what the Keras mask of the student's outputs keeps.

    An integer label of -1, or a one-hot row of zeros, marks an unlabelled example: it enters this
    penalty, but neither the supervised loss nor the metrics. Active in training alone; each step
    takes one forward pass more, and the model's weights once more in memory.

    `teacher` is a model like the base with the averaged weights (and averaged batch statistics),
    as a rule the better one to use: compile it to evaluate it. The averages are saved with the
    wrapped model. They are kept in float32.

    It is *not* the averaging of an optimizer (`use_ema`): that teaches nothing.

    Args:
        strength: λ, at least 0 (where it adds nothing). May be scheduled, and should rise slowly
            from 0. Default 1.
        decay: α, in [0, 1]. May be scheduled: on SVHN the paper takes 0.99 while λ rises, 0.999
            after. With 1 the teacher is the mean of all past weights. Default 0.99.
        stddev: σ, the standard deviation of Gaussian noise on floating-point inputs, in their
            units, at least 0; integer inputs get none. May be scheduled. Default 0; the paper's
            0.15 is for images of variance 1.
        augmentation: g, a `keras.layers.Layer` without trainable weights that keeps the shape of
            a single floating-point input, such as `keras.layers.RandomTranslation`, or `None`.
        from_logits: Whether outputs are logits; `None` for what the compiled loss says.
        seed: Integer, or `None`, for the noise; the augmentation has a seed of its own.
        name: Name in logs and paths. Logs the added term.

    Takes any inputs, of any shapes, batch first; the output is of shape `(batch, ..., K)`, or
    `(batch, ..., 1)` for two classes.

    Raises:
        ValueError: If an argument is out of its range; if it is given to a second model; if the
            augmentation does not fit the model's inputs, or has trainable weights; at `compile`,
            if `from_logits` is `None` and the loss is no cross-entropy; at the first step, if
            there are several outputs or targets.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    >>> mean_teacher = keras_regzoo.objectives.MeanTeacher(10.0, stddev=0.1)
    >>> wrapped = keras_regzoo.RegularizedModel(model, [mean_teacher])
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> x, y = np.ones((8, 4)), np.array([0, 1, 2, -1, -1, -1, -1, -1])
    >>> history = wrapped.fit(x, y, epochs=3, verbose=0)
    >>> mean_teacher.teacher.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    >>> loss, accuracy = mean_teacher.teacher.evaluate(x[:3], y[:3], verbose=0)

    Reference: Tarvainen & Valpola (2017), Mean Teachers are Better Role Models, sec. 2, eq. 1;
    the rule for α_t is that of the authors' code.
    """

    def __init__(
        self,
        strength: float = 1.0,
        decay: float = 0.99,
        stddev: float = 0.0,
        augmentation: Any = None,
        from_logits: bool | None = None,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        within = (decay, "[0, 1]")
        super().__init__(strength, stddev, augmentation, from_logits, seed, name, decay=within)
        self.steps = self._average("steps", (), "int32")
        self.averages: list[keras.Variable] = []
        self._models: _Models | None = None

    def attach(self, model: keras.Model) -> None:
        super().attach(model)
        self._models = _Models(model)
        if self.averages:  # of the model before it was built anew
            self.steps.assign(0)
        self.averages = [self._average(v.name, v.shape) for v in floating(model)]

    def begin(self, weights: list[Tensor]) -> list[Tensor]:
        """Moves the averages on, once a step, and returns those of the trainable weights."""
        base = self._attached().base
        values = dict(zip(map(id, base.trainable_variables), weights, strict=True))
        decay = ramped(self.decay, self.steps)
        moved = {}
        for average, variable in zip(self.averages, floating(base), strict=True):
            value = values.get(id(variable), variable.value)
            moved[id(variable)] = move_average(average, ops.stop_gradient(value), decay)
        self.steps.assign(self.steps + 1)
        return [ops.cast(moved[id(v)], v.dtype) for v in base.trainable_variables]

    def target(self, loss: Loss, weights: list[Tensor], x: Any, begun: list[Tensor]) -> Any:
        outputs = loss.step.forward(begun, x, draw=1).outputs
        return tree.map_structure(ops.stop_gradient, outputs)

    @property
    def teacher(self) -> keras.Model:
        """The teacher, one model of its own, with the averages as they are when it is asked for.

        Before the first step it is a copy of the base.

        Raises:
            ValueError: If the model to be taught is not built yet, or Keras cannot copy it.
        """
        models = self._attached()
        sources = self.averages if int(self.steps) else floating(models.base)
        for variable, source in zip(floating(models.teacher), sources, strict=True):
            variable.assign(np.array(ops.convert_to_numpy(source.value)))  # never the same buffer
        return models.teacher

    def _attached(self) -> _Models:
        if self._models is None:
            raise ValueError(
                f"{self.name!r} must be in a `RegularizedModel` that is built to have a teacher."
            )
        return self._models

    def _average(self, name: str, shape: tuple, dtype: str = "float32") -> keras.Variable:
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=dtype,
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )


class _Models:
    """The model that is taught and its teacher, whose variables are not the objective's own."""

    def __init__(self, base: keras.Model) -> None:
        self.base = base
        self._teacher: keras.Model | None = None

    @property
    def teacher(self) -> keras.Model:
        if self._teacher is None:
            self._teacher = copy_model(self.base)
        return self._teacher


def floating(model: keras.Model) -> list[keras.Variable]:
    """Returns the variables that can be averaged: seeds and counters cannot."""
    return [v for v in model.variables if "float" in keras.backend.standardize_dtype(v.dtype)]


def ramped(decay: Tensor | float, step: Tensor | int) -> Tensor:
    """Returns `α_t = min(1 − 1/(t + 1), α)`: 0 at the first step, where t is 0."""
    return ops.minimum(1.0 - 1.0 / (ops.cast(step, "float32") + 1.0), decay)
