"""Sharpness of losses whose largest rise is known."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.diagnostics import sharpness
from keras_regzoo.models import Autoencoder
from keras_regzoo.objectives import SharpnessAware
from keras_regzoo.objectives.sharpness_aware import ascend

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 3)).astype("float32")
Y = RANDOM.normal(size=(40, 1)).astype("float32")


def linear(weights, wrapped=False):
    layer = keras.layers.Dense(1, use_bias=False)
    model = keras.Sequential([keras.Input((3,)), layer])
    layer.kernel.assign(weights)
    model = RegularizedModel(model, [SharpnessAware(0.1)]) if wrapped else model
    model.compile("sgd", "mse", metrics=["mae"], run_eagerly=keras.backend.backend() != "jax")
    return model


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("batch_size", [7, 100])
def test_around_the_minimum_of_a_quadratic_it_is_that_of_the_largest_curvature(batch_size, wrapped):
    """The mean squared error rises by εᵀ (XᵀX / n) ε: at most ρ² times the largest eigenvalue."""
    best = np.linalg.lstsq(X, Y, rcond=None)[0]
    model = linear(best, wrapped)
    greatest = np.linalg.eigvalsh(X.T @ X / len(X))[-1]
    found = sharpness(model, X, Y, radius=0.5, steps=60, batch_size=batch_size)
    assert found == pytest.approx(0.25 * greatest, rel=1e-3)


def test_one_step_is_that_of_sharpness_aware_training():
    weights = RANDOM.normal(size=(3, 1)).astype("float32")
    model = linear(weights)
    gradient = 2 * X.T @ (X @ weights - Y) / len(X)
    (worst,) = ascend([ops.convert_to_tensor(weights)], [ops.convert_to_tensor(gradient)], 0.1)
    loss = [np.mean((X @ w - Y) ** 2) for w in (ops.convert_to_numpy(worst), weights)]
    assert sharpness(model, X, Y, 0.1, steps=1) == pytest.approx(loss[0] - loss[1], rel=1e-3)


def test_model_is_as_it_was():
    model = linear(np.ones((3, 1)))
    before = model.evaluate(X, Y, verbose=0)
    sharpness(model, X, Y)
    np.testing.assert_array_equal(model.get_weights()[0], np.ones((3, 1)))
    assert model.evaluate(X, Y, verbose=0) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"radius": 0.0}, "`radius` must be a number in"),
        ({"steps": 0}, "`steps` must be an integer in"),
        ({"batch_size": 0}, "`batch_size` must be an integer in"),
        ({"model": None}, "`model` must be a"),
        ({"model": keras.Sequential([keras.Input((3,))])}, "`model` must be built and compiled"),
        ({"y": Y[:3]}, "`y` must have one row"),
        ({"x": X[:0], "y": Y[:0]}, "`x` must have at least one example"),
        ({"x": X * np.nan}, "`x` must be finite"),
        ({"y": Y * np.inf}, "`y` must be finite"),
        (
            {"y": np.zeros((len(X), 3, 7))},
            "takes, and `y` what its loss compares",
        ),
        ({"x": X[:, :2]}, r"`x` must be what the model takes, .* received shapes \(\d+, 2\) and"),
        ({"x": X * 1e30}, "`model` must have a finite loss on `x` and `y`; it is inf"),
    ],
)
def test_bad_arguments_are_one_sentence(changes, message):
    with pytest.raises(ValueError, match=message):
        sharpness(**{"model": linear(np.ones((3, 1))), "x": X, "y": Y, **changes})


def test_model_with_a_loss_of_its_own_is_refused():
    ends = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)]) for _ in range(2)]
    model = Autoencoder(*ends)
    with pytest.raises(ValueError, match="`model` must be built and compiled with a loss"):
        sharpness(model, X, X)
