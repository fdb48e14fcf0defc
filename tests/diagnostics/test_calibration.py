"""Log loss and calibration against scikit-learn, a direct sum over bins, and closed forms."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from keras_regzoo.diagnostics import expected_calibration_error, negative_log_likelihood
from keras_regzoo.diagnostics.calibration import log_softmax
from keras_regzoo.diagnostics.measures import Scale, measure

pytestmark = pytest.mark.one_backend


@pytest.fixture
def predictions():
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.full(4, 0.5), size=300), rng.integers(4, size=300)


def test_log_loss_equals_scikit_learns(predictions):
    probabilities, labels = predictions
    expected = log_loss(labels, probabilities, labels=range(4))
    assert negative_log_likelihood(probabilities, labels) == pytest.approx(expected)


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_calibration_error_equals_the_sum_over_bins(predictions, bins):
    probabilities, labels = predictions
    confidence, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    expected = 0.0
    for m in range(bins):
        inside = (confidence > m / bins) & (confidence <= (m + 1) / bins)
        if inside.any():
            accuracy = (predicted == labels)[inside].mean()
            expected += inside.mean() * abs(accuracy - confidence[inside].mean())
    assert expected_calibration_error(probabilities, labels, bins) == pytest.approx(expected)


def test_calibration_error_of_certain_predictions_is_their_error():
    certain = np.eye(3)[[0, 1, 2, 0]]
    assert expected_calibration_error(certain, [0, 1, 2, 1]) == pytest.approx(0.25)


def test_calibration_error_vanishes_where_confidence_is_accuracy():
    probabilities = np.repeat([[0.75, 0.25]], 8, axis=0)
    assert expected_calibration_error(probabilities, [0, 0, 0, 0, 0, 0, 1, 1]) == pytest.approx(0)


def test_log_softmax_of_huge_logits_is_finite():
    np.testing.assert_allclose(log_softmax([[1e4, 0.0]]), [[0.0, -1e4]])


@pytest.mark.parametrize(
    ("probabilities", "labels", "sentence"),
    [
        ([[0.9, 0.3]], [0], "sum to 1"),
        ([[0.5, 0.5]], [0, 1], "shape"),
        ([[0.5, 0.5]], [2], "from 0 to 1"),
        ([[0.5, 0.5]], [0.0], "integers"),
    ],
)
def test_bad_arguments_are_one_sentence(probabilities, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        expected_calibration_error(probabilities, labels)


def test_measured_bins_hold_every_prediction_and_give_the_error(predictions):
    probabilities, labels = predictions
    measured = measure(np.log(probabilities), labels, Scale(None))
    bins = {name: np.array(values) for name, values in measured["reliability"].items()}
    assert bins["count"].sum() == len(labels)
    assert bins["correct"].sum() == pytest.approx(len(labels) * (1 - measured["error"]))
    gaps = np.abs(bins["correct"] - bins["confidence"])
    assert gaps.sum() / len(labels) == pytest.approx(measured["ece"])
