"""Weights of several outputs, learned from their noise."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    AdversarialTraining,
    RDrop,
    SharpnessAware,
    UncertaintyWeighting,
)
from keras_regzoo.objectives.uncertainty_weighting import noise_factors

random = np.random.default_rng(0)
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def two_heads(**options: Any) -> tuple[keras.Model, UncertaintyWeighting, keras.Model]:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [keras.layers.Dense(1, name=name)(inputs) for name in ("a", "b")])
    objective = UncertaintyWeighting()
    wrapped = RegularizedModel(model, [objective, *options.pop("companions", [])])
    wrapped.compile(options.pop("optimizer"), ["mse", "mse"], **options)
    return wrapped, objective, model


def data(rows: int, noise: tuple[float, float]) -> tuple[np.ndarray, list[np.ndarray]]:
    x = random.normal(size=(rows, 3)).astype("float32")
    slopes = random.normal(size=(3, 2))
    y = x @ slopes + random.normal(size=(rows, 2)) * noise
    return x, [column[:, None].astype("float32") for column in y.T]


@pytest.mark.one_backend
def test_known_noise_is_recovered():
    noise = (0.2, 1.5)
    x, y = data(512, noise)
    wrapped, objective, _ = two_heads(optimizer=keras.optimizers.Adam(0.05))
    wrapped.fit(x, y, batch_size=128, epochs=150, verbose="0")
    found = np.exp(0.5 * ops.convert_to_numpy(objective.log_variances))
    np.testing.assert_allclose(found, noise, rtol=0.1)


@pytest.mark.parametrize("companions", [[], [SharpnessAware(1e-7)]], ids=["alone", "in SAM"])
def test_a_step_equals_that_of_numpy(companions):
    x, y = data(8, (0.5, 0.5))
    wrapped, objective, model = two_heads(
        optimizer=keras.optimizers.SGD(0.1), loss_weights=[2.0, 1.0], companions=companions
    )
    s = np.array([0.3, -0.4])
    objective.log_variances.assign(s)
    kernels = [ops.convert_to_numpy(model.get_layer(name).kernel) for name in ("a", "b")]
    errors = [x @ kernel - target for kernel, target in zip(kernels, y, strict=True)]
    losses = np.array([2.0, 1.0]) * [np.square(error).mean() for error in errors]
    logs = wrapped.fit(x, y, batch_size=8, shuffle=False, verbose="0").history
    assert logs["loss"][0] == pytest.approx(np.sum(0.5 * np.exp(-s) * losses + 0.5 * s), rel=1e-4)
    assert logs["data_loss"][0] == pytest.approx(losses.sum(), rel=1e-4)
    moved = s - 0.1 * (0.5 - 0.5 * np.exp(-s) * losses)
    np.testing.assert_allclose(ops.convert_to_numpy(objective.log_variances), moved, atol=1e-5)
    for k, (name, factor) in enumerate((("a", 2.0), ("b", 1.0))):
        slope = 0.5 * np.exp(-s[k]) * factor * 2 * (errors[k] * x).mean(axis=0)[:, None]
        made = ops.convert_to_numpy(model.get_layer(name).kernel)
        np.testing.assert_allclose(made, kernels[k] - 0.1 * slope, atol=1e-5)


def test_a_cross_entropy_counts_whole_and_any_other_loss_half():
    assert noise_factors(["mse", SPARSE], ["a", "b"]) == {0: 0.5, 1: 1.0}
    assert noise_factors({"b": "mae", "a": "binary_crossentropy"}, ["a", "b"]) == {0: 1.0, 1: 0.5}
    assert noise_factors("mse", ["a", "b"]) == {0: 0.5, 1: 0.5}
    assert noise_factors([None, "mse"], ["a", "b"]) == {1: 0.5}


@pytest.mark.parametrize("keys", [None, ("first", "second")])
@pytest.mark.parametrize("trained", [(0, 1), (0,), (1,)])
@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # where an output has no loss
def test_outputs_in_a_dict_or_without_a_loss_keep_their_own_log_variance(keys, trained):
    x, y = data(8, (0.5, 0.5))
    inputs = keras.Input((3,))
    outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("b", "a")]
    model = keras.Model(inputs, dict(zip(keys, outputs, strict=True)) if keys else outputs)
    targets = dict(zip(keys, y, strict=True)) if keys else y
    objective = UncertaintyWeighting()
    wrapped = RegularizedModel(model, [objective])
    wrapped.compile(keras.optimizers.SGD(0.1), ["mse" if k in trained else None for k in (0, 1)])
    s = np.array([0.3, -0.4])
    objective.log_variances.assign(s)
    losses = [
        np.square(ops.convert_to_numpy(model.get_layer(name)(x)) - target).mean()
        for name, target in zip(("b", "a"), y, strict=True)
    ]
    logs = wrapped.fit(x, targets, batch_size=8, shuffle=False, verbose="0").history
    terms = 0.5 * np.exp(-s) * losses + 0.5 * s
    assert logs["loss"][0] == pytest.approx(sum(terms[k] for k in trained), rel=1e-4)
    slope = [0.5 - 0.5 * np.exp(-s[k]) * losses[k] if k in trained else 0.0 for k in (0, 1)]
    found = ops.convert_to_numpy(objective.log_variances)
    np.testing.assert_allclose(found, s - 0.1 * np.array(slope), atol=1e-5)


def test_log_variances_are_saved(tmp_path):
    x, y = data(8, (0.5, 0.5))
    wrapped, objective, _ = two_heads(optimizer=keras.optimizers.SGD(0.1))
    wrapped.fit(x, y, verbose="0")
    wrapped.save(tmp_path / "model.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        ops.convert_to_numpy(loaded.objectives[0].log_variances),
        ops.convert_to_numpy(objective.log_variances),
    )
    loaded.fit(x, y, verbose="0")


def test_a_model_wrapped_again_keeps_its_log_variances():
    x, y = data(8, (0.5, 0.5))
    wrapped, objective, model = two_heads(optimizer=keras.optimizers.SGD(0.1))
    wrapped.fit(x, y, verbose="0")
    before = ops.convert_to_numpy(objective.log_variances)
    RegularizedModel(model, [objective])
    np.testing.assert_array_equal(ops.convert_to_numpy(objective.log_variances), before)
    assert len(objective.trainable_variables) == 1


@pytest.mark.parametrize(
    "companion", [AdversarialTraining(0.1), SharpnessAware(0.1), RDrop(from_logits=True)]
)
def test_losses_of_several_passes_before_it_are_refused_at_compile(companion):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    wrapped = RegularizedModel(model, [companion, UncertaintyWeighting()])
    with pytest.raises(
        ValueError, match=f"must have uncertainty_weighting before {companion.name}"
    ):
        wrapped.compile("sgd", "mse")
    RegularizedModel(model, [UncertaintyWeighting(), companion]).compile("sgd", "mse")


def test_weighting_outputs_twice_is_refused_at_compile():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    wrapped = RegularizedModel(model, [UncertaintyWeighting(), UncertaintyWeighting("again")])
    with pytest.raises(ValueError, match="`objectives` must weight the outputs once; received"):
        wrapped.compile("sgd", "mse")
