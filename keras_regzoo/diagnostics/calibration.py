"""How good predicted probabilities are: their log loss and their calibration."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_regzoo import validation


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


def expected_calibration_error(probabilities: Any, labels: Any, bins: int = 15) -> float:
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
    validation.integer("bins", bins, "[1, inf)")
    probabilities, labels = _checked(probabilities, labels)
    confidence = probabilities.max(axis=-1)
    correct = probabilities.argmax(axis=-1) == labels
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(index, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


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
