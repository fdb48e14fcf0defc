"""How recipes judge codes, and images drawn from a model, and what they compare them with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_regzoo import data, validation


def linear_accuracy(
    images: data.Dataset, codes: Callable[[np.ndarray], np.ndarray], labelled: int, seed: int
) -> float:
    """Returns the test accuracy of a logistic regression on the codes of a few labelled images.

    Args:
        images: The images, of which `labelled` are taken from the training part.
        codes: Returns the codes of images, a row each.
        labelled: Labelled images, at most; they are standardized as a whole.
        seed: Of which images are taken.
    """
    few = images.with_training_size(min(labelled, len(images.x_train)), seed)
    train, test = codes(few.x_train), codes(images.x_test)
    center, scale = train.mean(axis=0), train.std() + 1e-12
    known, asked = (train - center) / scale, (test - center) / scale
    return logistic_score(known, few.y_train, asked, images.y_test)


def logistic_score(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """Returns the accuracy of a logistic regression on other examples than it is fitted to."""
    linear = validation.extra("sklearn.linear_model", "recipes", "A classifier")
    judge = linear.LogisticRegression(max_iter=2000).fit(x.reshape(len(x), -1), y)
    return float(judge.score(x_test.reshape(len(x_test), -1), y_test))


def principal_components(x: np.ndarray, count: int) -> Any:
    """Returns scikit-learn's `PCA` of rows, exact, by the covariance where it is the smaller."""
    decomposition = validation.extra("sklearn.decomposition", "recipes", "PCA")
    solver = "covariance_eigh" if len(x) > x.shape[1] else "full"
    return decomposition.PCA(count, svd_solver=solver).fit(x)


def drawn_distances(drawn: np.ndarray, images: data.Dataset) -> dict[str, float]:
    """Returns how far images drawn from a model are from real ones, and real ones from them.

    `off_data` is the mean over the images drawn of the mean squared difference from the nearest
    training image: how little they look like any. `uncovered` is that of test images from the
    nearest image drawn: what the model does not draw.
    """
    return {
        "off_data": _mean_distance(drawn, images.x_train),
        "uncovered": _mean_distance(images.x_test, drawn),
    }


def _mean_distance(images: np.ndarray, to: np.ndarray) -> float:
    metrics = validation.extra("sklearn.metrics", "recipes", "A distance to images")
    rows, known = (each.reshape(len(each), -1).astype("float64") for each in (images, to))
    _, nearest = metrics.pairwise_distances_argmin_min(rows, known, metric="sqeuclidean")
    return float(np.mean(nearest) / rows.shape[1])
