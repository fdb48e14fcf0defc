"""Examples without a label, among those of a supervised `fit`."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree

from keras_regzoo.masking import along
from keras_regzoo.objectives.data_loss import altered, function_name
from keras_regzoo.objectives.loss import Tensor


def labelled(y: Any, loss: Any) -> Tensor:
    """Returns which examples have a label, as booleans of the shape of their losses.

    Args:
        y: Class numbers of shape `(batch, ...)` or `(batch, ..., 1)`, where -1 marks a missing
            label, or one-hot rows of shape `(batch, ..., K)`, where a row of zeros does.
        loss: What `compile(loss=...)` was given: a sparse or binary cross-entropy has class
            numbers, a categorical one rows, and of any other the targets are rows if their last
            axis is longer than 1.

    Raises:
        ValueError: If there are several targets, or none, or several binary ones an example.
    """
    targets = tree.flatten(y)
    if len(targets) != 1 or targets[0] is None:
        raise ValueError(
            "`y` must be one target, in which -1 or a row of zeros marks an example without a "
            f"label; received {len([each for each in targets if each is not None])} targets."
        )
    target = ops.convert_to_tensor(targets[0])
    kind = function_name(loss)
    wide = len(target.shape) > 1 and target.shape[-1] != 1
    if wide and kind.startswith("binary"):
        raise ValueError(
            "`y` must have a last axis of 1 where labels may be missing and the loss is a binary "
            "cross-entropy, since classes must exclude each other; "
            f"received shape {tuple(target.shape)}."
        )
    if wide and not kind.startswith("sparse"):
        return ops.any(ops.not_equal(target, 0), axis=-1)
    if len(target.shape) > 1 and not wide:
        target = ops.squeeze(target, axis=-1)
    return ops.not_equal(target, -1)


def without_unlabelled(y: Any, sample_weight: Any, known: Tensor) -> tuple[Any, Tensor]:
    """Returns targets any loss can take, and sample weights of 0 where there is no label.

    Args:
        y: Targets, some of them missing.
        sample_weight: Weights of the examples, or of their parts, or `None`.
        known: Where they are `labelled`.
    """
    weight = ops.cast(known, keras.config.floatx())
    if sample_weight is not None:
        (given,) = tree.flatten(sample_weight)
        weight = weight * ops.cast(along(given, len(weight.shape)), weight.dtype)
    return tree.map_structure(
        lambda target: ops.where(along(known, len(target.shape)), target, 0), y
    ), weight


def update_metrics(compiled: Any, y: Any, y_pred: Any, sample_weight: Any, loss: Any) -> None:
    """Updates compiled metrics with the labelled examples alone.

    Args:
        compiled: What Keras made of `compile(metrics=..., weighted_metrics=...)`.
        y: Targets, some of them missing.
        y_pred: Predictions.
        sample_weight: Weights of the examples, or `None`.
        loss: What `compile(loss=...)` was given.
    """
    if not compiled.built:
        compiled.build(y, y_pred)
    none = [None] * len(compiled._flat_metrics)
    known = labelled(y, loss)
    for metrics, weights in (
        (compiled._flat_metrics, None),
        (compiled._flat_weighted_metrics, sample_weight),
    ):
        masked = altered(compiled, _flat_metrics=none, _flat_weighted_metrics=metrics)
        targets, weight = without_unlabelled(y, weights, known)
        masked.update_state(targets, y_pred, weight)
