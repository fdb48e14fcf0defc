"""self_train: who is labelled when, against scikit-learn's SelfTrainingClassifier."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import SelfTrainingClassifier

from keras_regzoo.training import self_train
from keras_regzoo.training.self_train import confident

pytestmark = pytest.mark.one_backend

X, CLASSES = make_blobs(60, centers=3, cluster_std=2.0, random_state=3)
LABELLED = np.concatenate([np.flatnonzero(each == CLASSES)[:3] for each in range(3)])
REST = np.setdiff1d(np.arange(60), LABELLED)
Y = CLASSES[LABELLED]
SPARSE = "sparse_categorical_crossentropy"


class Logistic(keras.Model):
    """scikit-learn's logistic regression behind the methods of a Keras model."""

    def __init__(self):
        super().__init__()
        self.compile("sgd", "sparse_categorical_crossentropy")

    def fit(self, x, y, **options):
        self.fed = {"x": x, "y": y, **options}
        classes = y.argmax(axis=1) if y.ndim == 2 else y
        self.inner = LogisticRegression().fit(x, classes)
        return keras.callbacks.History()

    def predict(self, x, *options):
        return self.inner.predict_proba(x)


@pytest.mark.parametrize("hot", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"threshold": 0.7}, {"threshold": 0.7}),
        ({"threshold": 0.85, "rounds": None}, {"threshold": 0.85, "max_iter": None}),
        ({"threshold": 0.8, "rounds": 2}, {"threshold": 0.8, "max_iter": 2}),
        ({"threshold": 0.999999}, {"threshold": 0.999999}),
        (
            {"threshold": 0.0, "k_best": 7, "rounds": 3},
            {"criterion": "k_best", "k_best": 7, "max_iter": 3},
        ),
        (
            {"threshold": 0.0, "k_best": 9, "rounds": None},
            {"criterion": "k_best", "k_best": 9, "max_iter": None},
        ),
    ],
)
def test_labels_rounds_and_end_are_those_of_scikit_learn(ours, theirs, hot):
    found = self_train(Logistic, X[LABELLED], np.eye(3)[Y] if hot else Y, X[REST], **ours)
    partly = np.full(60, -1)
    partly[LABELLED] = Y
    reference = SelfTrainingClassifier(LogisticRegression(), **theirs).fit(X, partly)
    np.testing.assert_array_equal(found.labels, reference.transduction_[REST])
    np.testing.assert_array_equal(found.rounds, reference.labeled_iter_[REST])
    reasons = {
        "all_labeled": "all labelled",
        "no_change": "none confident",
        "max_iter": "rounds",
    }
    assert found.stopped == reasons[reference.termination_condition_]
    np.testing.assert_allclose(found.model.predict(X), reference.predict_proba(X), rtol=1e-3)


def test_the_cases_above_end_in_every_way():
    cases: list[dict[str, Any]] = [
        {"threshold": 0.7},
        {"threshold": 0.8, "rounds": 2},
        {"threshold": 0.0, "k_best": 9, "rounds": None},
    ]
    ends = [self_train(Logistic, X[LABELLED], Y, X[REST], **case).stopped for case in cases]
    assert ends == ["none confident", "rounds", "all labelled"]


def build(outputs=3, activation: Any = "softmax", loss: Any = SPARSE, rate=0.1):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(outputs, activation)])
    eager = keras.backend.backend() != "jax"
    model.compile(keras.optimizers.SGD(rate), loss, run_eagerly=eager)
    return model


def small(data):
    return data.astype("float32") / 10


def test_each_round_is_a_training_from_new_weights_on_all_that_is_labelled():
    x, others = small(X[LABELLED]), small(X[REST])
    weights = np.linspace(0.5, 1.5, 9)
    options: Any = {"epochs": 4, "batch_size": 8}
    found = self_train(
        build, x, Y, others, 0.0, 1, k_best=20, seed=3, sample_weight=weights, **options
    )
    keras.utils.set_random_seed(3)
    first = build()
    first.fit(x, Y, sample_weight=weights, verbose=0, **options)
    p = first.predict(others, verbose=0)
    taken = np.sort(np.argsort(-p.max(axis=1))[:20])
    np.testing.assert_array_equal(np.flatnonzero(found.rounds == 1), taken)
    np.testing.assert_array_equal(found.labels[taken], p[taken].argmax(axis=1))
    keras.utils.set_random_seed(4)
    second = build()
    history = second.fit(
        np.concatenate([x, others[taken]]),
        np.concatenate([Y, p[taken].argmax(axis=1)]),
        sample_weight=np.append(weights, np.ones(20)),
        verbose=0,
        **options,
    )
    for ours, reference in zip(found.model.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, reference)
    assert found.histories[1] == history.history
    assert (len(found.histories), found.stopped) == (2, "rounds")


