"""greedy_pretrain: stages against NumPy and PCA, and what moves when."""

import keras
import numpy as np
import pytest
from keras import layers
from scipy.linalg import subspace_angles
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from keras_regzoo.layers import KSparse, TiedDense
from keras_regzoo.models import (
    Autoencoder,
    StackedAutoencoder,
    conv_autoencoder,
    dense_autoencoder,
)
from keras_regzoo.training import greedy_pretrain
from keras_regzoo.training.chains import levels_of, through
from tests.models.toys import numpy_weights
from tests.training.pretrained import (
    STILL,
    UNIFORM,
    autoencoder,
    eager,
    random_weights,
    seeing,
)

__all__ = ["eager"]  # a fixture


def still(model, x=UNIFORM, **options):
    """Returns the loss of each stage at the weights that the model has."""
    options = {"epochs": 1, "batch_size": len(x), "optimizer": STILL, "verbose": 0, **options}
    found = greedy_pretrain(random_weights(model), x, **options)
    return [history["loss"][0] for history in found.histories]


def affine(x, kernel, bias):
    return x @ kernel + bias


def mse(a, b):
    return np.mean((a - b) ** 2)


def test_linear_levels_span_the_principal_subspaces_of_the_codes_below():
    rng = np.random.default_rng(4)
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    x = (rng.normal(size=(64, 6)) * [3, 2, 1.5, 1, 0.2, 0.1]) @ rotation
    x -= x.mean(axis=0)

    def dense(units):
        return layers.Dense(units, use_bias=False, kernel_initializer="orthogonal")

    encoder = keras.Sequential([keras.Input((6,)), dense(4), dense(2)])
    decoder = keras.Sequential([keras.Input((2,)), dense(4), dense(6)])
    steps = 250
    schedule = keras.optimizers.schedules.CosineDecay(0.1, steps)
    greedy_pretrain(
        Autoencoder(encoder, decoder),
        np.tile(x, (steps, 1)),
        epochs=1,
        batch_size=len(x),
        optimizer=keras.optimizers.Adam(schedule),
        verbose=0,
    )
    below = x
    for down, up in zip(numpy_weights(encoder), numpy_weights(decoder)[::-1], strict=True):
        components = PCA(down.shape[1]).fit(below).components_
        assert subspace_angles(up.T, components.T).max() < 0.05
        below = below @ down


@pytest.mark.usefixtures("eager")
def test_each_stage_rebuilds_the_codes_below_by_the_layer_that_mirrors_it():
    model = autoencoder(code_activation="relu", output_activation="sigmoid")
    losses = still(model)
    first, second, code = np.split(np.array(numpy_weights(model.encoder), object), 3)
    back = np.split(np.array(numpy_weights(model.decoder), object), 3)
    low = np.tanh(affine(UNIFORM, *first))
    high = np.tanh(affine(low, *second))
    deep = np.maximum(affine(high, *code), 0)
    made = [
        1 / (1 + np.exp(-affine(low, *back[2]))),
        np.tanh(affine(high, *back[1])),
        np.tanh(affine(deep, *back[0])),
    ]
    targets = (UNIFORM, low, high)
    expected = [mse(a, b) for a, b in zip(made, targets, strict=True)]
    assert losses == pytest.approx(expected, rel=1e-4)


@pytest.mark.usefixtures("eager")
def test_extra_weights_bridge_activations_that_differ_and_are_dropped():
    dense = layers.Dense
    encoder = keras.Sequential([keras.Input((6,)), dense(5, "relu"), dense(3)])
    decoder = keras.Sequential([keras.Input((3,)), dense(4, "tanh"), dense(6)])
    model = Autoencoder(encoder, decoder)
    parameters = model.count_params()
    notes, callbacks = seeing(numpy_weights)
    losses = still(model, callbacks=callbacks)
    down, down_bias, kernel, bias, up, up_bias = notes[0]
    assert kernel.shape == (5, 4)
    low = np.maximum(affine(UNIFORM, down, down_bias), 0)
    bridged = np.tanh(affine(low, kernel, bias))
    code, code_bias, back, back_bias = notes[1]
    made = np.tanh(affine(affine(low, code, code_bias), back, back_bias))
    expected = [mse(affine(bridged, up, up_bias), UNIFORM), mse(made, bridged)]
    assert losses == pytest.approx(expected, rel=1e-4)
    assert model.count_params() == parameters
    assert len(model.weights) == 8


