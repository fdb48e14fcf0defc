"""The confidence penalty: the entropy of predictions, counted once."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import softmax
from scipy.stats import entropy

from keras_regzoo.backend import value_and_grad
from keras_regzoo.regularizers import Entropy
from tests.compiled import as_they_are, compiled
from tests.regularizers.values import value_and_gradient

LOGITS = 2 * np.random.default_rng(0).normal(size=(5, 4))


@pytest.mark.parametrize("prepare", [as_they_are, compiled])
@pytest.mark.parametrize("shape", [(5, 4), (5, 2, 2)])
def test_value_is_the_negative_sum_of_entropies_in_nats(shape, prepare):
    logits = LOGITS.reshape(shape)
    p = softmax(logits, axis=-1)
    expected = -0.3 * np.sum(entropy(p, axis=-1))
    for outputs, from_logits in ((logits, True), (p, False)):
        value, _ = value_and_gradient(Entropy(0.3, from_logits), outputs, prepare)
        assert value == pytest.approx(expected, rel=1e-5)


def test_gradient_with_respect_to_logits_is_the_closed_form():
    """∂(−H)/∂z_k = p_k (log p_k + H), which the paper gives with the other sign."""
    p = softmax(LOGITS, axis=-1)
    expected = 0.3 * p * (np.log(p) + entropy(p, axis=-1)[:, None])
    _, gradient = value_and_gradient(Entropy(0.3, from_logits=True), LOGITS)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_certain_predictions_have_no_entropy_and_a_finite_gradient():
    for outputs, from_logits in (([[1.0, 0.0]], False), ([[200.0, -200.0]], True)):
        value, gradient = value_and_gradient(Entropy(1.0, from_logits), outputs)
        assert value == pytest.approx(0.0, abs=1e-6)
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("rows", [1, 7])
def test_as_activity_regularizer_it_is_the_mean_entropy_of_the_batch(rows):
    layer = keras.layers.Dense(3, "softmax", activity_regularizer=Entropy(0.5))
    x = np.random.default_rng(1).normal(size=(rows, 2)).astype("float32")
    p = ops.convert_to_numpy(layer(x))
    assert float(ops.convert_to_numpy(layer.losses[0])) == pytest.approx(
        -0.5 * entropy(p, axis=-1).mean(), rel=1e-5
    )


def test_training_on_it_alone_makes_predictions_uniform():
    layer = keras.layers.Dense(3, activity_regularizer=Entropy(1.0, from_logits=True))
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.Adam(0.1), loss=lambda y, z: 0.0 * ops.sum(z, axis=-1))
    x = np.tile(np.random.default_rng(2).normal(size=(8, 2)), (150, 1)).astype("float32")
    model.fit(x, np.zeros((len(x), 3)), batch_size=8, verbose=0)
    p = softmax(ops.convert_to_numpy(model(x[:8])), axis=-1)
    np.testing.assert_allclose(p, 1 / 3, atol=1e-2)


@pytest.mark.parametrize("shape", [(4, 1), ()])
def test_fewer_than_two_classes_are_refused(shape):
    with pytest.raises(ValueError, match="must be given at least two classes"):
        Entropy()(ops.ones(shape))


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_small_probabilities_in_half_precision_have_a_finite_gradient(dtype, from_logits):
    p = np.array([[0.9999, 1e-5, 0.0, 9e-5]], "float32")
    outputs = np.log(p + 1e-9) if from_logits else p
    _, expected = value_and_gradient(Entropy(1.0, from_logits), outputs)
    value, gradient = value_and_grad(Entropy(1.0, from_logits))(ops.cast(outputs, dtype))
    assert keras.backend.standardize_dtype(value.dtype) == dtype
    gradient = ops.convert_to_numpy(ops.cast(gradient, "float32"))
    np.testing.assert_allclose(gradient, expected, rtol=0.05, atol=1e-2)
