"""k-sparse codes: exactly the k largest, ties or not, and gradients through them alone."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo.backend import value_and_grad
from keras_regzoo.callbacks import Scheduler
from keras_regzoo.layers import KSparse
from tests.layers.noise import numpy

X = np.random.default_rng(0).normal(size=(20, 12)).astype("float32")


def largest(x, k):
    """The k largest of each row by NumPy's sort; of equal ones the first."""
    order = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    mask = np.zeros_like(x)
    np.put_along_axis(mask, order, 1.0, axis=-1)
    return mask


@pytest.mark.parametrize("k", [1, 5, 12])
@pytest.mark.parametrize("training", [True, False, None])
def test_exactly_the_k_largest_are_kept_as_they_are(k, training):
    np.testing.assert_array_equal(numpy(KSparse(k)(X, training=training)), X * largest(X, k))


@pytest.mark.parametrize("k", [1, 3, 7])
def test_of_equal_activations_the_first_are_kept_and_the_number_is_exact(k):
    x = np.random.default_rng(1).integers(1, 4, size=(50, 8)).astype("float32")
    kept = numpy(KSparse(k)(x))
    assert set(np.count_nonzero(kept, axis=1)) == {k}
    np.testing.assert_array_equal(kept, x * largest(x, k))
    assert set(np.count_nonzero(numpy(KSparse(k)(np.ones((2, 8)))), axis=1)) == {k}


def test_each_position_of_a_sequence_has_winners_of_its_own():
    x = np.random.default_rng(1).normal(size=(4, 3, 7)).astype("float32")
    np.testing.assert_array_equal(numpy(KSparse(2)(x)), x * largest(x, 2))


def test_gradient_is_the_mask():
    layer = KSparse(3)
    gradient = value_and_grad(lambda x: ops.sum(layer(x, training=True)))(ops.array(X))[1]
    np.testing.assert_array_equal(numpy(gradient), largest(X, 3))


@pytest.mark.parametrize(("alpha", "kept"), [(1.0, 4), (1.5, 6), (2.3, 9), (10.0, 12)])
def test_at_inference_alpha_times_k_are_kept(alpha, kept):
    layer = KSparse(4, alpha=alpha)
    assert set(np.count_nonzero(numpy(layer(X, training=True)), axis=1)) == {4}
    np.testing.assert_array_equal(numpy(layer(X)), X * largest(X, kept))


def test_schedule_lowers_k_in_a_compiled_fit():
    """Of ones, with targets of zero, the loss is k over the number of units."""
    layer = KSparse(10, name="sparse")
    model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(20), layer])
    model.layers[0].set_weights([np.eye(20), np.zeros(20)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    ones = np.ones((8, 20), "float32")
    ks = [10, 6.4, 1]
    schedule = Scheduler("sparse/k", lambda epoch: ks[epoch])
    history = model.fit(ones, 0 * ones, epochs=3, verbose=0, callbacks=[schedule])
    np.testing.assert_allclose(history.history["loss"], np.array([10, 6, 1]) / 20, rtol=1e-6)


def test_schedule_above_the_first_k_is_refused():
    model = keras.Sequential([keras.Input((20,)), KSparse(5, name="sparse")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    schedule = Scheduler("sparse/k", lambda epoch: 6)
    with pytest.raises(ValueError, match=r"`sparse/k` must be a number in \[1, 5\]"):
        model.fit(X[:, :1] + np.zeros(20), np.zeros((20, 20)), verbose=0, callbacks=[schedule])


def test_k_above_the_width_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match="`k` must be at most the number of units, 12; received"):
        KSparse(13)(X)


def test_an_unknown_width_is_refused_in_one_sentence():
    with pytest.raises(ValueError, match=r"`inputs` must have a known number of units.*None"):
        KSparse(2).build((None, None))