def names_of(encoder, decoder):
    levels = levels_of(Autoencoder(encoder, decoder), encoder.input_shape)
    return [
        [layer.name for layer in (*level.encode, *(level.decode or [])) if layer.weights]
        for level in levels
    ]


def test_levels_pair_layers_from_the_outside_and_the_rest_goes_to_the_code():
    encoder, _ = dense_autoencoder((6,), (5, 4), 3)
    _, decoder = dense_autoencoder((6,), (5,), 3)
    first, second, code, back, out = (each.name for each in (*encoder.layers, *decoder.layers))
    assert names_of(encoder, decoder) == [[first, out], [second, code, back]]


@pytest.mark.parametrize("tied", [False, True])
def test_convolutions_of_odd_images_are_paired_with_what_mirrors_them(tied):
    encoder, decoder = conv_autoencoder((7, 5, 1), (2, 3), 4, tied=tied)
    down, up = (
        [layer.name for layer in model.layers if layer.weights] for model in (encoder, decoder)
    )
    assert names_of(encoder, decoder) == [list(p) for p in zip(down, up[::-1], strict=True)]
    shape = (None, 7, 5, 1)
    for level in levels_of(Autoencoder(encoder, decoder), shape):
        code = through(level.encode, shape)
        assert level.given[1:] == code[1:]
        assert through(level.decode or [], code)[1:] == shape[1:]
        shape = code


@pytest.mark.usefixtures("eager")
def test_weights_move_in_their_own_stage_alone():
    model = autoencoder(tied=True)
    notes, callbacks = seeing(lambda _: model.get_weights())
    found = greedy_pretrain(model, UNIFORM, epochs=1, callbacks=callbacks, verbose=0)
    notes.append(model.get_weights())
    variables = {v.path: i for i, v in enumerate(model.weights)}
    for stage, names in enumerate(found.layers):
        own = {
            variables[v.path]
            for layer in (*model.encoder.layers, *model.decoder.layers)
            if layer.name in names
            for v in layer.weights
        }
        pairs = zip(notes[stage], notes[stage + 1], strict=True)
        moved = {i for i, (a, b) in enumerate(pairs) if np.any(a != b)}
        assert moved == own
    assert all(isinstance(layer, TiedDense) for layer in model.decoder.layers)


class Negated(layers.Layer):
    """A corruption without chance."""

    def call(self, inputs, training=False):
        return -inputs if training else inputs


@pytest.mark.usefixtures("eager")
def test_corruption_and_sparsity_act_in_their_stage_in_training_alone():
    encoder, decoder = dense_autoencoder((6,), (5,), 3, "tanh")
    losses = still(
        Autoencoder(encoder, decoder), corruption=[None, Negated()], sparsity=[KSparse(2), None]
    )
    down, down_bias, code, code_bias = numpy_weights(encoder)
    back, back_bias, up, up_bias = numpy_weights(decoder)
    low = np.tanh(affine(UNIFORM, down, down_bias))
    kept = low * (low >= np.sort(low, axis=1)[:, -2:-1])
    made = np.tanh(affine(affine(-low, code, code_bias), back, back_bias))
    expected = [mse(affine(kept, up, up_bias), UNIFORM), mse(made, low)]
    assert losses == pytest.approx(expected, rel=1e-4)
    found = greedy_pretrain(
        Autoencoder(encoder, decoder),
        UNIFORM,
        groups=2,
        epochs=1,
        corruption=Negated(),
        validation_data=UNIFORM,
        optimizer=STILL,
        verbose=0,
    )
    deep = affine(low, code, code_bias)
    whole = affine(np.tanh(affine(deep, back, back_bias)), up, up_bias)
    assert found.histories[0]["val_loss"][0] == pytest.approx(mse(whole, UNIFORM), rel=1e-4)


