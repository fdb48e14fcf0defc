"""Which weights a penalty reaches."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel, regularizers
from keras_regzoo.callbacks import GradualUnfreezing
from keras_regzoo.layers import DropConnect
from keras_regzoo.models import Autoencoder, dense_autoencoder
from keras_regzoo.objectives import WeightPenalty
from keras_regzoo.objectives.weight_names import weight_paths
from keras_regzoo.regularizers import GroupLasso
from tests.cases import CASES
from tests.objectives.networks import LOSS, X, Y, train

L1 = keras.regularizers.L1(1.0)


def network() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(4, name="body", bias_initializer="ones"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(3, name="head", bias_initializer="ones"),
        ],
        name="net",
    )


def penalty_of(patterns: Any, model: keras.Model) -> float:
    """Returns the penalty logged at the first step."""
    keras.utils.set_random_seed(1)
    wrapped = RegularizedModel(model, [WeightPenalty(patterns)])
    wrapped.compile(keras.optimizers.SGD(0.0), LOSS)
    verbose: Any = 0
    return wrapped.fit(X, Y, verbose=verbose).history["weight_penalty"][0]


def l1_of(model: keras.Model, *paths: str) -> float:
    weights = [
        getattr(model.get_layer(layer), name) for layer, name in (p.split("/") for p in paths)
    ]
    return sum(float(np.abs(ops.convert_to_numpy(weight)).sum()) for weight in weights)


@pytest.mark.parametrize(
    ("patterns", "paths"),
    [
        (L1, ("body/kernel", "head/kernel")),
        ({"kernel": L1}, ("body/kernel", "head/kernel")),
        ({"kernel": L1, "^head/": None}, ("body/kernel",)),
        ({"^head/": L1}, ("head/kernel",)),
        ({"bias": L1}, ("body/bias", "head/bias")),
        ({"head/bias": L1}, ("head/bias",)),
        ({"norm/gamma": L1}, ("norm/gamma",)),
        ({".": L1, "body": None}, ("head/kernel",)),
    ],
    ids=["bare", "all", "but-head", "head", "biases", "one-bias", "scale", "none-of-body"],
)
def test_patterns_choose_weights_by_path(patterns, paths):
    model = network()
    assert penalty_of(patterns, model) == pytest.approx(l1_of(model, *paths), rel=1e-5)


def test_the_last_pattern_decides():
    model = network()
    patterns = {"kernel": keras.regularizers.L1(5.0), "body": L1, "head": None}
    assert penalty_of(patterns, model) == pytest.approx(l1_of(model, "body/kernel"), rel=1e-5)


@pytest.mark.parametrize(
    "regularizer",
    [keras.regularizers.L2(0.3), keras.regularizers.L1L2(0.1, 0.2), GroupLasso(0.1, axis=0)],
    ids=lambda r: type(r).__name__,
)
def test_a_penalty_equals_the_regularizer_built_in(regularizer):
    """Training with the penalty attached afterwards is training with `kernel_regularizer`."""

    def build(built_in):
        keras.utils.set_random_seed(1)
        layer = layers.Dense(3, kernel_regularizer=built_in)
        return keras.Sequential([keras.Input((5,)), layer])

    plain = build(regularizer)
    expected = train(plain, steps=4).history["loss"]
    base = build(None)
    history = train(RegularizedModel(base, [WeightPenalty({"kernel": regularizer})]), steps=4)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(
        ops.convert_to_numpy(base.layers[0].kernel.value),
        ops.convert_to_numpy(plain.layers[0].kernel.value),
        rtol=1e-4,
        atol=1e-6,
    )


KERAS_REGULARIZERS = (
    keras.regularizers.L1(0.1),
    keras.regularizers.L2(0.3),
    keras.regularizers.L1L2(0.1, 0.2),
    keras.regularizers.OrthogonalRegularizer(0.2),
)
OWN_REGULARIZERS = tuple(
    case.cls(**case.arguments()) for case in CASES if case.kind == "regularizer"
)


def test_every_own_regularizer_is_tried():
    assert {type(r).__name__ for r in OWN_REGULARIZERS} == set(regularizers.__all__)


@pytest.mark.parametrize(
    "regularizer", KERAS_REGULARIZERS + OWN_REGULARIZERS, ids=lambda r: type(r).__name__
)
def test_penalty_of_any_regularizer_is_its_value_at_the_kernel(regularizer):
    model = network()
    expected = float(ops.convert_to_numpy(regularizer(model.get_layer("body").kernel)))
    assert abs(expected) > 1e-3
    assert penalty_of({"body/kernel": regularizer}, model) == pytest.approx(expected, rel=1e-5)


def test_a_pattern_without_a_match_lists_the_paths():
    with pytest.raises(
        ValueError, match=r"'kernal', which matches no weight; the paths are body/kernel,"
    ):
        RegularizedModel(network(), [WeightPenalty({"kernal": L1})])


def test_a_pattern_that_matches_biases_without_naming_them_says_so():
    with pytest.raises(ValueError, match="must name a bias, scale or offset to penalize it"):
        RegularizedModel(network(), [WeightPenalty({"^norm/": L1})])


@pytest.mark.parametrize("excluded", ["^norm/", "^body/"], ids=["undecayed", "frozen"])
def test_what_a_pattern_takes_out_may_be_what_is_not_penalized_anyway(excluded):
    model = network()
    model.get_layer("body").trainable = False
    found = penalty_of({"kernel": L1, excluded: None}, model)
    assert found == pytest.approx(l1_of(model, "head/kernel"), rel=1e-5)


def logged(wrapped: keras.Model) -> float:
    wrapped.compile(keras.optimizers.SGD(0.0), LOSS)
    verbose: Any = 0
    return wrapped.fit(X, Y, verbose=verbose).history["weight_penalty"][0]


def test_penalty_follows_what_is_frozen_and_unfrozen_later():
    model = network()
    body, head = model.get_layer("body"), model.get_layer("head")
    wrapped = RegularizedModel(model, [WeightPenalty({"kernel": L1, "body": L1})])
    both = l1_of(model, "body/kernel", "head/kernel")
    assert logged(wrapped) == pytest.approx(both, rel=1e-5)
    body.trainable = False
    assert logged(wrapped) == pytest.approx(l1_of(model, "head/kernel"), rel=1e-5)
    body.trainable, head.trainable = True, False
    assert logged(wrapped) == pytest.approx(l1_of(model, "body/kernel"), rel=1e-5)
    body.trainable = False
    assert logged(wrapped) == 0
    body.trainable = head.trainable = True
    assert logged(wrapped) == pytest.approx(both, rel=1e-5)


def test_penalty_goes_with_gradual_unfreezing():
    model = network()
    wrapped = RegularizedModel(model, [WeightPenalty({"kernel": L1})])
    wrapped.compile(keras.optimizers.SGD(0.0), LOSS)
    verbose: Any = 0
    history = wrapped.fit(X, Y, epochs=3, verbose=verbose, callbacks=[GradualUnfreezing()]).history
    head = l1_of(model, "head/kernel")
    both = l1_of(model, "body/kernel", "head/kernel")
    assert history["weight_penalty"] == pytest.approx([head, head, both], rel=1e-5)


def test_weights_frozen_when_the_model_is_wrapped_are_penalized_once_they_train():
    model = network()
    model.get_layer("body").trainable = False
    wrapped = RegularizedModel(model, [WeightPenalty({"kernel": L1, "body/kernel": L1})])
    assert logged(wrapped) == pytest.approx(l1_of(model, "head/kernel"), rel=1e-5)
    model.get_layer("body").trainable = True
    assert logged(wrapped) == pytest.approx(l1_of(model, "body/kernel", "head/kernel"), rel=1e-5)


@pytest.mark.parametrize(
    ("patterns", "sentence"),
    [
        ({"(": L1}, "must have regular expressions as keys"),
        ({3: L1}, "`patterns` must be a"),
        ({"kernel": 0.1}, "`patterns` must be a"),
        (0.1, "`patterns` must be a"),
    ],
)
def test_bad_patterns_are_refused(patterns, sentence):
    with pytest.raises(ValueError, match=sentence):
        WeightPenalty(patterns)


def test_paths_are_those_of_the_layers_before_and_after_loading(tmp_path):
    """`variable.path` of a Sequential's layers changes when it is loaded."""
    encoder, decoder = dense_autoencoder((5,), hidden=(4,), latent=2)
    penalty = WeightPenalty({"decoder/.*kernel": L1})
    model = Autoencoder(encoder, decoder, objectives=[penalty])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    verbose: Any = 0
    logs = model.fit(X, verbose=verbose).history
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = loaded.fit(X, verbose=verbose).history
    assert again["weight_penalty"] == pytest.approx(logs["weight_penalty"], rel=1e-6)
    kernels = [layer.kernel for layer in decoder.layers if hasattr(layer, "kernel")]
    expected = sum(np.abs(ops.convert_to_numpy(kernel)).sum() for kernel in kernels)
    assert logs["weight_penalty"][0] == pytest.approx(expected, rel=1e-5)


