"""Parameter tying against NumPy, and against the minimum that is known."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import ParameterTying
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import X, arrays, fit_steps


def twins() -> keras.Model:
    """Two submodels of the same shapes, side by side."""
    inputs = keras.Input((5,))
    sides = [
        keras.Sequential(
            [keras.Input((5,)), layers.Dense(4, name="hidden"), layers.Dense(2, name="out")],
            name=name,
        )
        for name in ("left", "right")
    ]
    return keras.Model(inputs, layers.Add()([side(inputs) for side in sides]))


def step(model: keras.Model, penalty: ParameterTying, rate: float = 0.0, **options: Any) -> Any:
    """Trains on targets that are met, so that the penalty alone moves weights."""
    wrapped = RegularizedModel(model, [penalty])
    wrapped.compile(keras.optimizers.SGD(rate), "mse", run_eagerly=True)
    y = ops.convert_to_numpy(model(X))
    return wrapped, wrapped.fit(X, y, batch_size=12, verbose=QUIET, **options).history


@pytest.mark.parametrize(
    ("first", "second", "pairs"),
    [
        ("left", "right", [(0, 4), (1, 5), (2, 6), (3, 7)]),
        ("left/hidden", "right/hidden", [(0, 4), (1, 5)]),
        ("left/out/kernel", "right/out/kernel", [(2, 6)]),
    ],
    ids=["submodels", "layers", "variables"],
)
def test_both_sides_follow_the_gradient_of_their_distance(first, second, pairs):
    model = twins()
    before = arrays(model)
    _, logs = step(model, ParameterTying(first, second, 0.3), rate=0.5)
    expected = sum(np.square(before[a] - before[b]).sum() for a, b in pairs)
    assert logs["parameter_tying"][0] == pytest.approx(0.3 * expected, rel=1e-5)
    after = arrays(model)
    tied = dict(pairs) | {b: a for a, b in pairs}
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        other = before[tied.get(index, index)]
        np.testing.assert_allclose(new, old - 0.5 * 0.3 * 2 * (old - other), atol=1e-5)


@pytest.mark.parametrize("what", ["model", "layer", "variable", "arrays"])
def test_weights_of_another_model_draw_and_stay(what):
    model, other = twins(), twins()
    layer = other.get_layer("right").get_layer("out")
    first, second, indices = {
        "model": (None, other, range(8)),
        "layer": ("right/out", layer, (6, 7)),
        "variable": ("right/out/kernel", layer.kernel, (6,)),
        "arrays": ("right/out", [ops.convert_to_numpy(v) for v in layer.weights], (6, 7)),
    }[what]
    before, target = arrays(model), arrays(other)
    step(model, ParameterTying(first, second, 0.5), rate=0.25)
    for index, (old, new) in enumerate(zip(before, arrays(model), strict=True)):
        pull = target[index] - old if index in indices else 0.0
        np.testing.assert_allclose(new, old + 0.25 * pull, atol=1e-5)
    for old, new in zip(target, arrays(other), strict=True):
        np.testing.assert_array_equal(old, new)


def test_copies_are_saved_with_the_model(tmp_path):
    model = twins()
    other = keras.models.clone_model(model)
    wrapped, logs = step(model, ParameterTying(None, other, 0.5))
    wrapped.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for old, new in zip(arrays(other), loaded.objectives[0].copies, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(new))
    again = loaded.fit(X, ops.convert_to_numpy(model(X)), batch_size=12, verbose=QUIET).history
    assert again["parameter_tying"][0] == pytest.approx(logs["parameter_tying"][0], rel=1e-5)


def test_least_squares_tied_to_a_start_is_ridge_regression_around_it():
    random = np.random.default_rng(0)
    y = random.normal(size=(12, 1)).astype("float32")
    start = random.normal(size=(5, 1)).astype("float32")
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1, use_bias=False)])
    wrapped = RegularizedModel(model, [ParameterTying("kernel", [start], 0.2)])
    wrapped.compile(keras.optimizers.SGD(0.2), "mse")
    fit_steps(wrapped, X, y, 150)
    gram = X.T @ X / 12 + 0.2 * np.eye(5)
    expected = np.linalg.solve(gram, X.T @ y / 12 + 0.2 * start)
    np.testing.assert_allclose(arrays(model)[0], expected, atol=1e-4)


def test_part_of_the_model_itself_must_be_named():
    model = twins()
    with pytest.raises(ValueError, match="must be named where it is a part of the model"):
        RegularizedModel(model, [ParameterTying("left", model.get_layer("right"))])


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="must have weights of the same shapes"):
        RegularizedModel(twins(), [ParameterTying("left/hidden", "right/out")])


def test_half_a_name_is_no_name():
    with pytest.raises(ValueError, match="received 'lef'; the paths are left/hidden/kernel, "):
        RegularizedModel(twins(), [ParameterTying("lef", "right")])


def test_what_is_frozen_after_wrapping_stays_tied_to_what_trains():
    model = twins()
    penalty = ParameterTying("left", "right", 0.3)
    wrapped = RegularizedModel(model, [penalty])
    left, right = model.get_layer("left"), model.get_layer("right")
    left.trainable = False
    before = [np.array(ops.convert_to_numpy(v)) for v in right.variables]
    fixed = [np.array(ops.convert_to_numpy(v)) for v in left.variables]
    y = ops.convert_to_numpy(model(X))
    wrapped.compile(keras.optimizers.SGD(0.5), "mse")
    history = wrapped.fit(X, y, batch_size=12, verbose=QUIET).history
    expected = sum(np.square(a - b).sum() for a, b in zip(fixed, before, strict=True))
    assert history["parameter_tying"][0] == pytest.approx(0.3 * expected, rel=1e-5)
    for old, other, variable in zip(before, fixed, right.variables, strict=True):
        expected = old - 0.5 * 0.3 * 2 * (old - other)
        np.testing.assert_allclose(ops.convert_to_numpy(variable), expected, atol=1e-5)


def test_one_set_of_weights_is_not_two():
    with pytest.raises(ValueError, match="must be two sets of weights; received 'left' twice"):
        RegularizedModel(twins(), [ParameterTying("left", "left")])


def test_arrays_must_be_finite():
    with pytest.raises(ValueError, match=r"`second` must hold finite numbers; .* shape \(2,\)"):
        ParameterTying("left", [np.array([1.0, np.nan])])