@pytest.mark.usefixtures("eager")
def test_cross_entropy_is_of_inputs_and_codes_in_the_unit_interval():
    model = autoencoder("sigmoid", output_activation="sigmoid")
    losses = still(model, groups=(1,), loss="binary_crossentropy")
    kernel, bias = numpy_weights(model.encoder)[:2]
    back, back_bias = numpy_weights(model.decoder)[-2:]
    low = 1 / (1 + np.exp(-affine(UNIFORM, kernel, bias)))
    p = 1 / (1 + np.exp(-affine(low, back, back_bias)))
    entropy = -np.mean(UNIFORM * np.log(p) + (1 - UNIFORM) * np.log(1 - p))
    assert losses == pytest.approx([entropy], rel=1e-4)
    chain = keras.Sequential([keras.Input((6,)), layers.Dense(4, "sigmoid"), layers.Dense(2)])
    notes, callbacks = seeing(lambda network: network.layers[-1].get_config()["activation"])
    still(chain, loss="binary_crossentropy", callbacks=callbacks)
    assert notes == ["sigmoid", "sigmoid"]


@pytest.mark.usefixtures("eager")
def test_classifier_body_is_trained_and_its_output_layer_left_alone():
    inputs = keras.Input((8, 6, 1))
    hidden = layers.Conv2D(3, 3, 2, "same", activation="relu")(inputs)
    hidden = layers.MaxPooling2D()(layers.BatchNormalization()(hidden))
    hidden = layers.Dense(5, "relu")(layers.Flatten()(hidden))
    model = keras.Model(inputs, layers.Dense(2, "softmax")(layers.Dropout(0.5)(hidden)))
    model.compile("adam", "mse")
    optimizer, names = model.optimizer, [layer.name for layer in model.layers]
    before = model.get_weights()
    notes, callbacks = seeing(lambda network: network.compute_output_shape((None, 8, 6, 1)))
    x = np.random.default_rng(2).uniform(size=(16, 8, 6, 1))
    found = greedy_pretrain(model, x, (1, 1), epochs=1, callbacks=callbacks, verbose=0)
    assert [len(stage) for stage in found.layers] == [2, 1]
    assert notes[0] == (None, 8, 6, 1)
    moved = [np.any(a != b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [True] * 8 + [False] * 2
    assert model.optimizer is optimizer
    assert optimizer.iterations == 0
    assert [layer.name for layer in model.layers] == names
    assert model.layers[1].output is not None


@pytest.mark.usefixtures("eager")
def test_stages_of_a_stacked_autoencoder_are_its_levels():
    stages = [dense_autoencoder((6,), (5,), 4), dense_autoencoder((4,), (), 2)]
    model = StackedAutoencoder(stages)
    notes, callbacks = seeing(lambda network: [w.shape for w in network.get_weights()])
    losses = still(model, callbacks=callbacks)
    assert [len(shapes) for shapes in notes] == [8, 4]
    codes = stages[0][0].predict(UNIFORM, verbose=0)
    (e1, d1), (e2, d2) = stages
    made = d2.predict(e2.predict(codes, verbose=0), verbose=0)
    rebuilt = d1.predict(codes, verbose=0)
    assert losses == pytest.approx([mse(rebuilt, UNIFORM), mse(made, codes)], rel=1e-4)
    assert e1 is model.stage_models[0][0]
    with pytest.raises(ValueError, match="`model` must be a stacked autoencoder in the deep form"):
        greedy_pretrain(StackedAutoencoder(stages[:1], chained=True), UNIFORM)


@pytest.mark.one_backend
def test_pretrained_deep_network_begins_at_a_lower_loss():
    x = (load_digits().data[:640] / 16).astype("float32")

    def deep():
        return Autoencoder(*dense_autoencoder((64,), (40,), 20, *["sigmoid"] * 3))

    model = deep()
    adam = keras.optimizers.Adam(0.02)
    greedy_pretrain(model, x, epochs=25, batch_size=128, optimizer=adam, verbose=0)
    random, variance = deep().reconstruction_error(x).mean(), x.var(axis=0).mean()
    assert model.reconstruction_error(x).mean() < 0.75 * variance < random
