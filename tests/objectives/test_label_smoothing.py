"""Label smoothing: the closed form, for every kind of label."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit, log_softmax

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import AdversarialTraining, LabelSmoothing, Mixup
from keras_regzoo.objectives.data_loss import outputs_of
from keras_regzoo.objectives.label_smoothing import smooth

random = np.random.default_rng(0)
X = random.normal(size=(6, 4)).astype("float32")
LABELS = np.array([0, 1, 2, 2, 1, 0])
ONE_HOT = np.eye(3, dtype="float32")[LABELS]
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
SPARSE_IGNORING = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2)


def trained_loss(y: Any, loss: Any, outputs: int = 3, objectives: Any = ()) -> tuple[float, Any]:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(outputs)])
    wrapped = RegularizedModel(model, [LabelSmoothing(0.3), *objectives])
    wrapped.compile(keras.optimizers.SGD(0.0), loss)
    logs = wrapped.fit(X, y, batch_size=6, verbose="0").history
    return logs["loss"][0], ops.convert_to_numpy(model(X))


@pytest.mark.parametrize(
    ("y", "loss"),
    [
        (LABELS, SPARSE),
        (LABELS[:, None], SPARSE),
        (ONE_HOT, keras.losses.CategoricalCrossentropy(from_logits=True)),
        (ONE_HOT.astype("int32"), keras.losses.CategoricalCrossentropy(from_logits=True)),
    ],
    ids=["integer", "column", "one-hot", "integer one-hot"],
)
def test_loss_is_the_cross_entropy_with_smoothed_labels(y, loss):
    value, logits = trained_loss(y, loss)
    soft = 0.7 * ONE_HOT + 0.3 / 3
    expected = -np.mean(np.sum(soft * log_softmax(logits, axis=-1), axis=-1))
    assert value == pytest.approx(expected, rel=1e-5)


def test_a_single_output_has_two_classes():
    y = (LABELS > 0).astype("int32")
    value, logits = trained_loss(y, keras.losses.BinaryCrossentropy(from_logits=True), outputs=1)
    soft = 0.7 * y[:, None] + 0.3 / 2
    expected = -np.mean(soft * np.log(expit(logits)) + (1 - soft) * np.log(expit(-logits)))
    assert value == pytest.approx(expected, rel=1e-5)


def test_labels_of_every_pixel_are_smoothed():
    x, y = random.normal(size=(2, 3, 3, 1)).astype("float32"), random.integers(0, 4, (2, 3, 3))
    model = keras.Sequential([keras.Input((3, 3, 1)), keras.layers.Conv2D(4, 1)])
    wrapped = RegularizedModel(model, [LabelSmoothing(0.3)])
    wrapped.compile(keras.optimizers.SGD(0.0), SPARSE)
    value = wrapped.fit(x, y, verbose="0").history["loss"][0]
    soft = 0.7 * np.eye(4)[y] + 0.3 / 4
    logits = ops.convert_to_numpy(model(x))
    expected = -np.mean(np.sum(soft * log_softmax(logits, axis=-1), axis=-1))
    assert value == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("smoothing_first", [True, False])
def test_mixup_smoothing_and_adversarial_training_of_integer_labels_equal_numpy(smoothing_first):
    """The loss of smoothed mixed labels is linear in them: the order makes no difference."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    kernel, bias = [each.astype("float64") for each in model.get_weights()]
    share, order = (
        ops.convert_to_numpy(each) for each in Mixup(8.0, seed=1).draw([], ops.convert_to_tensor(X))
    )
    chosen = [LabelSmoothing(0.3), Mixup(8.0, seed=1)][:: 1 if smoothing_first else -1]
    wrapped = RegularizedModel(model, [*chosen, AdversarialTraining(0.05, clean_weight=0.25)])
    wrapped.compile(keras.optimizers.SGD(0.0), SPARSE)
    logs = wrapped.fit(X, LABELS, batch_size=6, shuffle=False, verbose="0").history
    partners = np.eye(6)[order]  # row i picks the partner of example i
    mixing = share * np.eye(6) + (1 - share) * partners
    soft = 0.7 * mixing @ ONE_HOT + 0.3 / 3

    def log_p(x: np.ndarray) -> np.ndarray:
        return log_softmax(mixing @ x @ kernel + bias, axis=-1)

    slope = mixing.T @ (np.exp(log_p(X)) - soft) @ kernel.T
    clean, attacked = (
        -np.mean(np.sum(soft * log_p(x), axis=-1)) for x in (X, X + 0.05 * np.sign(slope))
    )
    assert logs["adversarial_training"][0] == pytest.approx(attacked, rel=1e-5)
    assert logs["loss"][0] == pytest.approx(0.25 * clean + 0.75 * attacked, rel=1e-5)


AUXILIARY = np.array([4, 0, 3, 2, 1, 1])


