"""How good predicted probabilities are: their log loss and their calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_regzoo import validation
from keras_regzoo.diagnostics.figure_style import GRID, INK, LINE, MUTED, despine, new_figure
from keras_regzoo.quiet import QUIET
from keras_regzoo.training.examples import as_arrays

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


@dataclass(frozen=True)
class Calibration:
    """How good predicted probabilities are, and how sure they are where they are right.

    Attributes:
        accuracy: Share of the examples whose label has the largest probability.
        negative_log_likelihood: Mean of −log p(label), in nats.
        brier_score: Mean of Σₖ (pₖ − [label = k])², from 0 to 2; with two classes it is twice
            the score of the probability of one of them.
        expected_calibration_error: Mean gap between confidence and accuracy over the bins.
        edges: Edges of the bins of confidence, of shape `(bins + 1,)`.
        counts: Examples in each bin, of shape `(bins,)`.
        confidences: Their mean confidence in each bin, NaN where it is empty.
        accuracies: The share that is right in each bin, NaN where it is empty.
    """

    accuracy: float
    negative_log_likelihood: float
    brier_score: float
    expected_calibration_error: float
    edges: np.ndarray
    counts: np.ndarray
    confidences: np.ndarray
    accuracies: np.ndarray

    def figure(self) -> Any:
        """Returns the reliability diagram: accuracy by confidence, above the bins' shares.

        A bin below the diagonal is right less often than it says: overconfident.

        Raises:
            ImportError: If matplotlib is not installed.
        """
        figure = new_figure(4.6, 5.2)
        above, below = figure.subplots(2, sharex=True, height_ratios=(4, 1))
        width = np.diff(self.edges)
        left = self.edges[:-1]
        above.bar(left, self.accuracies, width, align="edge", color=LINE, ec="white", alpha=0.6)
        above.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1)
        above.plot(self.confidences, self.accuracies, color=INK, marker="o", markersize=4, lw=1)
        above.set(xlim=(0, 1), ylim=(0, 1))
        below.bar(left, self.counts / self.counts.sum(), width, align="edge", color=MUTED, ec="w")
        scores = (
            f"accuracy {self.accuracy:.3f}   NLL {self.negative_log_likelihood:.3f}   "
            f"ECE {self.expected_calibration_error:.3f}   Brier {self.brier_score:.3f}"
        )
        above.set_title(scores, fontsize=8.5, color=INK, loc="left")
        for axes, label in ((above, "accuracy"), (below, "share")):
            axes.set_ylabel(label, fontsize=9.5, color=INK)
            axes.grid(color=GRID, linewidth=0.8)
            despine(axes, ("top", "right"))
        below.set_xlabel("confidence", fontsize=9.5, color=INK)
        return figure


def calibration(
    predictions: Any,
    labels: Any,
    bins: int = BINS,
    x: Any = None,
    from_logits: bool = False,
    batch_size: int = 256,
) -> Calibration:
    """Returns how good predicted probabilities are, and whether they mean what they say.

        NLL = −mean log p(label),   Brier = mean Σₖ (pₖ − [label = k])²,
        ECE = Σₘ |Bₘ| / n · |accuracy(Bₘ) − confidence(Bₘ)|

    NLL and Brier are proper scores: in expectation the true probabilities are best, and both
    reward accuracy too. ECE is *not*: predicting the classes' shares everywhere has none.

    Args:
        predictions: Predicted probabilities, of shape `(n, classes)`, each row summing to 1; or
            of shape `(n,)` or `(n, 1)`, those of class 1 of two. Or a `keras.Model` that predicts
            such for `x`.
        labels: Class numbers, integers of shape `(n,)`.
        bins: Number of bins of confidence, as in `expected_calibration_error`, at least 1.
        x: Inputs of the model, batch first, an array or a list or dict of such; `None` with
            probabilities.
        from_logits: Whether predictions are logits instead: their softmax, or of one column the
            sigmoid, is taken.
        batch_size: Examples that a model predicts at a time, at least 1.

    Raises:
        ValueError: If an argument is not as described.

    Example:

    >>> found = keras_regzoo.diagnostics.calibration([[0.9, 0.1], [0.2, 0.8]], [0, 0])
    >>> round(found.accuracy, 2), round(found.brier_score, 2)  # (0.02 + 1.28) / 2
    (0.5, 0.65)

    References: Brier (1950), Verification of forecasts expressed in terms of probability, eq. 2;
    Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks, ICML, sec. 2.
    """
    validation.integer("bins", bins, "[1, inf)")
    validation.integer("batch_size", batch_size, "[1, inf)")
    validation.instance("from_logits", from_logits, bool)
    if isinstance(predictions, keras.Model):
        if x is None:
            raise ValueError("`x` must be given with a model as `predictions`; received x=None.")
        predictions = predictions.predict(as_arrays("x", x), batch_size, QUIET)
    elif x is not None:
        raise ValueError("`x` must be None unless `predictions` is a model; received both.")
    scores = _of_each_class(_numbers("predictions", predictions), from_logits)
    logarithms = log_softmax(scores) if from_logits else _logarithms(scores)
    probabilities, labels = _checked(np.exp(logarithms) if from_logits else scores, labels)
    found = reliability(probabilities, labels, bins)
    filled = np.where(found.count > 0, found.count, np.nan)
    hit = np.eye(probabilities.shape[1])[labels]
    return Calibration(
        float((probabilities.argmax(axis=-1) == labels).mean()),
        _mean_negative(logarithms, labels),
        float(np.square(probabilities - hit).sum(axis=-1).mean()),
        found.expected_error,
        np.linspace(0, 1, bins + 1),
        found.count,
        found.confidence / filled,
        found.correct / filled,
    )


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
    return _mean_negative(_logarithms(probabilities), labels)


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


def _of_each_class(predictions: np.ndarray, from_logits: bool) -> np.ndarray:
    """Returns probabilities, or logits, of shape (n, classes); a single column becomes two."""
    if predictions.ndim == 1 or predictions.shape[1:] == (1,):
        other = 0 * predictions if from_logits else 1 - predictions
        predictions = np.stack([other.reshape(-1), predictions.reshape(-1)], axis=-1)
    return predictions


def _logarithms(probabilities: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):  # of numbers that are no probabilities
        return np.log(probabilities)


def _mean_negative(logarithms: np.ndarray, labels: np.ndarray) -> float:
    return float(-logarithms[np.arange(len(labels)), labels].mean())


def _numbers(name: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be an array of numbers; {error}.") from error


def _checked(probabilities: Any, labels: Any) -> tuple[np.ndarray, np.ndarray]:
    probabilities, labels = _numbers("probabilities", probabilities), np.asarray(labels)
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
