"""What every sentence about the engine promises."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    AdversarialTraining,
    Mixup,
    Penalty,
    SharpnessAware,
    WeightNoise,
    WeightPenalty,
)
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import LOSS, X, Y, arrays, full, linear, train

EVERY = [
    lambda: [],
    lambda: [WeightPenalty({"kernel": keras.regularizers.L2(0.1)})],
    lambda: [Mixup(0.4)],
    lambda: [WeightNoise(0.1)],
    lambda: [SharpnessAware(0.1)],
    lambda: [AdversarialTraining(0.1)],
    lambda: [Mixup(0.4), WeightPenalty({"kernel": "l2"}), SharpnessAware(), WeightNoise(0.1)],
]
OBJECTIVES = pytest.mark.parametrize(
    "objectives", EVERY, ids=lambda o: "+".join(e.name for e in o()) or "empty"
)


class Calls(layers.Layer):
    """Counts how often it is called while training."""

    count = 0

    def call(self, inputs, training=None):
        Calls.count += bool(training)
        return inputs


def passes(objectives: list) -> int:
    """Returns the forward passes that one uncompiled training step makes."""
    model = keras.Sequential([keras.Input((5,)), Calls(), layers.Dense(3)])
    wrapped = RegularizedModel(model, objectives)
    wrapped.compile("sgd", LOSS, run_eagerly=True)
    wrapped.train_on_batch(X, Y)
    Calls.count = 0
    wrapped.train_on_batch(X, Y)
    return Calls.count


class OutputPenalty(Penalty):
    """Squared outputs."""

    def penalty(self, loss, point, draw):
        return ops.mean(ops.square(loss.outputs(point.weights, point.x)))


@pytest.mark.parametrize(
    "objectives",
    [
        lambda: [],
        lambda: [WeightPenalty({"kernel": keras.regularizers.L2(0.1)})],
        lambda: [OutputPenalty(0.1), WeightPenalty({"kernel": keras.regularizers.L2(0.1)})],
        lambda: [Mixup(0.4)],
        lambda: [WeightNoise(0.1)],
        lambda: [OutputPenalty(0.1), Mixup(0.4), WeightNoise(0.1)],
    ],
    ids=["empty", "weights", "outputs", "mixup", "noise", "all"],
)
def test_one_forward_pass_is_all_it_takes(objectives):
    assert passes(objectives()) == 1


@OBJECTIVES
def test_training_leaves_the_base_with_the_wrappers_predictions(objectives):
    base = full()
    wrapped = RegularizedModel(base, objectives())
    train(wrapped, steps=2)
    assert wrapped.base is base
    np.testing.assert_array_equal(wrapped.predict(X, verbose=QUIET), base.predict(X, verbose=QUIET))


@OBJECTIVES
def test_evaluation_reports_the_plain_loss_alone(objectives):
    base = full()
    wrapped = RegularizedModel(base, objectives())
    history = train(wrapped, steps=1, metrics=["accuracy"], validation_data=(X, Y)).history
    base.compile("sgd", LOSS, metrics=["accuracy"])
    expected = base.evaluate(X, Y, verbose=QUIET, return_dict=True)
    reported = wrapped.evaluate(X, Y, verbose=QUIET, return_dict=True)
    assert reported == pytest.approx(expected, rel=1e-5)
    assert {key for key in history if key.startswith("val_")} == {"val_loss", "val_accuracy"}
    assert wrapped.evaluate(X, Y, verbose=QUIET) == pytest.approx(
        base.evaluate(X, Y, verbose=QUIET), rel=1e-5
    )


def test_logs_add_up_to_the_loss():
    wrapped = RegularizedModel(
        linear(), [WeightPenalty({"kernel": keras.regularizers.L2(0.1)}), OutputPenalty(0.3)]
    )
    logs = {key: value[0] for key, value in train(wrapped).history.items()}
    assert logs["loss"] == pytest.approx(
        logs["data_loss"] + logs["weight_penalty"] + logs["output_penalty"], rel=1e-5
    )


def test_logged_terms_are_means_over_examples():
    """Batches of 8 and 4 count by their sizes, as in Keras's own loss."""
    keras.utils.set_random_seed(1)
    wrapped = RegularizedModel(linear(), [OutputPenalty(1.0)])
    wrapped.compile(keras.optimizers.SGD(0.0), LOSS)
    history = wrapped.fit(X, Y, batch_size=8, shuffle=False, verbose=QUIET).history
    outputs = wrapped.predict(X, verbose=QUIET)
    assert history["output_penalty"][0] == pytest.approx(np.mean(outputs**2), rel=1e-5)


@pytest.mark.parametrize(
    "objective", [lambda: SharpnessAware(0.0), lambda: AdversarialTraining(0.0)], ids=["w", "x"]
)
def test_the_models_own_losses_are_counted_once(objective):
    keras.utils.set_random_seed(1)
    plain = full()
    expected = train(plain, steps=3).history["loss"]
    keras.utils.set_random_seed(1)
    history = train(RegularizedModel(full(), [objective()]), steps=3).history["loss"]
    np.testing.assert_allclose(history, expected, rtol=1e-5)


