"""A look in the midst of an epoch: what it sees, and that training goes on as without it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import ConsecutiveRiseStopping, held_out
from keras_regzoo.layers import MonteCarloDropout
from keras_regzoo.objectives import WeightPenalty
from tests.backends import BACKEND
from tests.callback_checks import Batches, EndlessBatches

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 4)).astype("float32")
Y = (X.sum(axis=1, keepdims=True) > 0).astype("float32")
HELD_OUT = (X[:10], Y[:10], np.arange(1.0, 11.0))
SEVERAL = 1 if BACKEND == "torch" else 3  # Keras refuses more on PyTorch


def network(drop=layers.Dropout):
    stack = [keras.Input((4,)), layers.Dense(8, "relu"), layers.BatchNormalization(), drop(0.3)]
    return keras.Sequential([*stack, layers.Dense(1, "sigmoid")])


def compiled(model, **options):
    model.compile("adam", "binary_crossentropy", metrics=["accuracy", "mae"], **options)
    return model


def looks(**options):
    """Looks without an end."""
    return ConsecutiveRiseStopping(10**6, **{"restore_best_weights": False, "every": 1, **options})


class Changes(keras.callbacks.Callback):
    """Reads a variable after the step, as any callback may, behind or before a look."""

    def on_train_batch_end(self, batch, logs=None):
        if getattr(self.model, "_jax_state", None):
            self.model.jax_state_sync()
        self.seen = ops.convert_to_numpy(self.model.trainable_variables[0])


def trained(build, callbacks, feed=None, **options):
    """Returns all that training leaves: weights, optimizer, seeds, history."""
    keras.utils.set_random_seed(3)
    model = compiled(build(), **options)
    data = {"x": X, "y": Y, "batch_size": 4} if feed is None else {"x": feed()}
    history = model.fit(
        **data, validation_data=(X, Y), epochs=2, verbose=0, callbacks=callbacks
    ).history
    variables = (*model.variables, *model.optimizer.variables)
    return [np.array(ops.convert_to_numpy(v)) for v in variables], history


def assert_same(first, second):
    for value, expected in zip(first[0], second[0], strict=True):
        np.testing.assert_array_equal(value, expected)
    assert first[1] == second[1]


@pytest.mark.parametrize("several", sorted({1, SEVERAL}))
def test_training_is_bit_identical_with_looks_and_without(several):
    def fit(*callbacks):
        return trained(network, list(callbacks), steps_per_execution=several)

    plain = fit()
    data = {"validation_data": HELD_OUT, "validation_batch_size": 3}
    assert_same(fit(looks(**data)), plain)
    assert_same(fit(looks(every=99, **data)), plain)  # with the batch that is tried at first alone
    assert_same(fit(Changes(), looks(every=4, **data), Changes(), looks(**data)), plain)


def regularized():
    return RegularizedModel(network(), [WeightPenalty({"kernel": keras.regularizers.L2(0.01)})])


def unbuilt():
    return keras.Sequential([layers.Dense(8, "relu"), layers.Dropout(0.3), layers.Dense(1)])


@pytest.mark.parametrize(
    ("build", "feed"),
    [
        (unbuilt, None),
        (lambda: network(MonteCarloDropout), None),
        (regularized, lambda: Batches(X, Y)),
    ],
    ids=["unbuilt", "random at inference", "regularized, PyDataset"],
)
def test_looks_leave_seeds_metrics_and_feeds_alone(build, feed):
    options = {"feed": feed, "run_eagerly": True}
    plain = trained(build, [], **options)
    assert_same(trained(build, [looks(validation_data=HELD_OUT)], **options), plain)


def test_modules_of_the_backend_stay_in_training_mode():
    if BACKEND != "torch":
        pytest.skip("PyTorch alone has modules with a mode")
    import torch

    def build():
        drop = layers.TorchModuleWrapper(torch.nn.Dropout(0.5))
        return keras.Sequential([keras.Input((4,)), drop, layers.Dense(1, "sigmoid")])

    plain = trained(build, [])
    assert_same(trained(build, [looks(validation_data=HELD_OUT)]), plain)


def test_look_sees_the_model_as_it_is_after_the_step():
    """Against NumPy: a linear model under gradient descent, looked at after each step."""
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["mae"], run_eagerly=True)
    weight = np.asarray(ops.convert_to_numpy(model.layers[0].kernel), "float64")
    callback = looks(monitor="val_mae", validation_data=(X[:10], Y[:10]))
    options = {"batch_size": 5, "shuffle": False, "verbose": 0}
    model.fit(X, Y, epochs=2, callbacks=[callback], **options)
    expected = []
    for step in range(8):
        rows = slice(5 * (step % 4), 5 * (step % 4) + 5)
        weight = weight - 0.1 * 2 / 5 * X[rows].T @ (X[rows] @ weight - Y[rows])
        expected.append(np.abs(X[:10] @ weight - Y[:10]).mean())
    assert callback.curves["val_mae"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("data", [HELD_OUT, HELD_OUT[:2], Batches(X, Y)])
def test_values_are_those_of_evaluate(data):
    model = compiled(network(), run_eagerly=True)
    given = {"x": data} if isinstance(data, Batches) else dict(zip("xy", data[:2], strict=True))
    if isinstance(data, tuple) and len(data) == 3:
        given["sample_weight"] = data[2]
    expected = model.evaluate(**given, verbose=0, return_dict=True)
    found = held_out.HeldOut(data).evaluate(model)
    assert found == pytest.approx({f"val_{name}": value for name, value in expected.items()})


@pytest.mark.parametrize(
    ("data", "batch_size", "sentence"),
    [
        ((X,), None, r"or \(x, y, sample_weight\), or a dataset; received a tuple of 1"),
        (X, None, "`validation_data` must be a tuple"),
        ([X, Y], None, "`validation_data` must be a tuple"),
        ({"x": X}, None, "`validation_data` must be a tuple"),
        (((X, Y) for _ in range(2)), None, "which can be gone through only once"),
        (Batches(X, Y), 2, "`validation_batch_size` must be left out beside a dataset"),
        ((X.tolist(), Y.tolist()), None, "`validation_data` must hold arrays; received lists of"),
        (EndlessBatches(X, Y), None, r"or a dataset; received .*, which never ends"),
        ((X, Y), 0, r"`validation_batch_size` must be an integer in \[1, inf\); received"),
    ],
)
def test_data_that_cannot_be_looked_at_are_refused(data, batch_size, sentence):
    with pytest.raises(ValueError, match=sentence):
        held_out.HeldOut(data, batch_size)
