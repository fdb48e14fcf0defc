"""What is measured of a trained network: error, log loss and calibration on each set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_regzoo.diagnostics.calibration import log_softmax, reliability

CHUNK = 1024


class Scale:
    """How regression targets are standardized for training, and errors brought back.

    Args:
        targets: The training targets of a regression, or `None` for classes.
    """

    def __init__(self, targets: np.ndarray | None) -> None:
        self.regression = targets is not None
        values = np.zeros(1) if targets is None else targets.astype(np.float64)
        self.mean, self.stddev = float(np.mean(values)), float(np.std(values)) or 1.0

    def __call__(self, targets: np.ndarray) -> np.ndarray:
        """Returns the targets that a network is trained on."""
        if not self.regression:
            return targets
        return ((targets - self.mean) / self.stddev).astype(np.float32)[:, None]


def predict(model: keras.Model, x: np.ndarray, chunk: int) -> np.ndarray:
    """Returns the model's outputs for `x`, computed in chunks of one size.

    The last chunk is filled up, so that the step is compiled for one shape only.
    """
    outputs = []
    for start in range(0, len(x), chunk):
        part = x[start : start + chunk]
        filled = np.concatenate([part, np.repeat(part[:1], chunk - len(part), axis=0)])
        outputs.append(np.asarray(model.predict_on_batch(filled))[: len(part)])
    return np.concatenate(outputs)


def measure(outputs: np.ndarray, y: np.ndarray, scale: Scale) -> dict[str, Any]:
    """Returns error, loss and calibration of predictions for the targets `y`.

    Args:
        outputs: Logits of shape `(n, classes)`, or standardized values of shape `(n, 1)`.
        y: Class numbers, or values in their own unit; of shape `(n,)`.
        scale: The standardization of the training targets.

    Returns:
        `error`: the fraction wrong, or the root mean squared error in the targets' unit; `loss`:
        the mean log loss in nats, or the mean squared error of standardized values; of classes
        `ece` and, as lists, the `reliability` it was computed from. Where an output is not finite,
        training has diverged: each is `None`, and there is no `reliability`.
    """
    names: dict[str, Any] = {"error": None, "loss": None}
    if not scale.regression:
        names["ece"] = None
    if not np.all(np.isfinite(outputs)):
        return names
    if scale.regression:
        squared = float(np.mean(np.square(outputs.astype(np.float64) - scale(y))))
        return {"error": float(np.sqrt(squared)) * scale.stddev, "loss": squared}
    log_probabilities = log_softmax(outputs)
    calibration = reliability(np.exp(log_probabilities), y)
    return {
        "error": float(np.mean(outputs.argmax(axis=-1) != y)),
        "loss": float(-log_probabilities[np.arange(len(y)), y].mean()),
        "ece": calibration.expected_error,
        "reliability": {name: part.tolist() for name, part in calibration._asdict().items()},
    }
