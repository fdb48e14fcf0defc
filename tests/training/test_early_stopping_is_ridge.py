"""Gradient descent of Keras, stopped early on a quadratic loss, is ridge regression."""

import keras
import numpy as np
import pytest
from keras import ops

pytestmark = pytest.mark.one_backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4)) * [2.0, 1.0, 0.5, 0.2]
Y = X @ np.array([[1.0], [-2.0], [3.0], [2.0]]) + 0.1 * RNG.normal(size=(30, 1))
HESSIAN = 2 / len(X) * X.T @ X  # of the mean squared error
EIGENVALUES, VECTORS = np.linalg.eigh(HESSIAN)
OPTIMUM = np.linalg.solve(HESSIAN, 2 / len(X) * X.T @ Y)


def stopped(steps, rate):
    """Returns by how much Keras's SGD from zero has come to the optimum, for each eigenvector."""
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((4,)), dense])
    model.compile(keras.optimizers.SGD(rate), "mse")
    batches = (np.tile(data.astype("float32"), (steps, 1)) for data in (X, Y))
    model.fit(*batches, batch_size=len(X), shuffle=False, verbose=0)
    return share(ops.convert_to_numpy(dense.kernel))


def share(weights):
    return (VECTORS.T @ weights / (VECTORS.T @ OPTIMUM))[:, 0]


def ridge(penalty):
    """The same of the minimum of the mean squared error + penalty / 2 ‖w‖², solved in NumPy."""
    return share(np.linalg.solve(HESSIAN + penalty * np.eye(4), 2 / len(X) * X.T @ Y))


@pytest.mark.parametrize(("steps", "rate"), [(1, 0.1), (7, 0.05), (40, 0.02)])
def test_each_direction_is_that_of_ridge_with_its_own_penalty(steps, rate):
    """(1 − ε λ)^τ = α / (λ + α), equation 7.44, solved for α."""
    left = (1 - rate * EIGENVALUES) ** steps
    penalties = EIGENVALUES * left / (1 - left)
    found = stopped(steps, rate)
    for direction, penalty in enumerate(penalties):
        assert found[direction] == pytest.approx(ridge(penalty)[direction], rel=2e-4)


def test_one_penalty_is_right_to_first_order_in_all_directions():
    """Equation 7.45: with x = ε τ λ the shares differ by x² (1 + 1/τ) / 2 + O(x³)."""
    steps, rate = 5, 0.02 / (5 * EIGENVALUES[-1])
    x = steps * rate * EIGENVALUES
    difference = stopped(steps, rate) - ridge(1 / (rate * steps))
    np.testing.assert_allclose(difference[-2:], (x**2 * (1 + 1 / steps) / 2)[-2:], rtol=0.1)
    assert (np.abs(difference) < 0.02 * x).all()


def test_penalty_is_never_far_off():
    """1 − e^−x and x / (1 + x) differ by at most 0.204, at x = 2.51."""
    rate = 0.05 / EIGENVALUES[-1]
    differences = [stopped(steps, rate) - ridge(1 / (rate * steps)) for steps in (10, 50, 250)]
    assert 0.18 < np.max(differences) < 0.21
    assert np.min(differences) > -1e-4
