"""Training on until the validation loss is low enough, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo.training import continue_to_objective

RNG = np.random.default_rng(1)
X = RNG.normal(size=(12, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]])).astype("float32")
VALIDATION = (X[8:], Y[8:])


def linear():
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((3,)), dense])
    model.compile(keras.optimizers.SGD(0.05), "mse", run_eagerly=True)
    return model


def losses(steps):
    """Loss on the validation part before and after each step of gradient descent in turns."""
    w, found = np.zeros((3, 1)), []
    for step in range(steps + 1):
        found.append(float(np.mean((VALIDATION[0] @ w - VALIDATION[1]) ** 2)))
        rows = slice(4 * (step % 3), 4 * (step % 3) + 4)
        w = w - 0.05 * 2 / 4 * X[rows].T @ (X[rows] @ w - Y[rows])
    return found


def go_on(objective, max_steps, **options):
    given = {"batch_size": 4, "shuffle": False, **options}
    return continue_to_objective(linear(), X, Y, VALIDATION, objective, max_steps, **given)


@pytest.mark.parametrize("every", [1, 2, None])
def test_it_stops_at_the_first_look_at_which_the_objective_is_reached(every):
    curve = losses(60)
    objective = (curve[19] + curve[20]) / 2
    assert curve[20] < objective < min(curve[:20])
    result = go_on(objective, 60, every=every)
    n = every or 3
    expected = next(step for step in range(n, 61, n) if curve[step] <= objective)
    assert result.reached
    assert result.steps == expected == result.model.optimizer.iterations
    assert result.loss == pytest.approx(curve[expected], rel=1e-4)
    assert len(result.history["loss"]) == -(-expected // 3)


@pytest.mark.parametrize("max_steps", [1, 6, 8])
def test_objective_that_is_never_reached_ends_at_the_limit(max_steps):
    result = go_on(1e-9, max_steps, every=4)
    assert not result.reached
    assert result.steps == max_steps
    assert result.loss == pytest.approx(losses(max_steps)[-1], rel=1e-4)


def test_objective_reached_after_the_last_look_is_said_to_be():
    curve = losses(8)
    assert curve[8] < curve[6]
    result = go_on((curve[6] + curve[8]) / 2, 8, every=6)
    assert (result.steps, result.reached) == (8, True)


def test_nothing_is_trained_where_it_is_reached_already():
    result = go_on(losses(0)[0] + 1e-3, 5)
    assert (result.steps, result.reached, result.history) == (0, True, {})
    assert not ops.convert_to_numpy(result.model.layers[0].kernel).any()


def test_it_goes_on_from_the_model_and_its_optimizer():
    model = linear()
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    options = {"batch_size": 4, "shuffle": False}
    result = continue_to_objective(model, X, Y, VALIDATION, 1e-9, 3, **options)
    assert result.model is model
    assert (result.steps, int(model.optimizer.iterations)) == (3, 6)
    assert result.loss == pytest.approx(losses(6)[-1], rel=1e-4)


def test_callbacks_of_the_user_are_called_too():
    made = []

    def callbacks():
        made.append(keras.callbacks.History())
        return made[-1:]

    result = go_on(1e-9, 4, callbacks=callbacks)
    called = [loss for history in made for loss in history.history["loss"]]
    assert called == result.history["loss"]
    assert len(made) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"objective": float("inf")}, "`objective` must be a number in"),
        ({"max_steps": 0}, r"`max_steps` must be an integer in \[1, inf\); received max_steps=0"),
        ({"every": 0}, "`every` must be an integer"),
        ({"batch_size": 0}, "`batch_size` must be an integer"),
        ({"validation_data": (X,)}, "`validation_data` must be a tuple"),
        ({"model": keras.Sequential()}, "`model` must be a compiled Keras model; received"),
        ({"steps_per_epoch": 2}, "`steps_per_epoch` must be left out"),
    ],
)
def test_bad_arguments_are_refused(options, sentence):
    given = {"model": linear(), "x": X, "y": Y, "validation_data": VALIDATION, **options}
    with pytest.raises(ValueError, match=sentence):
        continue_to_objective(**{"objective": 0.1, "max_steps": 3, **given})