def test_warm_start_goes_on_with_one_model():
    made = []

    def noted():
        made.append(build(rate=0.0))
        return made[-1]

    data = (small(X[LABELLED]), Y, small(X[REST]), 0.0, 2)
    warm = self_train(noted, *data, k_best=5, warm_start=True)
    assert made == [warm.model]
    assert int(warm.model.optimizer.iterations) == 3
    self_train(noted, *data, k_best=5)
    assert len(made) == 4


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("outputs", [1, 2])
def test_two_classes_may_have_one_output_and_logits(outputs, logits):
    losses = {1: keras.losses.BinaryCrossentropy, 2: keras.losses.SparseCategoricalCrossentropy}
    activation = None if logits else {1: "sigmoid", 2: "softmax"}[outputs]

    def sure():
        model = build(outputs, activation, losses[outputs](from_logits=logits), rate=0.0)
        kernel = np.array([[2.0], [0.0]]) if outputs == 1 else np.array([[-1.0, 1.0], [0, 0]])
        model.set_weights([kernel, np.zeros(outputs)])
        return model

    others = np.array([[-2.0, 0.0], [0.1, 0.0], [1.05, 0.0], [3.0, 0.0], [-1.15, 0.0]])
    p = 1 / (1 + np.exp(-2 * others[:, 0]))
    found = self_train(sure, np.eye(2), np.array([[0], [1]]), others, 0.9, 3)
    expected = np.where(p >= 0.9, 1, np.where(p <= 0.1, 0, -1))
    assert found.labels.tolist() == expected.tolist() == [0, -1, -1, 1, 0]
    assert found.rounds.tolist() == [1, -1, -1, 1, 1]


def test_inputs_may_be_nested():
    class Nested(Logistic):
        def fit(self, x, y, **options):
            return super().fit(x["a"] + x["b"][0], y, **options)

        def predict(self, x, *options):
            return super().predict(x["a"] + x["b"][0])

    nested = [{"a": part + 1, "b": [np.full_like(part, -1.0)]} for part in (X[LABELLED], X[REST])]
    found = self_train(Nested, nested[0], Y, nested[1], 0.8)
    plain = self_train(Logistic, X[LABELLED], Y, X[REST], 0.8)
    np.testing.assert_array_equal(found.rounds, plain.rounds)
    np.testing.assert_allclose(found.model.fed["x"], plain.model.fed["x"])


def test_fit_options_pass_and_callbacks_are_new_in_each_round(capfd):
    made = []

    def callbacks():
        made.append(keras.callbacks.TerminateOnNaN())
        return made[-1:]

    found = self_train(Logistic, X[LABELLED], Y, X[REST], 0.8, 2, callbacks=callbacks, epochs=3)
    assert len(made) == len(found.histories) == 3
    assert found.model.fed["callbacks"] == made[-1:]
    assert (found.model.fed["epochs"], found.model.fed["verbose"]) == (3, 0)
    assert capfd.readouterr() == ("", "")


def test_nothing_to_label_is_a_plain_training():
    found = self_train(Logistic, X[LABELLED], Y, X[:0])
    assert (found.stopped, len(found.histories), len(found.labels)) == ("all labelled", 1, 0)


def test_confidence_takes_the_threshold_in_and_the_first_of_equals():
    p = np.array([0.5, 0.9, 0.95, 0.9])
    assert confident(p, 0.9).tolist() == [1, 2, 3]
    assert confident(p, 0.9, 2).tolist() == [1, 2]
    assert confident(p, 0.96).tolist() == []


def uncompiled():
    return keras.Sequential([keras.Input((2,)), layers.Dense(3)])


def broken():
    model = build()
    model.set_weights([np.full((2, 3), np.nan), np.zeros(3)])
    return model


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"build": None}, "`build` must return a compiled model when called; received None"),
        ({"build": uncompiled}, "a model that is not compiled"),
        ({"build": lambda: build(loss="mse")}, "`loss` must be a cross-entropy, from which self_"),
        ({"build": lambda: build(2)}, "`build` must return a classifier with one output of shape"),
        ({"build": broken}, "`build` must return a model whose outputs stay finite"),
        ({"x": 1.0}, "`x` must be an array with a row for each example"),
        ({"y": Y[:5]}, "`y` must have one row for each of 9 examples; received 5"),
        ({"y": Y - 1}, "`y` must be integer labels from 0"),
        ({"x": X[:0], "y": Y[:0]}, "`y` must be integer labels from 0"),
        ({"x_unlabelled": X[REST][:, :1]}, r"`x_unlabelled` must be like `x`, of shapes \(2,\)"),
        ({"x_unlabelled": [X[REST], X[REST]]}, "`x_unlabelled` must be like `x`"),
        ({"x_unlabelled": None}, "`x_unlabelled` must be an array with a row"),
        ({"threshold": 1.1}, r"`threshold` must be a number in \[0, 1\]"),
        ({"rounds": 0}, "`rounds` must be an integer"),
        ({"k_best": 0}, "`k_best` must be an integer"),
        ({"from_logits": "no"}, "`from_logits` must be one of"),
        ({"seed": -1}, "`seed` must be an integer"),
        ({"sample_weight": np.ones(3)}, "`sample_weight` must have one row for each of 9"),
        ({"validation_split": 0.1}, "`validation_split` must be left out"),
        ({"callbacks": [keras.callbacks.TerminateOnNaN()]}, "`callbacks` must be a function"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, sentence):
    given = {"build": Logistic, "x": X[LABELLED], "y": Y, "x_unlabelled": X[REST]}
    with pytest.raises(ValueError, match=sentence):
        self_train(**{**given, **arguments})
