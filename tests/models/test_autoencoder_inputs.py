"""What any autoencoder refuses before the first step, and the line between two codes."""

import keras
import numpy as np
import pytest

from keras_regzoo.models import Autoencoder, DenoisingAutoencoder, VariationalAutoencoder
from keras_regzoo.models.inputs import check_data
from tests.models.toys import gaussian, linear

SENTENCE = r"`{}` must hold finite numbers; received an array of shape \(8, 6\) with NaN or infinit"


def compiled(cls=Autoencoder):
    autoencoder = cls(*linear(2))
    autoencoder.compile("sgd", "mse", run_eagerly=True)
    return autoencoder


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("argument", ["x", "y"])
def test_numbers_that_are_not_finite_are_refused_with_nothing_trained(argument, value):
    autoencoder = compiled()
    before = autoencoder.get_weights()
    data = {"x": gaussian(8), "y": gaussian(8)}
    data[argument][3, 2] = value
    with pytest.raises(ValueError, match=SENTENCE.format(argument)):
        autoencoder.fit(**data, verbose=0)
    for now, then in zip(autoencoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("cls", [Autoencoder, DenoisingAutoencoder])
@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 5)])
def test_labels_are_refused_where_none_are_used(cls, shape):
    with pytest.raises(ValueError, match=r"of shape \(6,\) for each example \(labels are not used"):
        compiled(cls).fit(gaussian(8), np.zeros(shape), verbose=0)


def test_labels_in_a_feed_are_refused_at_the_first_step():
    class Feed(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return gaussian(8), np.zeros(8)

    with pytest.raises(ValueError, match="labels are not used"):
        compiled().fit(Feed(), verbose=0)


@pytest.mark.parametrize(("low", "high"), [(-0.25, 1.0), (0.0, 255.0)])
def test_range_found_is_named_where_the_data_leave_it(low, high):
    data = np.linspace(low, high, 5000 * 2).reshape(5000, 2)
    sentence = (
        rf"lie in \[0, 1\] under this likelihood; received numbers from {low:g} to {high:g}\."
    )
    with pytest.raises(ValueError, match=sentence):
        check_data("x", data, (0.0, 1.0))
    check_data("x", data)
    check_data("x", np.array([[0, 1]]), (0.0, 1.0))
    check_data("x", np.zeros((0, 3)), (0.0, 1.0))


def test_models_whose_inputs_are_unknown_are_refused_where_they_must_be_known():
    encoder = keras.Sequential([keras.layers.Dense(4)], name="late")
    with pytest.raises(ValueError, match="`encoder` must be a Sequential or functional model"):
        VariationalAutoencoder(encoder, linear(2)[1], likelihood="gaussian")


def test_interpolation_decodes_the_line_between_the_codes():
    autoencoder = compiled()
    x = gaussian(6)
    a, b = x[:3], x[3:]
    encode, decode = (
        model.get_weights()[0] for model in (autoencoder.encoder, autoencoder.decoder)
    )
    share = np.array([0, 0.25, 0.5, 0.75, 1])[:, None]
    expected = [
        ((1 - share) * p @ encode + share * q @ encode) @ decode for p, q in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(autoencoder.interpolate(a, b, 5), expected, rtol=1e-4, atol=1e-5)


def test_interpolation_between_unequal_numbers_of_examples_is_refused():
    with pytest.raises(ValueError, match="as many examples as `a`, 3; received 2"):
        compiled().interpolate(gaussian(3), gaussian(2))
    with pytest.raises(ValueError, match=r"`steps` must be an integer in \[2, inf\); received"):
        compiled().interpolate(gaussian(3), gaussian(3), steps=1)
