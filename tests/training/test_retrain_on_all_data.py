"""Training anew for so many steps: where it ends, against NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo.callbacks import GeneralizationLossStopping, TargetStopping, TimeStopping
from keras_regzoo.training import retrain_on_all_data

RNG = np.random.default_rng(0)
X = RNG.normal(size=(10, 3)).astype("float32")
Y = RNG.normal(size=(10, 1)).astype("float32")


def build():
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((3,)), dense])
    model.compile(keras.optimizers.SGD(0.05), "mse", run_eagerly=True)
    return model


def descend(steps, weights=None):
    """Gradient descent on batches of 4, 4 and 2, again and again."""
    w = np.zeros((3, 1))
    factors = np.ones((10, 1)) if weights is None else weights[:, None]
    for step in range(steps):
        rows = slice(4 * (step % 3), 4 * (step % 3) + 4)
        error = factors[rows] * (X[rows] @ w - Y[rows])
        w = w - 0.05 * 2 / len(error) * X[rows].T @ error
    return w


@pytest.mark.parametrize("weights", [None, np.arange(10.0)])
@pytest.mark.parametrize("steps", [1, 3, 8])
def test_weights_are_those_of_exactly_so_many_steps(steps, weights):
    options = {"sample_weight": weights, "shuffle": False}
    result = retrain_on_all_data(build, X, Y, steps, batch_size=4, **options)
    kernel = ops.convert_to_numpy(result.model.layers[0].kernel)
    np.testing.assert_allclose(kernel, descend(steps, weights), atol=1e-6)
    assert result.steps == steps == result.model.optimizer.iterations
    assert len(result.history["loss"]) == -(-steps // 3)


@pytest.mark.parametrize(("found_on", "steps"), [(10, 7), (7, 10), (4, 18), (100, 1)])
def test_steps_are_scaled_to_as_many_passes(found_on, steps):
    result = retrain_on_all_data(build, X, Y, 7, batch_size=4, steps_found_on=found_on)
    assert result.steps == steps == result.model.optimizer.iterations


def test_best_steps_of_a_stopping_callback_are_what_it_takes():
    """Validation on the negated targets: every step makes it worse, so that the first is best."""
    stop = GeneralizationLossStopping(1e300, every=1, validation_data=(X[7:], -Y[7:]))
    build().fit(X[:7], Y[:7], batch_size=2, verbose=0, shuffle=False, callbacks=[stop])
    values = stop.curves["val_loss"]
    steps = stop.best_steps or 0
    assert steps == int(np.argmin(values)) + 1
    result = retrain_on_all_data(build, X, Y, steps, batch_size=2)
    assert result.model.optimizer.iterations == steps


def test_each_model_is_new():
    first = retrain_on_all_data(build, X, Y, 2, batch_size=4, shuffle=False)
    second = retrain_on_all_data(build, X, Y, 2, batch_size=4, shuffle=False)
    assert first.model is not second.model
    for one, other in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "stop",
    [
        lambda: TargetStopping(1e9, monitor="loss", restore_best_weights=False),
        lambda: TimeStopping(1e-9, restore_best_weights=False),
    ],
)
def test_steps_are_those_taken_where_a_callback_stops_earlier(stop):
    result = retrain_on_all_data(build, X, Y, 8, batch_size=4, callbacks=lambda: [stop()])
    assert result.steps == result.model.optimizer.iterations <= 3
    assert len(result.history["loss"]) == 1


def test_it_is_silent_and_calls_callbacks_made_once_for_the_fit(capsys):
    made = []

    def callbacks():
        made.append(keras.callbacks.History())
        return made[-1:]

    result = retrain_on_all_data(build, X, Y, 4, batch_size=4, callbacks=callbacks)
    assert [history.epoch for history in made] == [[0, 1]]
    assert made[0].history["loss"] == result.history["loss"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"steps": 0}, r"`steps` must be an integer in \[1, inf\); received steps=0"),
        ({"steps": None}, "`steps` must be an integer"),
        ({"batch_size": 0}, "`batch_size` must be an integer"),
        ({"steps_found_on": 0}, "`steps_found_on` must be an integer"),
        ({"build": 3}, "`build` must return a compiled model when called; received 3"),
        ({"build": lambda: 3}, "`build` must return a compiled model when called; it returned 3"),
        ({"y": Y[:3]}, "`y` must have one row for each of 10 examples"),
        ({"epochs": 3}, "`epochs` must be left out"),
        ({"callbacks": [1]}, "`callbacks` must be a function"),
    ],
)
def test_bad_arguments_are_refused(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        retrain_on_all_data(**{"build": build, "x": X, "y": Y, "steps": 2, **options})
