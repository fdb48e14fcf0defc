"""What a model scores on examples, in an order in which two models can be matched."""

from __future__ import annotations

from typing import Any

import keras

from keras_regzoo.callbacks.monitor import metrics_of
from keras_regzoo.quiet import QUIET


def scores_of(
    model: keras.Model, x: Any, y: Any, sample_weight: Any = None, batch_size: int | None = None
) -> dict[str, float]:
    """Returns what `evaluate` finds, in the model's order of metrics.

    Keras numbers names anew in each model, as in `auc_1`.

    Args:
        model: A compiled model.
        x: Inputs.
        y: Targets.
        sample_weight: Weights of the examples.
        batch_size: Examples at a time; Keras's by default.
    """
    options: dict[str, Any] = {"batch_size": batch_size, "verbose": QUIET, "return_dict": True}
    scores = model.evaluate(x, y, sample_weight=sample_weight, **options)
    order = {metric.name: index for index, metric in enumerate(metrics_of(model))}
    return {name: scores[name] for name in sorted(scores, key=lambda n: order.get(n, len(order)))}
