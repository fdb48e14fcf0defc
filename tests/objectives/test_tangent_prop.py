"""Tangent propagation against finite differences, and on points that turn about the origin."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import TangentProp, image_tangents
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import X, fit_steps

RANDOM = np.random.default_rng(3)
DIRECTIONS = RANDOM.normal(size=(12, 2, 5)).astype("float32")


def network(inputs: tuple[int, ...] = (5,)) -> keras.Model:
    keras.utils.set_random_seed(1)
    entry = keras.Input(inputs, name="image")
    flat = layers.Flatten()(entry) if len(inputs) > 1 else entry
    hidden = layers.Dense(8, "tanh", bias_initializer="normal")(flat)
    return keras.Model(entry, layers.Dense(3)(hidden))


def named(model: keras.Model) -> keras.Model:
    """The same network; made with a list of inputs it takes its own from a dict, by name."""
    return keras.Model(model.inputs, model.output)


def outputs(model: keras.Model, x: np.ndarray) -> np.ndarray:
    """The network's outputs in double precision."""
    kernel, bias, last, last_bias = (
        ops.convert_to_numpy(v).astype("float64") for v in model.weights
    )
    return np.tanh(x.reshape(len(x), -1).astype("float64") @ kernel + bias) @ last + last_bias


def squared_change(model: keras.Model, x: np.ndarray, directions: np.ndarray) -> float:
    """Mean over examples of the squares of the derivatives along (batch, n, ...) directions."""
    step = 1e-5
    changes = [
        outputs(model, x + step * directions[:, i].astype("float64"))
        - outputs(model, x - step * directions[:, i].astype("float64"))
        for i in range(directions.shape[1])
    ]
    return np.square(np.array(changes) / (2 * step)).sum() / len(x)


def penalty_of(model: keras.Model, tangents: Any, x: Any, **options: Any) -> float:
    wrapped = RegularizedModel(model, [TangentProp(tangents, strength=0.5, **options)])
    wrapped.compile(keras.optimizers.SGD(0.0), "mse")
    rows = len(next(iter(x.values())) if isinstance(x, dict) else x)
    y = np.zeros((rows, 3))
    logs = wrapped.fit(x, y, batch_size=rows, shuffle=False, verbose=QUIET).history
    return logs["tangent_prop"][0] / 0.5


def test_penalty_is_the_squared_jacobian_vector_product():
    model = network()
    made = penalty_of(model, lambda x: ops.convert_to_tensor(DIRECTIONS), X)
    assert made == pytest.approx(squared_change(model, X, DIRECTIONS), rel=1e-4)


def test_tangents_may_be_given_with_each_example():
    model = network()
    x = {"image": X, "tangents": DIRECTIONS}
    made = penalty_of(named(model), lambda x: {"image": x["tangents"]}, x)
    assert made == pytest.approx(squared_change(model, X, DIRECTIONS), rel=1e-4)


def test_image_tangents_are_made_in_the_step():
    model = network((6, 5, 2))
    images = RANDOM.random((4, 6, 5, 2), dtype="float32")
    kinds = ["rotation", "thickness"]
    made = penalty_of(model, kinds, images, stddev=0.7)
    directions = ops.convert_to_numpy(image_tangents(images, kinds, 0.7))
    assert made == pytest.approx(squared_change(model, images, directions), rel=1e-4)


@keras.saving.register_keras_serializable(package="tests")
def turned(x):
    """The tangent of the rotations about the origin."""
    return ops.stack([ops.stack([-x[:, 1], x[:, 0]], axis=-1)], axis=1)


@pytest.mark.one_backend
def test_trained_outputs_do_not_change_along_exact_tangents():
    """The labels jump where one coordinate is 0.3, which an untreated twin learns."""
    points = np.random.default_rng(0).normal(size=(120, 2)).astype("float32")
    y = (np.hypot(*points.T) + 0.5 * (points[:, 0] > 0.3)).astype("float32")
    changes = []
    treatments: Any = ([], [TangentProp(turned, strength=30.0)])
    for objectives in treatments:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((2,)), layers.Dense(32, "tanh"), layers.Dense(1)])
        wrapped = RegularizedModel(model, objectives)
        wrapped.compile(keras.optimizers.Adam(0.03), "mse", jit_compile="auto")
        fit_steps(wrapped, points, y, 150)
        angle = 1e-2
        ends = [
            ops.convert_to_numpy(model(points @ _rotation(sign * angle))) for sign in (1.0, -1.0)
        ]
        changes.append(np.square((ends[0] - ends[1]) / (2 * angle)).mean())
    untreated, treated = changes
    assert treated < untreated / 50


def _rotation(angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin], [-sin, cos]], "float32")


def test_registered_function_is_saved_with_the_model(tmp_path):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    wrapped = RegularizedModel(model, [TangentProp(turned)])
    wrapped.save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").objectives[0].tangents is turned


@pytest.mark.parametrize(
    ("tangents", "sentence"),
    [
        (lambda x: x, "must have the shape of the inputs with one axis more"),
        (lambda x: x[:, None, :3], "must have the shape of the inputs with one axis more"),
        (lambda x: {"image": x}, "must have the shape of the inputs with one axis more"),
    ],
)
def test_tangents_of_another_shape_are_refused(tangents, sentence):
    with pytest.raises(ValueError, match=sentence):
        penalty_of(network(), tangents, X)


def test_tangents_of_what_is_not_fed_are_refused():
    x = {"image": X, "tangents": DIRECTIONS}
    with pytest.raises(ValueError, match=r"\['image', 'tangents'\]; received \['picture'\]"):
        penalty_of(named(network()), lambda x: {"picture": x["tangents"]}, x)


def test_named_tangents_of_what_is_no_image_are_refused():
    model = keras.Sequential([keras.Input((5, 5)), layers.Flatten(), layers.Dense(3)])
    with pytest.raises(ValueError, match=r"`tangents` must be a function where inputs are no imag"):
        RegularizedModel(model, [TangentProp(["rotation"])])


def test_a_lambda_is_refused_when_saved():
    with pytest.raises(ValueError, match="`tangents` must be a function with a name to be saved"):
        TangentProp(lambda x: x[:, None]).get_config()
