"""pretrain_classifier and supervised_pretrain: losses in NumPy, what moves, and refusals."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from keras_regzoo.models import Autoencoder, conv_autoencoder, dense_autoencoder
from keras_regzoo.training import pretrain_classifier, supervised_pretrain
from tests.models.toys import numpy_weights

STILL = keras.optimizers.SGD(0.0)
X = np.random.default_rng(0).normal(size=(24, 6)).astype("float32")
Y = np.arange(24) % 3
HOT = np.eye(3)[Y]


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    compiled = keras.Model.compile

    def run_eagerly(model, *args, **options):
        compiled(model, *args, **{**options, "run_eagerly": True, "jit_compile": False})

    monkeypatch.setattr(keras.Model, "compile", run_eagerly)


def encoder():
    return dense_autoencoder((6,), (5,), 4, "tanh", "tanh")[0]


def hidden(x, kernel, bias):
    return np.tanh(x @ kernel + bias)


def cross_entropy(codes, kernel, bias):
    logits = codes @ kernel + bias
    logits -= logits.max(axis=1, keepdims=True)
    return -np.mean((logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)))[range(24), Y])


@pytest.mark.parametrize("targets", [Y, Y[:, None], HOT])
def test_head_is_a_softmax_on_the_codes(targets):
    body = encoder()
    found = pretrain_classifier(
        Autoencoder(body, dense_autoencoder((6,), (), 4)[1]),
        X,
        targets,
        epochs=1,
        optimizer=STILL,
        batch_size=24,
    )
    first, second, head = np.split(np.array(numpy_weights(found.model), object), 3)
    (history,) = found.histories
    expected = cross_entropy(hidden(hidden(X, *first), *second), *head)
    assert history["loss"][0] == pytest.approx(expected, rel=1e-4)
    assert set(history) == {"loss", "accuracy"}
    np.testing.assert_allclose(found.model.predict(X, verbose=0).sum(axis=1), 1, rtol=1e-5)
    assert found.model.layers[0] is body


def test_frozen_encoder_stays_until_the_whole_is_trained():
    body = encoder()
    body.layers[1].trainable = False
    before, flags = body.get_weights(), [v.trainable for v in body.variables]
    notes = []

    def callbacks():
        notes.append(body.get_weights())
        return []

    found = pretrain_classifier(body, X, Y, frozen_epochs=2, epochs=1, callbacks=callbacks)
    assert [len(history["loss"]) for history in found.histories] == [2, 1]
    for a, b in zip(before, notes[1], strict=True):
        np.testing.assert_array_equal(a, b)
    moved = [np.any(a != b) for a, b in zip(before, body.get_weights(), strict=True)]
    assert moved == [True, True, False, False]
    assert [v.trainable for v in body.variables] == flags
    assert body.trainable


def test_flags_are_put_back_after_an_interruption():
    class Interrupted(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    body = encoder()
    body.layers[0].trainable = False
    flags = [layer.trainable for layer in body.layers]
    with pytest.raises(KeyboardInterrupt):
        pretrain_classifier(body, X, Y, frozen_epochs=1, callbacks=lambda: [Interrupted()])
    assert [layer.trainable for layer in body.layers] == flags
    assert len(body.trainable_variables) == 2


def test_head_and_loss_may_be_ones_own():
    targets = X[:, :2]
    body = encoder()
    kwargs: dict[str, Any] = {"epochs": 1, "optimizer": STILL, "metrics": []}
    found = pretrain_classifier(body, X, targets, loss="mse", **kwargs)
    assert found.model.output_shape == (None, 2)
    made = found.model.predict(X, verbose=0)
    assert found.histories[0]["loss"][0] == pytest.approx(np.mean((made - targets) ** 2), rel=1e-3)
    head = keras.Sequential([layers.Dense(7, "relu"), layers.Dense(3)])
    logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    found = pretrain_classifier(body, X, Y, head=head, loss=logits, **kwargs)
    assert found.model.layers[-1] is head
    images = np.ones((4, 5, 4, 1))
    convolutions = keras.Sequential(conv_autoencoder((5, 4, 1), (2,), 3)[0].layers[:1])
    found = pretrain_classifier(convolutions, images, np.array([0, 1, 0, 1]), **kwargs)
    assert found.model.output_shape == (None, 2)


def test_supervised_stage_is_a_network_of_one_hidden_layer_on_the_labels():
    body = encoder()
    notes = []

    class Seen(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            notes.append(numpy_weights(self.model))

    found = supervised_pretrain(
        body,
        X,
        Y,
        epochs=1,
        batch_size=24,
        optimizer=STILL,
        callbacks=lambda: [Seen()],
        verbose=0,
    )
    assert found.layers == tuple((layer.name,) for layer in body.layers)
    (first, first_bias, *head), (second, second_bias, *next_head) = notes
    low = hidden(X, first, first_bias)
    expected = [
        cross_entropy(low, *head),
        cross_entropy(hidden(low, second, second_bias), *next_head),
    ]
    losses = [history["loss"][0] for history in found.histories]
    assert losses == pytest.approx(expected, rel=1e-4)
    assert len(body.weights) == 4


@pytest.mark.one_backend
def test_supervised_pretraining_moves_one_layer_at_a_time_and_tells_the_classes_apart():
    x = np.eye(3)[Y] @ np.random.default_rng(1).normal(size=(3, 6)) * 3 + 0.1 * X
    body = keras.Sequential([encoder(), layers.Dense(3, "softmax")])
    notes = []

    def callbacks():
        notes.append(body.get_weights())
        return []

    found = supervised_pretrain(
        body,
        x,
        HOT,
        (1, 1),
        epochs=20,
        optimizer=keras.optimizers.Adam(0.05),
        metrics=["accuracy"],
        callbacks=callbacks,
        validation_data=(x, HOT),
        patience=20,
        verbose=0,
    )
    notes.append(body.get_weights())
    for stage, own in enumerate(({0, 1}, {2, 3})):
        pairs = zip(notes[stage], notes[stage + 1], strict=True)
        assert {i for i, (a, b) in enumerate(pairs) if np.any(a != b)} == own
    assert [history["val_accuracy"][-1] for history in found.histories] == [1.0, 1.0]


CLASSIFIER = {
    "encoder": (3, "`encoder` must be a `keras` Model"),
    "x": (X[:, :4], r"`x` must have the shape of the model's inputs"),
    "y": (Y[:5], "`y` must have one row for each of 24 examples"),
    "head": (3, "`head` must be a `keras` Layer"),
    "frozen_epochs": (-1, "`frozen_epochs` must be an integer"),
    "epochs": (0, r"`epochs` must be an integer in \[1, inf\)"),
    "optimizer": ("adamant", "`optimizer` must be an optimizer or the name of one"),
    "loss": ("nonsense", "`loss` must be a loss or the name of one"),
    "callbacks": ([], "`callbacks` must be a function"),
}
SUPERVISED = {
    "model": (3, "`model` must be a `keras` Model"),
    "y": (X, "`y` must be integer labels from 0"),
    "groups": ((3,), "`groups` must be a list"),
    "validation_data": (X, r"`validation_data` must be a tuple \(x, y\)"),
    "patience": (1, "`patience` must come with"),
    "corruption": (1.0, "`corruption` must be a number in"),
}


@pytest.mark.parametrize("argument", CLASSIFIER)
def test_bad_arguments_of_a_classifier_are_one_sentence(argument):
    value, sentence = CLASSIFIER[argument]
    given = {"encoder": encoder(), "x": X, "y": Y, argument: value}
    with pytest.raises(ValueError, match=sentence):
        pretrain_classifier(**given)


NAN = np.where(np.arange(24) == 5, np.nan, Y)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"metrics": "accuracy"}, "`metrics` must be a list or tuple of metrics; received metric"),
        ({"y": NAN, "loss": "mse"}, "`y` must be finite"),
        ({"validation_data": (X * np.nan, Y)}, "`validation_data` must be finite"),
        ({"validation_data": (X, NAN)}, "`validation_data` must be finite"),
        ({"validation_data": (X, Y + 4)}, "`validation_data` must hold the classes of `y`, 0 to 2"),
    ],
)
@pytest.mark.parametrize("train", [pretrain_classifier, supervised_pretrain])
def test_what_is_found_out_in_training_otherwise_is_one_sentence_before(train, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        train(encoder(), X, **{"y": Y, **given})


def test_encoders_of_two_outputs_need_a_head_and_subclassed_ones_are_refused():
    inputs = keras.Input((6,))
    two = keras.Model(inputs, [layers.Dense(2)(inputs), layers.Dense(2)(inputs)])
    with pytest.raises(ValueError, match="`encoder` must have one output, or `head` be given"):
        pretrain_classifier(two, X, Y)

    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(ValueError, match="`encoder` must be made of Sequential or functional"):
        pretrain_classifier(Subclassed(), X, Y)


def test_classifier_without_metrics_logs_its_loss_alone():
    found = pretrain_classifier(encoder(), X, Y, epochs=1, metrics=None)
    assert set(found.histories[0]) == {"loss"}


@pytest.mark.parametrize("argument", SUPERVISED)
def test_bad_arguments_of_supervised_pretraining_are_one_sentence(argument):
    value, sentence = SUPERVISED[argument]
    given = {"model": encoder(), "x": X, "y": Y, argument: value}
    with pytest.raises(ValueError, match=sentence):
        supervised_pretrain(**given)
