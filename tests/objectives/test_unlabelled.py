"""Examples without a label stay out of the supervised loss and its metrics."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    Consistency,
    MeanTeacher,
    Objective,
    PseudoLabel,
    VirtualAdversarialTraining,
)
from keras_regzoo.objectives.unlabelled import labelled

random = np.random.default_rng(0)
X = random.normal(size=(8, 4)).astype("float32")
LABELS = np.array([0, -1, 2, -1, 1, -1, -1, 0])
KNOWN = LABELS >= 0
ONE_HOT = np.eye(3, dtype="float32")[LABELS] * KNOWN[:, None]


class TakesUnlabelled(Objective):
    takes_unlabelled = True

    @property
    def terms(self) -> tuple[str, ...]:
        return ()

    def transform(self, loss: Any, draw: Any) -> Any:
        return loss


def compiled(sparse: bool, learning_rate: float = 0.0) -> tuple[keras.Model, keras.Model]:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    kind = "SparseCategorical" if sparse else "Categorical"
    wrapped = RegularizedModel(model, [TakesUnlabelled()])
    wrapped.compile(
        keras.optimizers.SGD(learning_rate),
        getattr(keras.losses, f"{kind}Crossentropy")(from_logits=True),
        metrics=[getattr(keras.metrics, f"{kind}Accuracy")(name="accuracy")],
        weighted_metrics=[getattr(keras.metrics, f"{kind}Accuracy")(name="weighted")],
    )
    return wrapped, model


@pytest.mark.parametrize("y", [LABELS, LABELS[:, None], LABELS.astype("float32"), ONE_HOT])
def test_minus_one_and_rows_of_zeros_are_unlabelled(y):
    kind = "categorical" if y is ONE_HOT else "sparse_categorical"
    known = ops.convert_to_numpy(labelled(y, f"{kind}_crossentropy"))
    np.testing.assert_array_equal(known, KNOWN)
    np.testing.assert_array_equal(ops.convert_to_numpy(labelled(y, lambda y, p: p)), KNOWN)


@pytest.mark.parametrize("axis", [(), (None,)], ids=["flat", "column"])
def test_each_pixel_has_a_label_of_its_own(axis):
    y = np.array([[[0, 0], [0, 0]], [[1, -1], [0, 2]]])
    known = labelled(y[(..., *axis)], "sparse_categorical_crossentropy")
    np.testing.assert_array_equal(ops.convert_to_numpy(known), y >= 0)
    rows = np.eye(3)[y] * (y >= 0)[..., None]
    known = labelled(rows, keras.losses.CategoricalCrossentropy())
    np.testing.assert_array_equal(ops.convert_to_numpy(known), y >= 0)


@pytest.mark.parametrize("weights", [None, np.arange(4.0)], ids=["unweighted", "weighted"])
def test_loss_and_metrics_are_those_of_the_labelled_pixels(weights):
    """The batch is as large as an image is wide."""
    x, y = random.normal(size=(4, 4, 4, 1)).astype("float32"), random.integers(-1, 3, (4, 4, 4))
    y[0] = 0
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(3, 1)])
    wrapped = RegularizedModel(model, [TakesUnlabelled()])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    wrapped.compile(keras.optimizers.SGD(0.0), loss, metrics=["accuracy"])
    logs = wrapped.fit(x, y, sample_weight=weights, verbose="0").history
    evaluated = wrapped.evaluate(x, y, sample_weight=weights, verbose="0", return_dict=True)
    logits = ops.convert_to_numpy(model(x))
    each = -np.take_along_axis(log_softmax(logits, axis=-1), y[..., None], -1)[..., 0] * (y >= 0)
    weight = np.ones(4) if weights is None else weights
    right = (logits.argmax(axis=-1) == y)[y >= 0].mean()
    for made in (logs["loss"][0], evaluated["loss"]):
        assert made == pytest.approx((each * weight[:, None, None]).mean(), rel=1e-5)
    for made in (logs["accuracy"][0], evaluated["accuracy"]):
        assert made == pytest.approx(right, rel=1e-5)


def test_several_binary_targets_are_refused():
    with pytest.raises(ValueError, match=r"`y` must have a last axis of 1.*received shape \(8, 3"):
        labelled(ONE_HOT, ["binary_crossentropy"])


@pytest.mark.parametrize("y", [LABELS, LABELS[:, None], ONE_HOT], ids=["flat", "column", "one-hot"])
@pytest.mark.parametrize("weights", [None, np.arange(8.0)], ids=["unweighted", "weighted"])
def test_loss_and_metrics_are_those_of_the_labelled_examples(y, weights):
    wrapped, model = compiled(sparse=y is not ONE_HOT)
    logs = wrapped.fit(X, y, sample_weight=weights, batch_size=8, verbose="0").history
    evaluated = wrapped.evaluate(X, y, sample_weight=weights, verbose="0", return_dict=True)
    logits = ops.convert_to_numpy(model(X))
    each = -log_softmax(logits, axis=-1)[np.arange(8), LABELS] * KNOWN
    weight = np.ones(8) if weights is None else weights
    right = logits.argmax(axis=-1) == LABELS
    expected = {
        "loss": np.sum(each * weight) / 8,
        "accuracy": right[KNOWN].mean(),
        "weighted": np.average(right[KNOWN], weights=weight[KNOWN]),
    }
    for name, value in expected.items():
        assert logs[name][0] == pytest.approx(value, rel=1e-5)
        assert evaluated[name] == pytest.approx(value, rel=1e-5)


def test_unlabelled_examples_do_not_move_the_weights():
    ends = []
    for unlabelled_inputs in (X, X + 100.0):
        wrapped, model = compiled(sparse=True, learning_rate=0.1)
        x = np.where(KNOWN[:, None], X, unlabelled_inputs)
        wrapped.fit(x, LABELS, batch_size=4, epochs=2, shuffle=False, verbose="0")
        ends.append(ops.convert_to_numpy(model.layers[-1].kernel))
    np.testing.assert_allclose(*ends, rtol=1e-6)


def test_several_targets_are_refused():
    with pytest.raises(ValueError, match=r"`y` must be one target.*received 2 targets"):
        labelled([LABELS, LABELS], "sparse_categorical_crossentropy")


@pytest.mark.parametrize(
    "objective",
    [Consistency(), MeanTeacher(), PseudoLabel(), VirtualAdversarialTraining()],
    ids=lambda objective: objective.name,
)
def test_semi_supervised_objectives_take_unlabelled_examples(objective):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    wrapped = RegularizedModel(model, [objective])
    wrapped.compile(
        keras.optimizers.SGD(0.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    logs = wrapped.fit(X, LABELS, batch_size=8, shuffle=False, verbose="0").history
    logits = ops.convert_to_numpy(model(X))
    each = -log_softmax(logits, axis=-1)[np.arange(8), LABELS] * KNOWN
    assert logs["data_loss"][0] == pytest.approx(each.sum() / 8, rel=1e-4)
    assert logs["accuracy"][0] == pytest.approx((logits.argmax(axis=-1) == LABELS)[KNOWN].mean())
