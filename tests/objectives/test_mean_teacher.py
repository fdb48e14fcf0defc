"""The mean teacher against a trajectory in NumPy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.layers import TiedDense
from keras_regzoo.objectives import MeanTeacher, SharpnessAware
from tests.objectives.networks import X, Y, arrays, full, linear, numpy_gradient, softmax, train
from tests.objectives.test_consistency import pullback

ONE_HOT = np.eye(3)[Y]


class Recorder(keras.callbacks.Callback):
    """Notes all weights of a model as each epoch, of one step, begins."""

    def __init__(self, watched: keras.Model) -> None:
        super().__init__()
        self.watched = watched
        self.weights: list[list[np.ndarray]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.weights.append([np.array(ops.convert_to_numpy(v)) for v in self.watched.weights])


def averages(weights: list[list[np.ndarray]], decay: float) -> list[np.ndarray]:
    average = [np.zeros_like(w) for w in weights[0]]
    for t, now in enumerate(weights):
        alpha = min(1 - 1 / (t + 1), decay)
        average = [alpha * old + (1 - alpha) * new for old, new in zip(average, now, strict=True)]
    return average


@pytest.mark.parametrize("compiled", ["auto", False])
def test_a_trajectory_equals_numpy(compiled):
    """No gradient reaches the teacher, whose weights lag behind and are averaged in each step."""
    keras.utils.set_random_seed(1)
    model = linear()
    mean_teacher = MeanTeacher(20.0, decay=0.6)
    kernel, bias = [w.astype("float64") for w in arrays(model)]
    logs = train(RegularizedModel(model, [mean_teacher]), steps=4, jit_compile=compiled).history
    history = []
    for step in range(4):
        history.append([kernel, bias])
        taught, taught_bias = averages(history, 0.6)
        p, target = softmax(X @ kernel + bias), softmax(X @ taught + taught_bias)
        term = 20.0 * np.square(p - target).mean()
        assert logs["mean_teacher"][step] == pytest.approx(term, rel=1e-3, abs=1e-7)
        slope = pullback(p, 2 * 20.0 * (p - target) / p.size)
        dk, db, _ = numpy_gradient(kernel, bias, X, ONE_HOT)
        kernel, bias = kernel - 0.5 * (dk + X.T @ slope), bias - 0.5 * (db + slope.sum(0))
    assert logs["mean_teacher"][-1] > 0.01
    for made, expected in zip(arrays(model), [kernel, bias], strict=True):
        np.testing.assert_allclose(made, expected, atol=1e-5)
    for made, expected in zip(mean_teacher.teacher.weights, averages(history, 0.6), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(made), expected, atol=1e-5)


def unbuilt() -> keras.Model:
    return keras.Sequential([layers.Dense(4, "relu"), layers.Dropout(0.2), layers.Dense(3)])


@pytest.mark.parametrize("build", [full, unbuilt])
@pytest.mark.parametrize("around", [[], [SharpnessAware(0.05)]], ids=["alone", "sharpness"])
def test_the_average_is_taken_once_a_step_of_batch_statistics_too(build, around):
    keras.utils.set_random_seed(1)
    model = build()
    mean_teacher = MeanTeacher(5.0, decay=0.7, stddev=0.1)
    wrapped = RegularizedModel(model, [mean_teacher, *around])
    if build is unbuilt:
        train(wrapped)  # before the model is built there is nothing to record
    recorder = Recorder(model)
    before = averages([[ops.convert_to_numpy(v) for v in mean_teacher.averages]], 0.0)
    train(wrapped, steps=4, callbacks=[recorder])
    expected = averages(recorder.weights, 0.7)
    if build is unbuilt:
        expected = before
        for t, now in enumerate(recorder.weights, start=1):
            alpha = min(1 - 1 / (t + 1), 0.7)
            expected = [alpha * a + (1 - alpha) * w for a, w in zip(expected, now, strict=True)]
    assert int(mean_teacher.steps) == 4 + (build is unbuilt)
    for made, average in zip(mean_teacher.teacher.weights, expected, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(made), average, rtol=1e-4, atol=1e-6)


def test_the_teacher_evaluates_and_is_saved(tmp_path):
    keras.utils.set_random_seed(1)
    mean_teacher = MeanTeacher(5.0, decay=0.9)
    wrapped = RegularizedModel(full(), [mean_teacher])
    train(wrapped, steps=3)
    teacher = mean_teacher.teacher
    teacher.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracy = teacher.evaluate(X, Y, verbose="0", return_dict=True)["accuracy"]
    predicted = teacher.predict(X, verbose="0")
    assert accuracy == pytest.approx((predicted.argmax(1) == Y).mean())
    assert np.abs(predicted - wrapped.predict(X, verbose="0")).max() > 1e-3
    wrapped.save(tmp_path / "model.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "model.keras")
    taught = loaded.objectives[0].teacher
    np.testing.assert_allclose(taught.predict(X, verbose="0"), predicted, atol=1e-6)
    train(wrapped, steps=2)
    assert mean_teacher.teacher is teacher
    assert np.abs(teacher.predict(X, verbose="0") - predicted).max() > 1e-4


def test_a_model_wrapped_again_keeps_its_teacher_and_is_saved(tmp_path):
    keras.utils.set_random_seed(1)
    model = full()
    mean_teacher = MeanTeacher(5.0, decay=0.9)
    train(RegularizedModel(model, [mean_teacher]), steps=3)
    teacher = mean_teacher.teacher
    averages = arrays(teacher)
    wrapped = RegularizedModel(model, [mean_teacher, SharpnessAware(0.05)])
    assert mean_teacher.teacher is teacher
    for made, expected in zip(arrays(teacher), averages, strict=True):
        np.testing.assert_array_equal(made, expected)
    train(wrapped)
    wrapped.save(tmp_path / "model.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "model.keras")
    for made, expected in zip(
        arrays(loaded.objectives[0].teacher), arrays(mean_teacher.teacher), strict=True
    ):
        np.testing.assert_array_equal(made, expected)


def test_a_model_built_anew_and_wrapped_again_has_a_teacher_of_its_own(tmp_path):
    keras.utils.set_random_seed(1)
    base, mean_teacher = linear(), MeanTeacher(decay=0.5)
    train(RegularizedModel(base, [mean_teacher]), steps=3)
    base.pop()
    for units in (7, 3):
        base.add(layers.Dense(units))
    wrapped = RegularizedModel(base, [mean_teacher])
    before = mean_teacher.teacher.predict(X, verbose=0)
    np.testing.assert_allclose(before, base.predict(X, verbose=0), rtol=1e-6)
    recorder = Recorder(base)
    train(wrapped, steps=3, callbacks=[recorder])
    expected = averages(recorder.weights, 0.5)
    for made, reference in zip(mean_teacher.teacher.get_weights(), expected, strict=True):
        np.testing.assert_allclose(made, reference, rtol=1e-5, atol=1e-6)
    wrapped.save(tmp_path / "wrapped.keras")
    (loaded,) = keras.saving.load_model(tmp_path / "wrapped.keras").objectives
    taught = mean_teacher.teacher.predict(X, verbose=0)
    np.testing.assert_allclose(loaded.teacher.predict(X, verbose=0), taught, rtol=1e-6)


def test_before_training_the_teacher_is_a_copy():
    model = full()
    mean_teacher = MeanTeacher()
    RegularizedModel(model, [mean_teacher])
    model.set_weights([w + 1 for w in model.get_weights()])
    made, expected = (each.predict(X, verbose="0") for each in (mean_teacher.teacher, model))
    np.testing.assert_allclose(made, expected, atol=1e-6)


def test_there_is_no_teacher_without_a_model_and_none_of_two():
    mean_teacher = MeanTeacher()
    with pytest.raises(ValueError, match="'mean_teacher' must be in a `RegularizedModel`"):
        _ = mean_teacher.teacher
    RegularizedModel(linear(), [mean_teacher])
    with pytest.raises(ValueError, match="'mean_teacher' must act on one model"):
        RegularizedModel(linear(), [mean_teacher])


def test_teacher_of_a_model_with_tied_layers_has_them_tied():
    inputs = keras.Input((5,))
    encoder = layers.Dense(4)
    outputs = layers.Dense(3)(TiedDense(encoder)(encoder(inputs)))
    model = keras.Model(inputs, outputs)
    mean_teacher = MeanTeacher(decay=0.0)  # the teacher is the student
    wrapped = RegularizedModel(model, [mean_teacher])
    train(wrapped, steps=2)
    teacher = mean_teacher.teacher
    assert [tuple(w.shape) for w in teacher.weights] == [tuple(w.shape) for w in model.weights]
    before = arrays(model)
    train(wrapped, steps=1)
    for average, weight in zip(arrays(mean_teacher.teacher), before, strict=True):
        np.testing.assert_allclose(average, weight, atol=1e-6)


def test_teacher_of_a_model_that_cannot_be_copied_is_one_sentence():
    class Sized(keras.Model):
        def __init__(self, units):
            super().__init__()
            self.dense = layers.Dense(units)

        def call(self, inputs):
            return self.dense(inputs)

    model = Sized(3)
    model(X)
    mean_teacher = MeanTeacher()
    train(RegularizedModel(model, [mean_teacher]))
    with pytest.raises(ValueError, match="Sized needs a `get_config`") as caught:
        _ = mean_teacher.teacher
    assert "\n" not in str(caught.value)
