"""The contractive penalty against Jacobians by finite differences, in NumPy."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.backend import PureView, value_and_grad
from keras_regzoo.models import Autoencoder, dense_autoencoder
from keras_regzoo.objectives import ContractivePenalty, Loss, Point
from keras_regzoo.objectives.hutchinson import ProbedJacobian, random_signs
from keras_regzoo.objectives.loss import Step
from keras_regzoo.quiet import QUIET

X = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
ACTIVATIONS = {
    "linear": lambda a: a,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "softplus": lambda a: np.log1p(np.exp(a)),
    "tanh": np.tanh,
}


def network(*widths: int, activation: Any = "tanh", inputs: tuple[int, ...] = (5,)) -> keras.Model:
    """Dense layers with one activation, the last of them called `"code"`, and a linear output."""
    keras.utils.set_random_seed(1)
    names = [f"dense_{i}" for i in range(len(widths) - 1)] + ["code"]
    dense = [
        layers.Dense(w, activation, name=n, bias_initializer="normal")
        for w, n in zip(widths, names, strict=True)
    ]
    flatten = [layers.Flatten()] if len(inputs) > 1 else []
    return keras.Sequential([keras.Input(inputs), *flatten, *dense, layers.Dense(2)])


def weights(model: keras.Model) -> list[np.ndarray]:
    """Kernels and biases of the encoder, in double precision."""
    return [ops.convert_to_numpy(v).astype("float64") for v in model.weights][:-2]


def forward(parameters: list[np.ndarray], x: np.ndarray, activation: str) -> np.ndarray:
    for kernel, bias in zip(parameters[::2], parameters[1::2], strict=True):
        x = ACTIVATIONS[activation](x @ kernel + bias)
    return x


def jacobian(function: Any, x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Central differences, of shape (inputs, examples, units)."""
    flat = x.reshape(len(x), -1).astype("float64")
    moves = step * np.eye(flat.shape[1])
    return np.stack([(function(flat + m) - function(flat - m)) / (2 * step) for m in moves])


def squared_norm(parameters: list[np.ndarray], x: np.ndarray, activation: str = "tanh") -> float:
    found = jacobian(lambda z: forward(parameters, z, activation), x)
    return np.square(found).sum() / len(x)


def penalty_of(model: keras.Model, penalty: ContractivePenalty, x: np.ndarray = X) -> Any:
    return value_and_gradients(model, penalty, x)[0]


def value_and_gradients(
    model: keras.Model,
    penalty: ContractivePenalty,
    x: np.ndarray = X,
    gradients: bool = False,
    tapped: bool = True,
) -> tuple[float, list[np.ndarray]]:
    inputs = ops.convert_to_tensor(x)
    penalty.attach(model)
    step = Step(PureView(model, penalty.taps), inputs)
    draw = penalty.draw(step.weights, inputs)

    def value(values: Any) -> Any:
        loss = Loss(step, lambda *point: (ops.zeros(()), {}))
        if tapped:
            step.forward(values, inputs)
        return penalty.penalty(loss, Point(values, inputs, None, None), draw)

    if not gradients:
        return float(ops.convert_to_numpy(value(step.weights))), []
    made, slopes = value_and_grad(value)(step.weights)
    return float(ops.convert_to_numpy(made)), [ops.convert_to_numpy(slope) for slope in slopes]


@pytest.mark.parametrize(
    ("widths", "activation"),
    [*(((7,), name) for name in ACTIVATIONS), ((4, 6, 3), "sigmoid"), ((7, 3), "softplus")],
)
def test_exact_norm_equals_finite_differences(widths, activation):
    """With a first layer both narrower and wider than the input."""
    model = network(*widths, activation=activation)
    made = penalty_of(model, ContractivePenalty("code", 2.0, "exact"))
    assert made == pytest.approx(squared_norm(weights(model), X, activation), rel=1e-4)


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "elu", "exponential"])
def test_codes_of_the_pass_that_is_made_anyway_are_enough(activation):
    model = network(7, activation=activation)
    penalty = ContractivePenalty("code", 2.0, "exact")
    read = value_and_gradients(model, penalty, gradients=True)
    computed = value_and_gradients(model, penalty, gradients=True, tapped=False)
    assert len(penalty.taps) == 1
    assert read[0] == pytest.approx(computed[0], rel=1e-5)
    for first, second in zip(read[1], computed[1], strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)


def test_images_may_be_flattened_first():
    model = network(7, inputs=(2, 3, 1))
    images = np.random.default_rng(1).normal(size=(4, 2, 3, 1)).astype("float32")
    made = penalty_of(model, ContractivePenalty("code", method="exact"), images)
    assert made == pytest.approx(squared_norm(weights(model), images), rel=1e-4)