def two_headed() -> keras.Model:
    a, b = keras.Input((5,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([layers.Dense(4, "relu")(a), b])
    return keras.Model(
        {"a": a, "b": b},
        {
            "label": layers.Dense(3, name="label")(joined),
            "value": layers.Dense(1, name="value")(joined),
        },
    )


@pytest.mark.parametrize(
    "objectives",
    [lambda: [], lambda: [SharpnessAware(0.0)], lambda: [SharpnessAware(0.0), WeightNoise(0.0)]],
    ids=["empty", "sam", "sam+noise"],
)
def test_several_inputs_and_outputs_with_loss_weights_and_sample_weight(objectives):
    x = {"a": X, "b": X[:, :2]}
    y = {"label": Y, "value": X[:, :1]}
    options = {
        "loss": {"label": LOSS, "value": "mse"},
        "loss_weights": {"label": 0.3, "value": 2.0},
        "metrics": {"label": ["accuracy"], "value": ["mae"]},
    }
    weight = np.linspace(0, 1, len(Y)).astype("float32")
    histories = []
    for wrap in (lambda m: m, lambda m: RegularizedModel(m, objectives())):
        keras.utils.set_random_seed(1)
        model = wrap(two_headed())
        model.compile(keras.optimizers.SGD(0.1), **options)
        histories.append(
            model.fit(
                x,
                y,
                sample_weight={"label": weight, "value": weight},
                batch_size=6,
                epochs=2,
                shuffle=False,
                verbose=QUIET,
                validation_data=(x, y),
            ).history
        )
    plain, wrapped = histories
    assert {key: wrapped[key] for key in plain} == {
        key: pytest.approx(value, rel=1e-4, abs=1e-5) for key, value in plain.items()
    }


def test_integer_and_float_labels_of_two_outputs_are_mixed_up():
    model = RegularizedModel(two_headed(), [Mixup(0.5, seed=0)])
    model.compile("sgd", {"label": LOSS, "value": "mse"})
    x, y = {"a": X, "b": X[:, :2]}, {"label": Y, "value": X[:, :1]}
    history = model.fit(x, y, verbose=QUIET).history
    assert np.isfinite(history["data_loss"][0])


class Subclassed(keras.Model):
    """Built at the first call only."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = layers.Dense(4, "relu"), layers.Dense(3)

    def call(self, inputs):
        return self.out(self.hidden(inputs))


@pytest.mark.parametrize(
    "build",
    [Subclassed, lambda: keras.Sequential([layers.Dense(4, "relu"), layers.Dense(3)])],
    ids=["subclassed", "sequential"],
)
def test_an_unbuilt_model_is_built_by_fit(build):
    wrapped = RegularizedModel(build(), [WeightPenalty({"kernel": "l2"}), SharpnessAware()])
    history = train(wrapped, steps=2).history
    assert {"data_loss", "weight_penalty", "sharpness_aware"} < set(history)
    assert history["loss"][1] != history["loss"][0]


def test_a_model_that_has_grown_is_looked_at_again_when_it_is_wrapped():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(3, use_bias=False)])
    penalty = WeightPenalty(keras.regularizers.L2(1.0))
    RegularizedModel(model, [penalty])
    model.add(layers.Dense(3, use_bias=False))
    expected = sum(np.square(each).sum() for each in arrays(model))
    history = train(RegularizedModel(model, [penalty])).history
    assert history["weight_penalty"][0] == pytest.approx(expected, rel=1e-5)


def test_masks_and_integer_inputs_pass_through():
    tokens = np.array([[1, 2, 0, 0], [3, 4, 2, 0], [1, 0, 0, 0], [2, 2, 2, 2]])
    labels = np.array([0, 1, 2, 1])

    def build():
        keras.utils.set_random_seed(1)
        return keras.Sequential(
            [
                keras.Input((4,), dtype="int32"),
                layers.Embedding(6, 3, mask_zero=True),
                layers.GlobalAveragePooling1D(),
                layers.Dense(3),
            ]
        )

    plain, base = build(), build()
    expected = train(plain, 3, x=tokens, y=labels).history["loss"]
    history = train(RegularizedModel(base, [SharpnessAware(0.0)]), 3, x=tokens, y=labels)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    for objective in (AdversarialTraining(0.1), Mixup(0.2)):
        with pytest.raises(ValueError, match=r"needs floating-point inputs; received .* int32"):
            RegularizedModel(build(), [objective])


def test_adversarial_training_refuses_several_inputs_in_one_sentence():
    with pytest.raises(ValueError, match="single floating-point input; this one is fed 2 inputs"):
        RegularizedModel(two_headed(), [AdversarialTraining(0.1)])


def test_a_subclassed_model_fed_integers_is_refused_at_the_first_step():
    with pytest.raises(ValueError, match="Mixup needs floating-point inputs; received") as caught:
        train(RegularizedModel(Subclassed(), [Mixup(0.1)]), x=X.astype("int32"))
    assert "\n" not in str(caught.value)


@pytest.mark.one_backend
def test_an_application_is_trained():
    keras.utils.set_random_seed(0)
    model = keras.applications.MobileNet(
        (32, 32, 3), alpha=0.25, weights=None, classes=3, classifier_activation=None
    )
    wrapped = RegularizedModel(model, [WeightPenalty({"kernel": "l2"}), Mixup(0.2)])
    wrapped.compile("sgd", LOSS, jit_compile=False)
    images = np.random.default_rng(0).random((4, 32, 32, 3)).astype("float32")
    history = wrapped.fit(images, Y[:4], verbose=QUIET).history
    assert np.isfinite(history["loss"][0])


def test_frozen_weights_stay_and_are_not_perturbed():
    model = full()
    model.layers[0].trainable = False
    frozen = ops.convert_to_numpy(model.layers[0].kernel.value)
    train(RegularizedModel(model, [SharpnessAware(0.1), WeightNoise(0.1)]), steps=2)
    np.testing.assert_array_equal(ops.convert_to_numpy(model.layers[0].kernel.value), frozen)


def test_one_dropout_mask_a_step():
    """Were the two passes of a sharpness-aware step masked apart, its term would not vanish."""
    model = keras.Sequential([keras.Input((5,)), layers.Dropout(0.5), layers.Dense(3)])
    history = train(RegularizedModel(model, [SharpnessAware(1e-12)]), steps=3).history
    assert max(abs(value) for value in history["sharpness_aware"]) < 1e-5


class AnotherMask(Penalty):
    """Squared difference of the predictions under two masks."""

    def penalty(self, loss, point, draw):
        first, second = (loss.outputs(point.weights, point.x, draw=k) for k in (0, 1))
        return ops.mean(ops.square(first - second))


@pytest.mark.parametrize("seed", [3, None])
def test_an_objective_may_ask_for_another_mask(seed):
    model = keras.Sequential([keras.Input((5,)), layers.Dropout(0.5, seed=seed), layers.Dense(3)])
    history = train(RegularizedModel(model, [AnotherMask(1.0)])).history
    assert history["another_mask"][0] > 1e-3


def test_masks_differ_from_step_to_step():
    model = keras.Sequential([keras.Input((5,)), layers.Dropout(0.5), layers.Dense(3)])
    wrapped = RegularizedModel(model, [SharpnessAware(1e-12)])
    wrapped.compile(keras.optimizers.SGD(0.0), LOSS)
    losses = wrapped.fit(X, Y, epochs=3, verbose=QUIET).history["loss"]
    assert len({round(loss, 6) for loss in losses}) == 3


def test_batch_statistics_are_updated_once_a_step():
    keras.utils.set_random_seed(1)
    base = full()
    train(RegularizedModel(base, [SharpnessAware(0.5), AdversarialTraining(0.5)]), steps=1)
    normalization = base.layers[1]
    keras.utils.set_random_seed(1)
    plain = full()
    train(plain, steps=1)
    for ours, theirs in zip(
        normalization.variables[2:], plain.layers[1].variables[2:], strict=True
    ):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours.value), ops.convert_to_numpy(theirs.value), atol=1e-6
        )


def test_names_must_differ():
    with pytest.raises(ValueError, match="'weight_noise' twice: give one of them another `name`"):
        RegularizedModel(linear(), [WeightNoise(), WeightNoise()])
    RegularizedModel(linear(), [WeightNoise(), WeightNoise(name="more")])


@pytest.mark.parametrize("bad", [None, "l2", [keras.regularizers.L2()]])
def test_objectives_must_be_a_list_of_objectives(bad):
    with pytest.raises(ValueError, match="`objectives` must be"):
        RegularizedModel(linear(), bad)


def test_a_clone_of_the_base_is_a_plain_model():
    wrapped = RegularizedModel(full(), [SharpnessAware()])
    train(wrapped)
    clone = keras.models.clone_model(wrapped.base)
    clone.set_weights(wrapped.base.get_weights())
    np.testing.assert_allclose(
        clone.predict(X, verbose=QUIET), wrapped.predict(X, verbose=QUIET), rtol=1e-6
    )


def test_summary_names_the_objectives(capsys):
    lines: list[str] = []
    wrapped = RegularizedModel(full(), [SharpnessAware()])
    wrapped.summary(print_fn=lambda line, **_: lines.append(line))
    assert "sharpness_aware" in "\n".join(lines)


def test_weights_are_not_copied_when_arrays_are_unchanged():
    """An objective of zero strength does not even round the weights."""
    base = linear()
    before = arrays(base)
    wrapped = RegularizedModel(base, [SharpnessAware(0.5)])
    wrapped.compile(keras.optimizers.SGD(0.0), LOSS)
    wrapped.fit(X, Y, verbose=QUIET)
    for old, new in zip(before, arrays(base), strict=True):
        np.testing.assert_array_equal(old, new)
