"""What the wrapper makes of its base: its inputs, metrics, masks and own methods."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    AdversarialTraining,
    Consistency,
    MeanTeacher,
    Mixup,
    Objective,
    PseudoLabel,
    RDrop,
    SharpnessAware,
    WeightNoise,
    WeightPenalty,
)
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import LOSS, X, Y, full, linear, train


def unchanging() -> list[list[Objective]]:
    """Lists of objectives under which training is that of the base."""
    return [[], [SharpnessAware(0.0)], [WeightNoise(0.0)]]


OWN = ("train_step", "compute_loss", "test_step", "predict_step", "compute_metrics")


@pytest.mark.parametrize("method", OWN)
def test_a_base_with_a_step_of_its_own_is_refused(method):
    own = type("Own", (keras.Model,), {method: lambda self, *args, **kwargs: {}})
    with pytest.raises(ValueError, match=f"received Own, whose own `{method}` would be lost"):
        RegularizedModel(own(), [])


class Measured(keras.Model):
    """Keeps a metric of its own as an attribute."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)
        self.size = keras.metrics.Mean(name="size")

    def call(self, inputs):
        outputs = self.dense(inputs)
        self.size.update_state(ops.abs(outputs))
        return outputs


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="Keras updates none in a call there")
@pytest.mark.parametrize("objectives", [lambda: [], lambda: [WeightPenalty({"kernel": "l2"})]])
def test_metrics_that_the_base_keeps_are_logged_as_without_the_wrapper(objectives):
    logs = []
    for wrap in (lambda model: model, lambda model: RegularizedModel(model, objectives())):
        keras.utils.set_random_seed(1)
        base = Measured()
        base(X)
        model = wrap(base)
        model.compile(keras.optimizers.SGD(0.0), LOSS)
        history = model.fit(X, Y, epochs=2, verbose=QUIET).history["size"]
        logs.append((*history, model.evaluate(X, Y, verbose=QUIET, return_dict=True)["size"]))
    assert logs[0][0] > 0
    np.testing.assert_allclose(logs[1], logs[0], rtol=1e-5)


def test_objective_acts_on_one_model():
    penalty = WeightPenalty({"kernel": "l2"})
    model = linear()
    RegularizedModel(model, [penalty])
    RegularizedModel(model, [penalty])
    with pytest.raises(ValueError, match="'weight_penalty' must act on one model"):
        RegularizedModel(linear(), [penalty])


def test_training_pass_outside_of_training_is_that_of_the_base():
    base = full()
    mixed = RegularizedModel(base, [Mixup(0.4), WeightNoise(0.5)])
    train(mixed)
    for layer in base.layers:
        layer.trainable = False  # batch statistics stay
    base.layers[1].momentum = 1.0
    keras.utils.set_random_seed(3)
    dropout = next(layer for layer in base.layers if isinstance(layer, layers.Dropout))
    state = ops.copy(dropout.seed_generator.state.value)
    outputs = ops.convert_to_numpy(mixed(X, training=True))
    dropout.seed_generator.state.assign(state)
    np.testing.assert_allclose(ops.convert_to_numpy(base(X, training=True)), outputs, atol=1e-6)


@pytest.mark.parametrize("objective", [Mixup, AdversarialTraining], ids=lambda cls: cls.__name__)
def test_integers_for_a_floating_input_train_as_their_floats(objective):
    pixels = (40 * np.abs(X)).astype("uint8")
    losses = []
    for x in (pixels, pixels.astype("float32")):
        keras.utils.set_random_seed(1)
        wrapped = RegularizedModel(linear(), [objective(0.3, seed=0)])
        losses.append(train(wrapped, steps=2, x=x).history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


def test_masked_losses_of_sequences_are_those_of_plain_keras():
    tokens = np.array([[1, 2, 0, 0], [3, 4, 2, 0], [1, 0, 0, 0], [2, 2, 2, 2]])

    def build(mask=True):
        keras.utils.set_random_seed(1)
        tagger = [layers.Embedding(6, 3, mask_zero=mask), layers.LSTM(4, return_sequences=True)]
        return keras.Sequential([keras.Input((4,), dtype="int32"), *tagger, layers.Dense(3)])

    options: dict = {"x": tokens, "y": tokens % 3, "jit_compile": False}
    expected = train(build(), 3, **options).history["loss"]
    unmasked = train(build(mask=False), 3, **options).history["loss"]
    assert abs(unmasked[2] - expected[2]) > 1e-3
    for objectives in unchanging():
        found = train(RegularizedModel(build(), objectives), 3, **options).history["loss"]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("objective", [RDrop, Consistency, MeanTeacher, PseudoLabel])
def test_terms_are_means_over_what_the_mask_of_the_outputs_keeps(objective):
    """So padding changes none; each example has one dropout mask, whatever its length."""
    terms = []
    for padding in (0, 3):
        x = np.pad(np.stack([X, X + 1], axis=1), ((0, 0), (0, padding), (0, 0)))
        y = np.full(x.shape[:2], -1 if objective.takes_unlabelled else 1)
        keras.utils.set_random_seed(1)
        drop = layers.Dropout(0.5, noise_shape=(None, 1, 5), seed=1)
        ends = [keras.Input(x.shape[1:]), layers.Masking(), drop, layers.Dense(3)]
        model = keras.Sequential(ends)
        wrapped = RegularizedModel(model, [objective(1.0, name="term")])
        terms += train(wrapped, x=x, y=y, jit_compile=False).history["term"]
    assert terms[0] > 1e-3
    assert terms[1] == pytest.approx(terms[0], rel=1e-5)


def test_inputs_may_be_a_list():
    def build():
        keras.utils.set_random_seed(1)
        ends = [keras.Input((5,)), keras.Input((2,))]
        return keras.Model(ends, layers.Dense(3)(layers.Concatenate()(ends)))

    x = [X, X[:, :2]]
    expected = train(build(), 2, x=x).history["loss"]
    for objectives in unchanging():
        found = train(RegularizedModel(build(), objectives), 2, x=x).history["loss"]
        np.testing.assert_allclose(found, expected, rtol=1e-5)
