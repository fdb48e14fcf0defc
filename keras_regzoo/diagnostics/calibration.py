"""How good predicted probabilities are: their log loss and their calibration."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from keras_regzoo import validation

BINS = 15


class Reliability(NamedTuple):
    """Predictions sorted into bins of equal width by their confidence, their largest probability.

    Attributes:
        count: Number of predictions in each bin.
        correct: How many of them are right.
        confidence: Sum of their confidences.
    """

    count: np.ndarray
    correct: np.ndarray
    confidence: np.ndarray

    @property
    def expected_error(self) -> float:
        """The mean gap between confidence and accuracy: the expected calibration error."""
        return float(np.abs(self.correct - self.confidence).sum() / self.count.sum())


def log_softmax(logits: Any) -> np.ndarray:
    """Returns the logarithms of the softmax of `logits` along the last axis, in float64."""
    logits = np.asarray(logits, np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def negative_log_likelihood(probabilities: Any, labels: Any) -> float:
    """Returns the mean of −log p(label), in nats.

    Args:
        probabilities: Predicted probabilities, of shape `(n, classes)`; each row sums to 1.
        labels: Class numbers, of shape `(n,)`.

    Raises:
        ValueError: If the shapes, the probabilities or the labels are not as described.

    Example:

    >>> from keras_regzoo.diagnostics import negative_log_likelihood
    >>> round(negative_log_likelihood([[0.5, 0.5], [0.25, 0.75]], [0, 1]), 4)
    0.4904
    """
    probabilities, labels = _checked(probabilities, labels)
    with np.errstate(divide="ignore"):
        return float(-np.log(probabilities[np.arange(len(labels)), labels]).mean())


def expected_calibration_error(probabilities: Any, labels: Any, bins: int = BINS) -> float:
    """Returns the mean gap between confidence and accuracy over bins of confidence.

    The confidence of a prediction is its largest probability. With the predictions sorted into
    bins B₁ … B_M of equal width, ECE = Σₘ |Bₘ| / n · |accuracy(Bₘ) − confidence(Bₘ)|. It is 0 for
    a classifier that is right as often as it says, and depends on the number of bins.

    Args:
        probabilities: Predicted probabilities, of shape `(n, classes)`; each row sums to 1.
        labels: Class numbers, of shape `(n,)`.
        bins: Number of bins M, at least 1; bin m is (m / M, (m + 1) / M].

    Returns:
        A fraction in `[0, 1]`.

    Raises:
        ValueError: If an argument is not as described.

    Example:

    >>> from keras_regzoo.diagnostics import expected_calibration_error
    >>> round(expected_calibration_error([[0.9, 0.1], [0.2, 0.8]], [0, 0]), 2)
    0.45

    References: Naeini, Cooper & Hauskrecht (2015), Obtaining well calibrated probabilities using
    Bayesian binning, AAAI; Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural
    networks, ICML, eq. 3.
    """
    return reliability(probabilities, labels, bins).expected_error


def reliability(probabilities: Any, labels: Any, bins: int = BINS) -> Reliability:
    """Returns what a reliability diagram shows: how often predictions are right, by confidence.

    Args:
        probabilities: Predicted probabilities, of shape `(n, classes)`; each row sums to 1.
        labels: Class numbers, of shape `(n,)`.
        bins: Number of bins M, at least 1; bin m is (m / M, (m + 1) / M].

    Raises:
        ValueError: If an argument is not as described.

    Example:

    >>> from keras_regzoo.diagnostics.calibration import reliability
    >>> reliability([[0.9, 0.1], [0.2, 0.8]], [0, 0], bins=10).correct.tolist()
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]

    Reference: Niculescu-Mizil & Caruana (2005), Predicting good probabilities with supervised
    learning, ICML.
    """
    validation.integer("bins", bins, "[1, inf)")
    probabilities, labels = _checked(probabilities, labels)
    confidence = probabilities.max(axis=-1)
    correct = probabilities.argmax(axis=-1) == labels
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return Reliability(
        count=np.bincount(index, minlength=bins),
        correct=np.bincount(index[correct], minlength=bins),
        confidence=np.bincount(index, weights=confidence, minlength=bins),
    )


def _checked(probabilities: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not len(labels):
        raise ValueError(
            "`probabilities` must have the shape (n, classes) and `labels` (n,), n at least 1; "
            f"received {probabilities.shape} and {labels.shape}."
        )
    if not (np.all(probabilities >= 0) and np.allclose(probabilities.sum(axis=-1), 1, atol=1e-4)):
        raise ValueError(
            "`probabilities` must be at least 0 and sum to 1 in each row; received rows with sums "
            f"from {probabilities.sum(axis=-1).min():g} to {probabilities.sum(axis=-1).max():g}."
        )
    classes = probabilities.shape[1]
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"`labels` must be integers from 0 to {classes - 1}; received the dtype "
            f"{labels.dtype} and values from {labels.min()} to {labels.max()}."
        )
    return probabilities, labels
