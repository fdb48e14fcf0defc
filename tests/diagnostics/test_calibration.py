"""Log loss and calibration against scikit-learn, a direct sum over bins, and closed forms."""

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from keras_regzoo.diagnostics import (
    calibration,
    expected_calibration_error,
    negative_log_likelihood,
)
from keras_regzoo.diagnostics.calibration import log_softmax
from keras_regzoo.diagnostics.measures import Scale, measure
from tests.diagnostics.figures import is_cut_off

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


def test_log_loss_of_huge_logits_is_finite():
    found = calibration([[0.0, 800.0], [3.0, 3.0]], [0, 1], from_logits=True)
    assert found.negative_log_likelihood == pytest.approx((800 + np.log(2)) / 2)
    assert calibration([-800.0], [1], from_logits=True).negative_log_likelihood == 800
    assert calibration([0.0], [1]).negative_log_likelihood == np.inf


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


def test_scores_equal_scikit_learns(predictions):
    probabilities, labels = predictions
    found = calibration(probabilities, labels)
    options = {"labels": range(4)}
    assert found.accuracy == accuracy_score(labels, probabilities.argmax(axis=1))
    expected = log_loss(labels, probabilities, **options)
    assert found.negative_log_likelihood == pytest.approx(expected)
    expected = brier_score_loss(labels, probabilities, scale_by_half=False, **options)
    assert found.brier_score == pytest.approx(expected)


@pytest.mark.parametrize("bins", [4, 10])
def test_reliability_equals_scikit_learns_calibration_curve(predictions, bins):
    probabilities, labels = predictions
    found = calibration(probabilities, labels, bins)
    correct = probabilities.argmax(axis=1) == labels
    accuracy, confidence = calibration_curve(correct, probabilities.max(axis=1), n_bins=bins)
    filled = found.counts > 0
    assert not filled[0]  # the largest of four probabilities is at least a quarter
    assert np.isnan(found.accuracies[~filled]).all() and np.isnan(found.confidences[~filled]).all()
    np.testing.assert_allclose(found.accuracies[filled], accuracy)
    np.testing.assert_allclose(found.confidences[filled], confidence)
    shares = found.counts[filled] / len(labels)
    error = np.sum(shares * np.abs(accuracy - confidence))
    assert found.expected_calibration_error == pytest.approx(error)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_column_is_the_probability_of_class_one(shape):
    rng = np.random.default_rng(1)
    probability, labels = rng.uniform(size=50), rng.integers(2, size=50)
    found = calibration(probability.reshape(shape), labels)
    assert found.brier_score == pytest.approx(2 * brier_score_loss(labels, probability))
    assert found.accuracy == np.mean((probability > 0.5) == labels)


@pytest.mark.parametrize(("units", "activation"), [(3, softmax), (1, lambda z, axis: expit(z))])
def test_a_models_logits_are_made_probabilities(units, activation):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units)])
    rng = np.random.default_rng(2)
    x, labels = rng.normal(size=(40, 2)).astype("float32"), rng.integers(2, size=40)
    expected = calibration(activation(model.predict(x, verbose=0), axis=-1), labels)
    found = calibration(model, labels, x=x, from_logits=True, batch_size=16)
    assert found.negative_log_likelihood == pytest.approx(expected.negative_log_likelihood)
    assert found.brier_score == pytest.approx(expected.brier_score)


def test_figure_shows_the_accuracy_and_the_share_of_each_bin(predictions):
    found = calibration(*predictions, bins=5)
    figure = found.figure()
    above, below = figure.axes
    heights = [bar.get_height() for bar in above.patches]
    np.testing.assert_allclose(heights, found.accuracies)
    assert sum(bar.get_height() for bar in below.patches) == pytest.approx(1)
    assert f"ECE {found.expected_calibration_error:.3f}" in above.get_title(loc="left")
    assert not is_cut_off(figure)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"predictions": [["much", "little"]]}, "`predictions` must be an array of numbers"),
        ({"predictions": [[2.0, -1.0]]}, "at least 0 and sum to 1"),
        ({"predictions": [[np.nan, 0.5]]}, "at least 0 and sum to 1"),
        ({"labels": [2]}, "from 0 to 1"),
        ({"labels": [0, 1]}, "shape"),
        ({"bins": 0}, "`bins`"),
        ({"x": [[1.0]]}, "`x` must be None"),
        ({"from_logits": "yes"}, "`from_logits`"),
        ({"batch_size": 0}, "`batch_size`"),
    ],
)
def test_bad_arguments_of_calibration_are_one_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        calibration(**{"predictions": [[0.5, 0.5]], "labels": [0], **arguments})


def test_a_model_needs_inputs():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="`x` must be given"):
        calibration(model, [0])


def test_measured_bins_hold_every_prediction_and_give_the_error(predictions):
    probabilities, labels = predictions
    measured = measure(np.log(probabilities), labels, Scale(None))
    bins = {name: np.array(values) for name, values in measured["reliability"].items()}
    assert bins["count"].sum() == len(labels)
    assert bins["correct"].sum() == pytest.approx(len(labels) * (1 - measured["error"]))
    gaps = np.abs(bins["correct"] - bins["confidence"])
    assert gaps.sum() / len(labels) == pytest.approx(measured["ece"])