def test_paths_reach_into_wrapped_and_nested_layers():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="deep")], name="inner")
    model = keras.Sequential(
        [keras.Input((5,)), DropConnect(layers.Dense(4, name="dropped"), name="wrapper"), inner]
    )
    paths = (
        "wrapper/dropped/kernel",
        "wrapper/dropped/bias",
        "inner/deep/kernel",
        "inner/deep/bias",
    )
    pairs = zip(model.trainable_variables, paths, strict=True)
    assert [(id(v), path) for v, path in weight_paths(model)] == [(id(v), p) for v, p in pairs]


class PerColumn(keras.regularizers.Regularizer):
    def __call__(self, x):
        return ops.sum(ops.square(x), axis=0)


@pytest.mark.parametrize(
    ("regularizer", "sentence"),
    [
        (keras.regularizers.OrthogonalRegularizer(), "refused conv/kernel: .* rank 2"),
        (regularizers.TowardReference([[1.0]]), "refused conv/kernel: `reference` must have"),
        (PerColumn(), "returned an array of shape .* for conv/kernel"),
    ],
)
def test_regularizers_of_other_weights_are_refused_at_once(regularizer, sentence):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 2, name="conv")])
    with pytest.raises(ValueError, match=f"`patterns` must hold .*{sentence}"):
        RegularizedModel(model, [WeightPenalty({"conv": regularizer})])