def test_every_position_of_a_sequence_counts():
    keras.utils.set_random_seed(1)
    dense = layers.Dense(3, "tanh", name="code")
    model = keras.Sequential([keras.Input((2, 5)), dense, layers.Flatten(), layers.Dense(2)])
    steps = np.stack([X, -0.5 * X + 0.1], axis=1)
    made = penalty_of(model, ContractivePenalty("code", method="exact"), steps)
    found = squared_norm(weights(model), steps.reshape(-1, 5))
    assert made == pytest.approx(2 * found, rel=1e-4)


def test_activation_layers_are_part_of_the_closed_form():
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(3, use_bias=False),
            layers.LeakyReLU(negative_slope=0.2, name="code"),
            layers.Dense(2),
        ]
    )
    kernel = ops.convert_to_numpy(model.weights[0])
    slopes = np.where(X @ kernel > 0, 1.0, 0.2)
    expected = (np.square(slopes) * np.square(kernel).sum(0)).sum() / len(X)
    made = penalty_of(model, ContractivePenalty("code", method="exact"))
    assert made == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("widths", "options"),
    [((4,), {}), ((4, 3), {}), ((4, 1), {"method": "hutchinson", "probes": 2})],
    ids=["one layer", "two layers", "one unit, whose estimate is exact"],
)
def test_gradient_equals_finite_differences(widths, options):
    model = network(*widths)
    parameters = weights(model)
    penalty = ContractivePenalty("code", **options)
    value, gradients = value_and_gradients(model, penalty, gradients=True)
    assert value == pytest.approx(squared_norm(parameters, X), rel=1e-4)
    step = 1e-4
    for index, gradient in enumerate(gradients[:-2]):
        for place in np.ndindex(gradient.shape):
            ends = []
            for sign in (1, -1):
                moved = [each.copy() for each in parameters]
                moved[index][place] += sign * step
                ends.append(squared_norm(moved, X))
            slope = (ends[0] - ends[1]) / (2 * step)
            assert gradient[place] == pytest.approx(slope, abs=2e-4)
    assert not np.any(gradients[-2])


def test_estimate_is_unbiased_and_probes_divide_its_variance():
    model = network(6, 20)
    expected = squared_norm(weights(model), X[:1])
    copies = np.repeat(X[:1], 4000, axis=0)
    encode = keras.Model(model.inputs, model.get_layer("code").output)
    seed = keras.random.SeedGenerator(5)
    signs = [random_signs((4000, 20), seed) for _ in range(8)]
    products = ProbedJacobian(encode, signs)(ops.convert_to_tensor(copies))
    estimates = np.square(ops.convert_to_numpy(ops.stack(products))).sum(-1)
    deviation = estimates[0].std(ddof=1)
    assert abs(estimates[0].mean() - expected) < 4 * deviation / np.sqrt(4000)
    ratio = deviation**2 / estimates.mean(0).var(ddof=1)
    assert ratio == pytest.approx(8, rel=0.2)
    made = penalty_of(model, ContractivePenalty("code", method="hutchinson", seed=3), copies)
    assert made != pytest.approx(expected, rel=1e-6)
    assert abs(made - expected) < 4 * deviation / np.sqrt(4000)
    eight = ContractivePenalty("code", method="hutchinson", probes=8, seed=4)
    assert abs(penalty_of(model, eight, copies) - expected) < 4 * deviation / np.sqrt(32000)


def test_signs_are_fair_and_independent():
    signs = ops.convert_to_numpy(random_signs((500, 40), keras.random.SeedGenerator(0)))
    assert set(np.unique(signs)) == {-1.0, 1.0} and abs(signs.mean()) < 4 / np.sqrt(signs.size)
    correlations = signs.T @ signs / 500 - np.eye(40)
    assert np.abs(correlations).max() < 6 / np.sqrt(500)


def test_an_order_of_axes_that_changes_is_no_dense_chain():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((2, 3, 2)),
            layers.Flatten(data_format="channels_first"),
            layers.Dense(6, "tanh", bias_initializer="normal"),
            layers.Dense(1, "tanh", name="code"),
        ]
    )
    images = np.random.default_rng(1).normal(size=(3, 2, 3, 2)).astype("float32")

    def code(flat: np.ndarray) -> np.ndarray:
        return ops.convert_to_numpy(model(flat.reshape(images.shape).astype("float32")))

    expected = np.square(jacobian(code, images, step=1e-2)).sum() / 3
    made = penalty_of(model, ContractivePenalty("code"), images)
    assert made == pytest.approx(expected, rel=1e-3)


