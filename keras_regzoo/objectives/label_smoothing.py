"""Label smoothing, for integer labels too."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

from keras_regzoo.objectives.data_loss import (
    CROSS_ENTROPIES,
    function_name,
    losses_of,
    names_of,
    option,
    outputs_of,
)
from keras_regzoo.objectives.loss import Loss, Point, Tensor, Terms
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.registration import register

SOFT_LOSSES = (*CROSS_ENTROPIES, "kl_divergence", "mean_squared_error")


@register
class LabelSmoothing(Objective):
    """Mixes the targets of a classifier with the uniform distribution over its K classes.

        ỹ = (1 − ε) y + ε / K

    Integer labels are made one-hot first, and a sparse cross-entropy takes the smoothed ones as
    they are. Under a binary cross-entropy each output is the probability of the second of K = 2
    classes, however many outputs there are. Active in training alone: validation compares with the
    labels as they are. Costs no pass.

    It is *not* the `label_smoothing` of `keras.losses.CategoricalCrossentropy`, which takes no
    integer labels, cannot be scheduled, and acts in `evaluate` too.

    Args:
        smoothing: ε, in [0, 1); 0 changes nothing. May be scheduled. Default 0.1, the paper's.
        name: Name in paths.

    Takes targets of shape `(batch, ..., K)`, or class numbers of shape `(batch, ...)` or
    `(batch, ..., 1)`, for outputs of shape `(batch, ..., K)`; the same for each of several outputs
    that has a loss. A class number below 0 or not below K makes the loss NaN. Adds no term to the
    logs.

    Raises:
        ValueError: If `smoothing` is not a number in [0, 1); at `compile`, if another objective or
            the loss itself smooths the labels already, or a loss of Keras's is neither a
            cross-entropy nor `"kl_divergence"` nor `"mse"`, or leaves out a class by
            `ignore_class`; in training, if a target is missing or has another shape, a single
            output a loss of Keras's that is no binary cross-entropy, or class numbers a loss of
            one's own.

    Example:

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    >>> wrapped = keras_regzoo.RegularizedModel(
    ...     model, [keras_regzoo.objectives.LabelSmoothing(0.1)]
    ... )
    >>> wrapped.compile("sgd", "sparse_categorical_crossentropy")
    >>> history = wrapped.fit(np.ones((8, 4)), np.arange(8) % 3, verbose=0)

    Reference: Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the Inception
    Architecture for Computer Vision, sec. 7.
    """

    def __init__(self, smoothing: float = 0.1, name: str | None = None) -> None:
        super().__init__(name, smoothing=(smoothing, "[0, 1)"))

    @property
    def terms(self) -> tuple[str, ...]:
        return ()

    def attach(self, model: keras.Model) -> None:
        self._outputs = list(getattr(model, "output_names", []))

    def check(self, loss: Any, objectives: list[Objective]) -> None:
        others = [each.name for each in objectives if isinstance(each, LabelSmoothing)]
        if len(others) > 1:
            raise ValueError(
                f"`objectives` must smooth the labels once; received {' and '.join(others)}."
            )
        for each in tree.flatten(loss):
            _require_soft_labels(each)
        self._loss = loss

    def transform(self, loss: Loss, draw: Any) -> Loss:
        names = names_of(loss.step.predicted, self._outputs)
        predicted = tree.flatten(loss.step.predicted)
        losses = losses_of(self._loss, names)

        def smoothed(point: Point) -> tuple[Tensor, Terms]:
            numbers = outputs_of(point.y, names, losses)
            targets = [
                smooth(target, predicted[k].shape, self.smoothing, function_name(losses[k]))
                if k in losses
                else target
                for target, k in zip(tree.flatten(point.y), numbers, strict=True)
            ]
            return loss.evaluate(point._replace(y=tree.pack_sequence_as(point.y, targets)))

        return loss.then(smoothed)


def smooth(target: Tensor, shape: Any, smoothing: Tensor | float, loss: str = "") -> Tensor:
    """Returns a target smoothed for outputs of `shape`.

    Args:
        target: Labels.
        shape: Shape of the outputs.
        smoothing: ε.
        loss: Name of the loss's function.

    Raises:
        ValueError: If the target has neither one number for each class nor class numbers, or the
            loss cannot take it smoothed.
    """
    rank, classes, binary = len(shape), shape[-1], loss.startswith("binary")
    if classes == 1 and loss in SOFT_LOSSES and not binary:
        raise ValueError(
            "`loss` must be a binary cross-entropy for labels of a single output to be smoothed; "
            f"received {loss!r}."
        )
    if len(target.shape) == rank and classes != 1 and target.shape[-1] == 1:
        target = ops.squeeze(target, axis=-1)
    if len(target.shape) == rank - 1 and classes != 1:
        if loss not in SOFT_LOSSES:
            raise ValueError(
                "`loss` must be a cross-entropy of Keras's for class numbers to be smoothed; "
                f"received {loss!r}."
            )
        target = _one_hot(ops.cast(target, "int32"), classes)
    elif target.shape[1:] != shape[1:] and (classes != 1 or target.shape[1:] != shape[1:-1]):
        raise ValueError(
            "`y` must have one class number, or one number for each class, for outputs of shape "
            f"{tuple(shape)}; received shape {tuple(target.shape)}."
        )
    target = ops.cast(target, keras.config.floatx())
    return (1 - smoothing) * target + smoothing / (2 if binary else max(classes, 2))


def _one_hot(numbers: Tensor, classes: int) -> Tensor:
    """Returns NaN for numbers of no class: a compiled step can tell it by its loss alone."""
    known = ops.logical_and(numbers >= 0, numbers < classes)
    rows = ops.one_hot(ops.where(known, numbers, 0), classes, dtype=keras.config.floatx())
    return ops.where(ops.expand_dims(known, -1), rows, float("nan"))


def _require_soft_labels(loss: Any) -> None:
    """Raises a `ValueError` if a single loss is one of Keras's that takes no soft labels."""
    found = keras.losses.get(loss) if isinstance(loss, str) else loss
    home = getattr(getattr(found, "fn", found), "__module__", "")
    if home.startswith("keras.") and function_name(found) not in SOFT_LOSSES:
        raise ValueError(
            f"`loss` must be one that takes smoothed labels ({', '.join(SOFT_LOSSES)}); "
            f"received {loss!r}."
        )
    if option(found, "ignore_class") is not None:
        raise ValueError(
            "`loss` must have no `ignore_class` for labels to be smoothed: sample weights of 0 "
            f"leave examples out as well; received ignore_class={option(found, 'ignore_class')}."
        )
    if option(found, "label_smoothing"):
        raise ValueError(
            "`loss` must have no `label_smoothing` of its own beside this objective; "
            f"received label_smoothing={option(found, 'label_smoothing')}."
        )
