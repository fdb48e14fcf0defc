"""The maximum over transforms: invariance to the group they form."""

import keras
import numpy as np
import pytest
from keras import layers as keras_layers
from keras import ops

from keras_regzoo.layers import MaxOverTransforms
from tests.cases.feature_layers import negated, unchanged

TURNS = [lambda x, k=k: np.rot90(x, k, axes=(1, 2)) for k in range(4)]
MIRROR = [lambda x: x, lambda x: x[:, :, ::-1]]
FLIPS = [*MIRROR, lambda x: x[:, ::-1], lambda x: x[:, ::-1, ::-1]]
GROUPS = {
    "mirror": MIRROR,
    "flips": FLIPS,
    "rotations": TURNS,
    "dihedral": [lambda x, t=t, m=m: m(t(x)) for t in TURNS for m in MIRROR],
}


def images(rows=5, side=4, channels=2):
    shape = (rows, side, side, channels)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def flat_net(units=3):
    return keras.Sequential([keras_layers.Flatten(), keras_layers.Dense(units)])


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("name", GROUPS)
def test_output_is_the_maximum_over_the_transformed_images(name):
    x = images()
    layer = MaxOverTransforms(flat_net(), name)
    made = numpy(layer(x))
    kernel, bias = layer.layer.get_weights()
    each = [transform(x).reshape(len(x), -1) @ kernel + bias for transform in GROUPS[name]]
    np.testing.assert_allclose(made, np.max(each, axis=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", GROUPS)
def test_convolutional_net_is_invariant_to_the_group_alone(name):
    x = images(side=6)
    net = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            keras_layers.Conv2D(4, 3, activation="relu"),
            keras_layers.Flatten(),
            keras_layers.Dense(3),
        ]
    )
    layer = MaxOverTransforms(net, name)
    expected = numpy(layer(x))
    for transform in GROUPS[name]:
        turned = np.ascontiguousarray(transform(x))
        np.testing.assert_allclose(numpy(layer(turned)), expected, rtol=1e-5, atol=1e-6)
    others = [t for g, group in GROUPS.items() for t in group if g == "dihedral"]
    changes = [
        np.abs(numpy(layer(np.ascontiguousarray(t(x)))) - expected).max() > 1e-3 for t in others
    ]
    assert sum(changes) == 8 - len(GROUPS[name])


def test_invariance_survives_training():
    x = images(16)
    model = keras.Sequential([MaxOverTransforms(flat_net(), "rotations"), keras_layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(x, np.arange(16.0)[:, None], epochs=2, verbose=0)
    turned = np.ascontiguousarray(np.rot90(x, axes=(1, 2)))
    np.testing.assert_allclose(numpy(model(turned)), numpy(model(x)), rtol=1e-5, atol=1e-6)


@keras.saving.register_keras_serializable("tests")
def halved(x):
    return x[:, ::2]


def test_own_functions_are_maximized_over():
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    dense = keras_layers.Dense(4, use_bias=False)
    made = numpy(MaxOverTransforms(dense, [unchanged, negated])(x))
    np.testing.assert_allclose(made, np.abs(x @ dense.get_weights()[0]), rtol=1e-5, atol=1e-6)


def test_channels_first_turns_the_last_two_axes():
    x = images(side=4, channels=4)
    layer = MaxOverTransforms(flat_net(), "rotations", data_format="channels_first")
    turned = np.ascontiguousarray(np.rot90(x, axes=(2, 3)))
    np.testing.assert_allclose(numpy(layer(turned)), numpy(layer(x)), rtol=1e-5, atol=1e-6)


def test_features_keep_their_axes():
    layer = MaxOverTransforms(keras_layers.Conv2D(7, 2))
    assert tuple(layer(images()).shape) == (5, 3, 3, 7)


@pytest.mark.parametrize("name", ["rotations", "dihedral"])
def test_images_to_turn_must_be_square(name):
    with pytest.raises(ValueError, match=r"square images as inputs; received shape \(2, 4, 5, 1\)"):
        MaxOverTransforms(flat_net(), name)(np.zeros((2, 4, 5, 1)))
    MaxOverTransforms(flat_net(), "flips")(np.zeros((2, 4, 5, 1)))


def test_images_of_unknown_size_to_turn_must_be_square():
    layer = MaxOverTransforms(keras_layers.GlobalAveragePooling2D(), "rotations")
    layer.build((None, None, None, 1))
    with pytest.raises(ValueError, match="must have square images as inputs; received shape"):
        layer(ops.ones((2, 4, 5, 1)))


def test_functions_must_keep_the_shape():
    layer = MaxOverTransforms(keras_layers.Flatten(), [halved])
    with pytest.raises(
        ValueError, match=r"^`transforms` must keep the shape[^\n]*received one that"
    ):
        layer(ops.ones((2, 4)))


def test_image_transforms_need_images():
    with pytest.raises(ValueError, match=r"must have images .* received shape \(2, 3\)"):
        MaxOverTransforms(flat_net(), "mirror")(np.zeros((2, 3)))
