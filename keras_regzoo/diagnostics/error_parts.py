"""The parts of the error of many predictions: bias, variance and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BiasVariance:
    """The parts of an expected error.

    Attributes:
        error: The mean loss over test examples and training sets. It is `bias + variance + noise +
            cross` to the last digit.
        bias: The loss of the main prediction: of the mean over training sets under the squared
            loss, in squared units, where the targets' noise is part of it if it is not known; of
            the commonest class under the 0-1 loss.
        variance: What the training sets add: the mean squared distance from the main prediction;
            under the 0-1 loss how much oftener the single models are wrong than it, which is
            negative where they are right by chance.
        noise: The mean squared distance of the test targets from the truth; 0 if it is not known.
        cross: Twice the mean product of noise and bias, which tends to 0 with more test examples.
        main: The main prediction of each test example.
    """

    error: float
    bias: float
    variance: float
    noise: float
    cross: float
    main: np.ndarray


def squared_parts(outputs: np.ndarray, y: np.ndarray, truth: np.ndarray | None) -> BiasVariance:
    """Returns the parts of the squared error.

    Args:
        outputs: Predictions, of shape (sets, examples, ...).
        y: Targets, of shape (examples, ...).
        truth: Their expected values, of the same shape; `None` where they are not known.

    Raises:
        ValueError: If the shapes differ.
    """
    outputs = outputs.astype("float64")
    expected = y if truth is None else truth
    for name, values in (("y_test", y), ("truth", expected)):
        if values.shape != outputs.shape[1:]:
            raise ValueError(
                f"`{name}` must have the shape of the model's outputs, {outputs.shape[1:]}; "
                f"received {values.shape}."
            )
    main = outputs.mean(axis=0)
    missed, noise = expected - main, y - expected
    return BiasVariance(
        error=float(np.square(y - outputs).mean()),
        bias=float(np.square(missed).mean()),
        variance=float(np.square(outputs - main).mean()),
        noise=float(np.square(noise).mean()),
        cross=float(2 * (missed * noise).mean()),
        main=main,
    )


def zero_one_parts(outputs: np.ndarray, labels: np.ndarray) -> BiasVariance:
    """Returns the parts of the 0-1 loss; of two classes as common the smaller is the main one.

    Args:
        outputs: Scores, of shape (sets, examples, classes), at least two classes.
        labels: The classes, of shape (examples,).

    Raises:
        ValueError: If there is no score for each class.
    """
    if outputs.ndim != 3 or outputs.shape[-1] <= max(1, labels.max()):
        raise ValueError(
            "`build` must return a model with a score for each class under the 0-1 loss, outputs "
            f"of shape (examples, classes); they have the shape {outputs.shape[1:]}, and labels go "
            f"up to {labels.max()}."
        )
    predicted = outputs.argmax(axis=-1)
    votes = np.stack([(predicted == each).sum(axis=0) for each in range(outputs.shape[-1])])
    main = votes.argmax(axis=0)
    wrong = main != labels
    unlike, right = (predicted != main).mean(axis=0), (predicted == labels).mean(axis=0)
    return BiasVariance(
        error=float((predicted != labels).mean()),
        bias=float(wrong.mean()),
        variance=float(np.where(wrong, -right, unlike).mean()),
        noise=0.0,
        cross=0.0,
        main=main,
    )
