"""Jacobian norm, saturation and dead units: measures of an encoder, against finite differences."""

import keras
import numpy as np
import pytest

from keras_regzoo.diagnostics import dead_units, jacobian_norm, saturation

pytestmark = pytest.mark.one_backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 6)).astype("float32")


def encoder(*layers, shape=(6,)):
    return keras.Sequential([keras.Input(shape), *layers])


def subclassed(end=lambda code: code):
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3, "tanh")

        def call(self, inputs):
            return end(self.dense(inputs))

    model = Subclassed()
    model(X)
    return model


ENCODERS = {
    "one dense layer": lambda: encoder(keras.layers.Dense(3, "sigmoid")),
    "flattened": lambda: encoder(
        keras.layers.Flatten(), keras.layers.Dense(3, "tanh"), shape=(3, 2)
    ),
    "two dense layers": lambda: encoder(
        keras.layers.Dense(4, "tanh"), keras.layers.Dense(3, "softplus")
    ),
    "a softmax": lambda: encoder(keras.layers.Dense(4, "softmax")),
    "normalized, with dropout": lambda: encoder(
        keras.layers.BatchNormalization(), keras.layers.Dropout(0.5), keras.layers.Dense(3, "elu")
    ),
    "convolution": lambda: encoder(keras.layers.Conv1D(2, 2, activation="tanh"), shape=(3, 2)),
}


@pytest.mark.parametrize("name", ENCODERS)
def test_norm_is_that_of_finite_differences(name):
    model = ENCODERS[name]()
    x = X.reshape(-1, *model.input_shape[1:])
    step = 1e-2
    total = np.zeros(len(x))
    for index in np.ndindex(*x.shape[1:]):
        moved = np.zeros_like(x)
        moved[(slice(None), *index)] = step
        difference = model.predict(x + moved, verbose=0) - model.predict(x - moved, verbose=0)
        total += np.square(difference / (2 * step)).reshape(len(x), -1).sum(1)
    actual = jacobian_norm(model, x, batch_size=3)
    np.testing.assert_allclose(actual, np.sqrt(total), rtol=2e-3)


def test_norm_of_a_subclassed_encoder_is_that_of_its_layer():
    model = subclassed()
    expected = jacobian_norm(encoder(model.dense), X)
    np.testing.assert_allclose(jacobian_norm(model, X, batch_size=2), expected, rtol=1e-5)


def test_saturation_and_dead_units_count_what_is_at_the_limits():
    model = encoder(keras.layers.Dense(4, use_bias=False))
    codes = np.array([[0.02, 0.5, 0.99, 0.0], [0.5, 0.5, 0.96, 0.0]], "float32")
    model.set_weights([np.linalg.pinv(X[:2]) @ codes])
    np.testing.assert_allclose(saturation(model, X[:2], batch_size=1), [0.75, 0.5])
    assert dead_units(model, X[:2], threshold=1e-4).tolist() == [False, False, False, True]


@pytest.mark.parametrize("measure", [jacobian_norm, saturation, dead_units])
def test_bad_arguments_are_one_sentence(measure):
    model = encoder(keras.layers.Dense(2))
    with pytest.raises(ValueError, match="`encoder` must be a `keras` Model"):
        measure(None, X)
    with pytest.raises(ValueError, match="`encoder` must be a built model with one input"):
        measure(keras.Sequential([keras.layers.Dense(2)]), X)
    with pytest.raises(ValueError, match="`x` must be floating-point examples, at least one"):
        measure(model, X[:0])
    with pytest.raises(ValueError, match="`x` must be floating-point examples"):
        measure(model, X.astype("int32"))
    with pytest.raises(ValueError, match=r"`x` must be floating-point examples, .* object"):
        measure(model, iter([X]))
    with pytest.raises(ValueError, match="`x` must hold finite numbers; received an array of sh"):
        measure(model, X * np.nan)
    with pytest.raises(ValueError, match=r"`x` must hold examples of shape \(6,\), as 'sequential"):
        measure(model, X[:, :4])
    with pytest.raises(ValueError, match="`encoder` must be a built model with one input and one"):
        measure(subclassed(lambda code: [code, code]), X)
    with pytest.raises(ValueError, match="`batch_size` must be an integer"):
        measure(model, X, batch_size=0)


def test_limits_of_saturation_and_of_dead_units_are_checked():
    model = encoder(keras.layers.Dense(2))
    with pytest.raises(ValueError, match=r"`high` must be a number in \(0.05, inf\)"):
        saturation(model, X, high=0.01)
    with pytest.raises(ValueError, match=r"`threshold` must be a number in \[0, inf\)"):
        dead_units(model, X, threshold=-1)
