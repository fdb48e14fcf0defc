"""Scores of difficulty against NumPy and scikit-learn."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.neighbors import NearestCentroid

from keras_regzoo import data
from keras_regzoo.data import difficulty

pytestmark = pytest.mark.one_backend

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(12, 4)).astype("float32")
LABELS = np.arange(12) % 3
NOTHING: Any = None


def classifier(activation: str | None = "softmax"):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_loss_is_the_compiled_one_of_each_example():
    model = classifier()
    scores = difficulty.loss(model, X, LABELS, batch_size=5)
    p = model.predict(X, verbose=0)
    each = [
        log_loss([label], row[None], labels=[0, 1, 2]) for label, row in zip(LABELS, p, strict=True)
    ]
    np.testing.assert_allclose(scores, each, rtol=1e-4)
    assert scores.mean() == pytest.approx(model.evaluate(X, LABELS, verbose=0), rel=1e-4)


@pytest.mark.parametrize("loss", ["mse", keras.losses.MeanSquaredError()])
def test_loss_may_be_another_one_and_is_a_mean_over_the_other_axes(loss):
    images = RANDOM.normal(size=(6, 2, 2)).astype("float32")
    identity = keras.Sequential([keras.Input((2, 2)), layers.Identity()])
    scores = difficulty.loss(identity, images, np.zeros_like(images), loss)
    np.testing.assert_allclose(scores, np.square(images).mean((1, 2)), rtol=1e-5)


@pytest.mark.parametrize("loss", ["binary_crossentropy", keras.losses.binary_crossentropy])
def test_targets_of_one_output_may_be_flat_or_a_column(loss):
    def build():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(1, "sigmoid")])
        model.compile("sgd", loss)
        return model

    model, labels = build(), (LABELS == 0).astype("int32")
    p = model.predict(X, verbose=0)[:, 0].astype("float64")
    expected = -np.log(np.where(labels, p, 1 - p))
    for targets in (labels, labels[:, None]):
        np.testing.assert_allclose(difficulty.loss(model, X, targets), expected, rtol=1e-4)
        assert difficulty.cross_validated(build, X, targets, folds=2).shape == (12,)


@pytest.mark.parametrize("y", [LABELS, LABELS[:, None], X, np.ones((12, 1, 5))])
def test_targets_of_a_loss_of_your_own_need_only_be_as_many(y):
    scores = difficulty.loss(uncompiled(), X, y, lambda y, p: p[:, 0])
    assert scores.shape == (12,)


def test_loss_with_options_keeps_them():
    model = classifier(activation=None)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    logits = model.predict(X, verbose=0).astype("float64")
    expected = np.log(np.exp(logits).sum(1)) - logits[np.arange(12), LABELS]
    np.testing.assert_allclose(difficulty.loss(model, X, LABELS, loss), expected, rtol=1e-4)


@pytest.mark.parametrize("hot", [False, True])
def test_margin_is_above_zero_exactly_where_the_model_is_wrong(hot):
    model = classifier()
    p = model.predict(X, verbose=0)
    scores = difficulty.margin(model, X, np.eye(3)[LABELS] if hot else LABELS)
    for score, row, label in zip(scores, p, LABELS, strict=True):
        assert score == pytest.approx(max(np.delete(row, label)) - row[label], abs=1e-6)
    np.testing.assert_array_equal(scores > 0, p.argmax(1) != LABELS)


def test_centroids_are_those_of_scikit_learn():
    found = NearestCentroid().fit(X, LABELS).centroids_
    expected = np.linalg.norm(X - found[LABELS], axis=1)
    np.testing.assert_allclose(difficulty.centroid_distance(X, LABELS), expected, rtol=1e-5)
    images = X.reshape(12, 2, 2)
    np.testing.assert_allclose(difficulty.centroid_distance(images, LABELS), expected, rtol=1e-5)


class Seen(keras.Model):
    """Predicts 1 for an input it was trained on and 0 for any other."""

    def __init__(self):
        super().__init__()
        self.scale = self.add_weight(shape=())
        self.known = np.empty(0)

    def call(self, inputs):
        return self.scale * inputs

    def fit(self, x, y, **options):
        self.options = options
        self.known = x[:, 0]

    def predict(self, x, **options):
        return np.isin(x, self.known).astype("float32")


@pytest.mark.parametrize("classes", [False, True])
def test_no_example_is_scored_by_a_model_that_was_trained_on_it(classes):
    x = np.arange(12.0)[:, None]
    y = LABELS if classes else np.ones((12, 1))
    made = []

    def build():
        made.append(Seen())
        return made[-1]

    scores = difficulty.cross_validated(
        build, x, y, folds=4, repeats=2, loss=lambda y, p: 1.0 * p, epochs=3
    )
    np.testing.assert_array_equal(scores, 0)
    assert [len(model.known) for model in made] == [9] * 8
    assert made[0].options == {"verbose": 0, "epochs": 3}
    folds = [set(range(12)) - set(model.known.astype(int)) for model in made]
    assert folds[:4] != folds[4:], "each repeat has folds of its own"
    if classes:
        assert all(sorted(LABELS[list(fold)]) == [0, 1, 2] for fold in folds)


def test_wrong_labels_are_found_hard_by_models_that_have_not_seen_them():
    digits = data.load("digits", seed=0)
    x, y = digits.x_train[:600].reshape(600, -1), digits.y_train[:600]
    noisy = data.add_label_noise(y, 0.2, seed=0)

    def build():
        model = keras.Sequential([keras.Input((64,)), layers.Dense(10, "softmax")])
        model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
        return model

    scores = difficulty.cross_validated(build, x, noisy, folds=3, epochs=15)
    assert roc_auc_score(noisy != y, scores) > 0.9
    assert roc_auc_score(noisy != y, difficulty.centroid_distance(x, noisy)) > 0.7


def two_outputs():
    inputs = keras.Input((4,))
    return keras.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(1)(inputs)])


def uncompiled():
    return keras.Sequential([keras.Input((4,)), layers.Dense(1)])


@pytest.mark.parametrize(
    ("score", "sentence"),
    [
        (lambda: difficulty.loss(uncompiled(), X, LABELS), "`loss` must be a single loss"),
        (lambda: difficulty.loss(two_outputs(), X, LABELS, "mse"), "`model` must have one output"),
        (
            lambda: difficulty.loss(uncompiled(), X, np.full((12, 1), np.nan), "mse"),
            "`difficulty` must be finite; received nan for example 0",
        ),
        (
            lambda: difficulty.loss(uncompiled(), X, X[:, :1], lambda y, p: p[:3]),
            "`loss` must give a number for each of 12 examples",
        ),
        (
            lambda: difficulty.loss(uncompiled(), X, X[:1, :1], "mse"),
            "`y` must have one target for each of 12 examples; received 1",
        ),
        (
            lambda: difficulty.loss(uncompiled(), X, X[:10, :1], lambda y, p: p[:, 0]),
            "`y` must have one target for each of 12 examples; received 10",
        ),
        (
            lambda: difficulty.loss(uncompiled(), X, 0.5, "mse"),
            "`y` must have one target for each of 12 examples; received 0.5",
        ),
        (
            lambda: difficulty.loss(uncompiled(), X, X, keras.losses.MeanAbsoluteError()),
            r"`y` must be of shape \(12, 1\), as mean_absolute_error needs for outputs of shape "
            r"\(12, 1\); received \(12, 4\)",
        ),
        (
            lambda: difficulty.loss(classifier(), X, X),
            r"`y` must be of shape \(12,\), as sparse_categorical_crossentropy needs for outputs",
        ),
        (lambda: difficulty.margin(uncompiled(), X, LABELS), "`model` must have outputs of shape"),
        (lambda: difficulty.margin(classifier(), X, LABELS + 1), "`y` must hold classes from 0"),
        (lambda: difficulty.margin(classifier(), X, LABELS[:5]), "`y` must be one label for each"),
        (lambda: difficulty.centroid_distance(X, LABELS[:5]), "`y` must be one label for each"),
        (lambda: difficulty.cross_validated(NOTHING, X, LABELS), "`build` must return"),
        (lambda: difficulty.cross_validated(classifier, X, LABELS[:5]), "`y` must have one target"),
        (
            lambda: difficulty.cross_validated(classifier, X, LABELS, folds=1),
            "`folds` must be an integer",
        ),
        (
            lambda: difficulty.cross_validated(classifier, X, LABELS, folds=5),
            "`folds` must be at most the number of examples of the rarest class, 4",
        ),
        (
            lambda: difficulty.cross_validated(classifier, X, LABELS, repeats=0),
            "`repeats` must be an integer",
        ),
        (lambda: difficulty.centroid_distance(X[:0], LABELS[:0]), "`y` must be integer labels"),
        (lambda: difficulty.checked(["a"] * 99, 99), "`difficulty` must be one number for each"),
        (lambda: difficulty.checked([1.0, 2.0], 3), "`difficulty` must be one number for each"),
        (lambda: difficulty.checked([1.0, np.inf], 2), "`difficulty` must be finite; received inf"),
    ],
)
def test_bad_arguments_are_one_sentence(score, sentence):
    with pytest.raises(ValueError, match=sentence):
        score()


def test_weights_of_the_examples_are_those_of_the_fold_and_must_be_as_many():
    x, made = np.arange(12.0)[:, None], []

    def build():
        made.append(Seen())
        return made[-1]

    options = {"folds": 3, "loss": lambda y, p: 1.0 * p}
    difficulty.cross_validated(build, x, x, sample_weight=2 * x[:, 0], **options)
    for model in made:
        np.testing.assert_array_equal(model.options["sample_weight"], 2 * model.known)
    with pytest.raises(ValueError, match="`sample_weight` must have one weight for each of 12"):
        difficulty.cross_validated(build, x, x, sample_weight=x[:5, 0], **options)