@pytest.mark.parametrize(
    ("keys", "loss", "y", "smoothed"),
    [
        (None, {"z": SPARSE, "a": SPARSE}, {"z": LABELS, "a": AUXILIARY}, "za"),
        (None, [SPARSE, SPARSE], [LABELS, AUXILIARY], "za"),
        (None, [SPARSE, None], [LABELS, AUXILIARY], "z"),
        (None, [None, SPARSE], [AUXILIARY], "a"),
        (("main", "aside"), [SPARSE, SPARSE], {"main": LABELS, "aside": AUXILIARY}, "za"),
        (("main", "aside"), {"main": SPARSE}, {"main": LABELS, "aside": AUXILIARY}, "z"),
        (("main", "aside"), {"aside": SPARSE}, {"aside": AUXILIARY}, "a"),
    ],
)
@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # where an output has no loss
def test_each_output_with_a_loss_meets_its_own_labels(keys, loss, y, smoothed):
    """As Keras pairs them: by name, by order, and those with a loss alone."""
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(3, name="z")(inputs), keras.layers.Dense(5, name="a")(inputs)]
    model = keras.Model(inputs, dict(zip(keys, outputs, strict=True)) if keys else outputs)
    wrapped = RegularizedModel(model, [LabelSmoothing(0.3)])
    wrapped.compile(keras.optimizers.SGD(0.0), loss)
    value = wrapped.fit(X, y, batch_size=6, verbose="0").history["loss"][0]
    expected = 0.0
    for name, labels, classes in (("z", LABELS, 3), ("a", AUXILIARY, 5)):
        logits = ops.convert_to_numpy(model.get_layer(name)(X))
        soft = 0.7 * np.eye(classes)[labels] + 0.3 / classes
        entropy = -np.mean(np.sum(soft * log_softmax(logits, axis=-1), axis=-1))
        expected += entropy if name in smoothed else 0.0
    assert value == pytest.approx(expected, rel=1e-5)


def test_fewer_targets_than_outputs_with_a_loss_are_refused():
    with pytest.raises(ValueError, match="`y` must have a target for each output; received 1 for"):
        outputs_of([LABELS], ["z", "a"], {0: SPARSE, 1: SPARSE})


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"`y` must have one class number.*received shape"):
        smooth(ops.ones((6, 2, 3)), (None, 3), 0.1)


@pytest.mark.parametrize("number", [-1, 3])
def test_class_numbers_that_no_output_has_make_the_loss_nan(number):
    rows = ops.convert_to_numpy(
        smooth(
            ops.convert_to_tensor([2, number]), (None, 3), 0.1, "sparse_categorical_crossentropy"
        )
    )
    assert np.isfinite(rows[0]).all() and np.isnan(rows[1]).all()


def test_each_of_several_binary_labels_has_two_classes():
    value, logits = trained_loss(ONE_HOT, keras.losses.BinaryCrossentropy(from_logits=True))
    expected = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.3)
    assert value == pytest.approx(float(expected(ONE_HOT, logits)), rel=1e-5)


@pytest.mark.parametrize("loss", ["hinge", [keras.losses.MeanAbsoluteError()], SPARSE_IGNORING])
def test_losses_that_take_no_soft_labels_are_refused_at_compile(loss):
    wrapped = RegularizedModel(keras.Sequential([keras.layers.Dense(3)]), [LabelSmoothing()])
    with pytest.raises(ValueError, match=r"^`loss` must .*for labels|^`loss` must be one that"):
        wrapped.compile("sgd", loss)


def test_losses_that_cannot_take_this_label_smoothed_are_refused():
    with pytest.raises(ValueError, match=r"`loss` must be a binary cross-entropy.*'mean_squ"):
        smooth(ops.ones((6, 1)), (None, 1), 0.1, "mean_squared_error")
    with pytest.raises(ValueError, match=r"`loss` must be a cross-entropy of Keras's.*'mine'"):
        smooth(ops.ones((6,)), (None, 3), 0.1, "mine")


def test_smoothing_twice_is_refused_at_compile():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    wrapped = RegularizedModel(model, [LabelSmoothing(0.1), LabelSmoothing(0.2, name="again")])
    with pytest.raises(ValueError, match="`objectives` must smooth the labels once; received"):
        wrapped.compile("sgd", SPARSE)


def test_smoothing_by_the_loss_itself_is_refused_at_compile():
    wrapped = RegularizedModel(keras.Sequential([keras.layers.Dense(3)]), [LabelSmoothing()])
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.2)
    with pytest.raises(ValueError, match=r"must have no `label_smoothing`.*label_smoothing=0.2"):
        wrapped.compile("sgd", [SPARSE, loss])
    wrapped.compile("sgd", keras.losses.CategoricalCrossentropy(label_smoothing=0.0))