def test_any_encoder_can_be_probed():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            layers.Conv2D(3, 3, activation="tanh"),
            layers.Flatten(),
            layers.Dense(1, "softplus", name="code"),
            layers.Dense(2),
        ]
    )
    encode = keras.Model(model.inputs, model.get_layer("code").output)
    images = np.random.default_rng(1).normal(size=(3, 4, 4, 2)).astype("float32")

    def code(flat: np.ndarray) -> np.ndarray:
        x = ops.convert_to_tensor(flat.reshape(images.shape).astype("float32"))
        return ops.convert_to_numpy(encode(x))

    expected = np.square(jacobian(code, images, step=1e-2)).sum() / 3
    made = penalty_of(model, ContractivePenalty("code"), images)
    assert made == pytest.approx(expected, rel=1e-3)


def is_random(model: keras.Model, **options: Any) -> bool:
    """Whether probes are drawn."""
    penalty = ContractivePenalty(**options)
    penalty.attach(model)
    return bool(penalty.draw([], ops.convert_to_tensor(X))[0])


def test_auto_is_exact_where_that_is_cheap():
    assert not is_random(network(40), encoder="code")
    assert not is_random(network(40, 16), encoder="code")
    assert is_random(network(40, 17), encoder="code")
    assert is_random(network(4, activation="softmax"), encoder="code")
    assert is_random(network(40), encoder="code", method="hutchinson")


@pytest.mark.parametrize("activation", ["softmax", layers.PReLU()], ids=["softmax", "a layer"])
def test_exact_refuses_what_it_cannot_do(activation):
    model = network(4, activation=activation)
    with pytest.raises(ValueError, match="`method` must be 'auto' or 'hutchinson'"):
        RegularizedModel(model, [ContractivePenalty("code", method="exact")])


def test_an_own_elementwise_function_is_exact_when_asked_for():
    def cubed(a):
        return a**3

    model = network(4, activation=cubed)
    assert is_random(model, encoder="code")
    kernel, bias = weights(model)
    slopes = 3 * (X @ kernel + bias) ** 2
    expected = (np.square(slopes) * np.square(kernel).sum(0)).sum() / len(X)
    made = penalty_of(model, ContractivePenalty("code", method="exact"))
    assert made == pytest.approx(expected, rel=1e-4)


class FixedNoise(ContractivePenalty):
    """Adds noise that a reference can know."""

    def draw(self, weights, x):
        return super().draw(weights, x)[0], [0.5 * ops.ones_like(x), -1.0 * ops.ones_like(x)]


@pytest.mark.parametrize(
    ("widths", "method"),
    [((7,), "exact"), ((6, 3), "exact"), ((6, 1), "hutchinson")],
    ids=["one layer", "two layers", "one unit, whose estimate is exact"],
)
def test_second_term_is_the_change_of_the_jacobian_nearby(widths, method):
    model = network(*widths)
    parameters = weights(model)
    here, up, down = (
        jacobian(lambda z: forward(parameters, z, "tanh"), X + 0.2 * noise)
        for noise in (0.0, 0.5, -1.0)
    )
    changes = [np.square(near - here).sum() / len(X) for near in (up, down)]
    expected = np.square(here).sum() / len(X) + 3.0 * np.mean(changes)
    penalty = FixedNoise("code", 2.0, method, higher_order=3.0, stddev=0.2)
    made = penalty_of(model, penalty)
    assert made == pytest.approx(expected, rel=1e-3)


def test_frozen_layers_count_with_their_values():
    model = network(7, 3)
    expected = squared_norm(weights(model), X)
    model.layers[0].trainable = False
    assert penalty_of(model, ContractivePenalty("code")) == pytest.approx(expected, rel=1e-4)


def autoencoder(encoder_name: str | None, objectives: Any = ()) -> Autoencoder:
    keras.utils.set_random_seed(1)
    encoder, decoder = dense_autoencoder((5,), hidden=(), latent=3, code_activation="tanh")
    encoder = keras.Sequential([keras.Input((5,)), *encoder.layers], name=encoder_name)
    return Autoencoder(encoder, decoder, objectives)


@pytest.mark.parametrize(
    ("encoder_name", "wrapped"), [("encoder", False), ("features", False), ("features", True)]
)
def test_encoder_of_an_autoencoder_is_found(encoder_name, wrapped):
    penalty = ContractivePenalty(strength=1.0)
    model = autoencoder(encoder_name, () if wrapped else [penalty])
    trained = RegularizedModel(model, [penalty]) if wrapped else model
    trained.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    logs = trained.fit(X, batch_size=4, verbose=QUIET).history
    parameters = [ops.convert_to_numpy(v).astype("float64") for v in model.encoder.weights]
    expected = squared_norm(parameters, X)
    assert logs["contractive_penalty"][0] == pytest.approx(expected, rel=1e-4)


def test_encoder_may_be_the_layer_itself():
    assert ContractivePenalty(layers.Dense(3, name="code")).get_config()["encoder"] == "code"


def test_unknown_encoder_is_refused_with_the_names():
    with pytest.raises(ValueError, match=r"one of sequential.*, code, .*; received .cod."):
        RegularizedModel(network(7), [ContractivePenalty("cod")])
