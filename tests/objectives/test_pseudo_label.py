"""Pseudo-labels against the closed form of softmax and logistic regression."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import PseudoLabel, SelfPaced
from tests.objectives.networks import X, Y, arrays, linear, numpy_gradient, softmax, train

LABELS = np.where(np.arange(len(Y)) % 3 == 0, Y, -1)
KNOWN = LABELS >= 0


@pytest.mark.parametrize("threshold", [0.0, 0.7])
def test_a_step_is_that_on_the_chosen_classes(threshold):
    """A row below the threshold takes part in nothing: its target is its own prediction."""
    keras.utils.set_random_seed(1)
    model = linear()
    kernel, bias = arrays(model)
    p = softmax(X @ kernel + bias)
    chosen, confident = p.argmax(axis=1), p.max(axis=1) >= threshold
    used = ~KNOWN & confident
    assert used.any()
    assert used.sum() < (~KNOWN).sum() or threshold == 0
    wrapped = RegularizedModel(model, [PseudoLabel(1.0, threshold=threshold)])
    logs = train(wrapped, y=LABELS).history
    penalty = -np.log(p.max(axis=1)[used]).sum() / len(Y)
    plain = -np.log(p[KNOWN, LABELS[KNOWN]]).sum() / len(Y)
    assert logs["pseudo_label"][0] == pytest.approx(penalty, rel=1e-5)
    assert logs["loss"][0] == pytest.approx(plain + penalty, rel=1e-5)
    targets = np.where(used[:, None], np.eye(3)[chosen], p)
    targets = np.where(KNOWN[:, None], np.eye(3)[LABELS], targets)
    slopes = numpy_gradient(kernel, bias, X, targets)
    for old, new, slope in zip([kernel, bias], arrays(model), slopes, strict=False):
        np.testing.assert_allclose(new, old - 0.5 * slope, atol=1e-5)


@pytest.mark.parametrize("logits", [True, False])
def test_one_output_stands_for_two_classes(logits):
    keras.utils.set_random_seed(1)
    activation = None if logits else "sigmoid"
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(1, activation)])
    kernel, bias = arrays(model)
    wrapped = RegularizedModel(model, [PseudoLabel(2.0)])
    y = np.where(KNOWN, Y % 2, -1)
    loss = keras.losses.BinaryCrossentropy(from_logits=logits)
    logs = train(wrapped, y=y[:, None], loss=loss).history
    margin = np.abs(X @ kernel + bias)[:, 0]
    expected = 2.0 * np.where(KNOWN, 0, np.log1p(np.exp(-margin))).mean()
    assert logs["pseudo_label"][0] == pytest.approx(expected, rel=1e-4)


def test_labelled_examples_have_no_pseudo_label():
    history = train(RegularizedModel(linear(), [PseudoLabel(1.0)])).history
    assert history["pseudo_label"] == [0.0]
    assert history["loss"] == history["data_loss"]


@pytest.mark.parametrize("companion", [None, SelfPaced(1e-3)], ids=["weights", "self-paced"])
def test_weights_of_zero_make_no_example_unlabelled(companion):
    objectives = [PseudoLabel(1.0), *([companion] if companion else [])]
    weights = None if companion else KNOWN.astype("float32")
    logs = train(RegularizedModel(linear(), objectives), sample_weight=weights).history
    assert logs["pseudo_label"] == [0.0]


def test_each_tag_of_a_sequence_has_its_own_pseudo_label():
    x = np.stack([X, X[::-1]], axis=1)
    y = np.stack([LABELS, LABELS[::-1]], axis=1)
    model = keras.Sequential([keras.Input((2, 5)), keras.layers.Dense(3)])
    p = softmax((x @ arrays(model)[0] + arrays(model)[1]).reshape(-1, 3))
    logs = train(RegularizedModel(model, [PseudoLabel(1.0)]), x=x, y=y).history
    expected = np.where(y.ravel() >= 0, 0, -np.log(p.max(axis=1))).mean()
    assert logs["pseudo_label"][0] == pytest.approx(expected, rel=1e-5)
