"""greedy_pretrain: stages against NumPy and PCA, what moves when, disks, and refusals."""

import tracemalloc

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
from keras_regzoo.training import greedy_pretrain, stage_codes
from keras_regzoo.training.chains import levels_of, through
from keras_regzoo.training.stages import Network
from tests.models.toys import numpy_weights

STILL = keras.optimizers.SGD(0.0)
UNIFORM = np.random.default_rng(0).uniform(size=(32, 6)).astype("float32")


@pytest.fixture
def eager(monkeypatch):
    compiled = keras.Model.compile

    def run_eagerly(model, *args, **options):
        compiled(model, *args, run_eagerly=True, jit_compile=False, **options)

    monkeypatch.setattr(Network, "compile", run_eagerly)


class Seen(keras.callbacks.Callback):
    """Notes what `look` returns of each stage's network before it trains."""

    def __init__(self, look, notes):
        super().__init__()
        self.look, self.notes = look, notes

    def on_train_begin(self, logs=None):
        self.notes.append(self.look(self.model))


def seeing(look):
    notes = []
    return notes, lambda: [Seen(look, notes)]


def autoencoder(activation="tanh", **options):
    return Autoencoder(*dense_autoencoder((6,), (5, 4), 3, activation, **options))


def random_weights(model):
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.7, weight.shape) for weight in model.get_weights()])
    return model


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


@pytest.mark.usefixtures("eager")
def test_stored_codes_give_the_same_weights_and_are_deleted(tmp_path):
    x = np.memmap(tmp_path / "x.raw", "float32", "w+", shape=(32, 6))
    x[:] = UNIFORM
    folder = tmp_path / "codes"
    folder.mkdir()

    def trained(**options):
        keras.utils.set_random_seed(5)
        model = autoencoder()
        options = {"validation_split": 0.25, "corruption": 0.2, "epochs": 2, **options}
        found = greedy_pretrain(model, options.pop("x", UNIFORM), verbose=0, **options)
        return model.get_weights(), found

    notes, callbacks = seeing(lambda _: [p.stat().st_size for p in folder.glob("*/*.npy")])
    weights, found = trained()
    others, again = trained(x=x, store=folder, callbacks=callbacks)
    assert found.histories == again.histories
    for a, b in zip(weights, others, strict=True):
        np.testing.assert_array_equal(a, b)
    header = 128
    assert [sorted(sizes) for sizes in notes] == [
        [],
        [header + 8 * 5 * 4, header + 24 * 5 * 4],
        [header + 8 * 4 * 4, header + 24 * 4 * 4],
    ]
    assert not list(folder.iterdir())


@pytest.mark.usefixtures("eager")
def test_memory_holds_neither_the_inputs_nor_the_codes(tmp_path, monkeypatch):
    monkeypatch.setattr(stage_codes, "CHUNK", 2**19)
    rows, width = 6_000, 256
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", "float32", (rows, width))
    x[:] = 0.5
    chain = keras.Sequential([keras.Input((width,)), layers.Dense(width), layers.Dense(4)])
    tracemalloc.start()
    greedy_pretrain(chain, x, epochs=1, batch_size=1000, store=tmp_path, verbose=0)
    stored = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stored < 0.8 * x.nbytes


class Interrupted(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        raise KeyboardInterrupt


@pytest.mark.usefixtures("eager")
def test_interruption_leaves_a_whole_model_and_no_files(tmp_path):
    model = autoencoder()
    model.encoder.layers[2].trainable = False
    flags = [v.trainable for v in model.variables]
    made = iter([[], [Interrupted()]])
    with pytest.raises(KeyboardInterrupt):
        greedy_pretrain(
            model, UNIFORM, epochs=1, store=tmp_path, callbacks=lambda: next(made), verbose=0
        )
    assert [v.trainable for v in model.variables] == flags
    assert not list(tmp_path.iterdir())
    assert np.isfinite(model.reconstruct(UNIFORM)).all()


@pytest.mark.usefixtures("eager")
def test_stage_stops_early_with_its_best_weights():
    chain = autoencoder()
    found = greedy_pretrain(
        chain,
        UNIFORM,
        epochs=[9, 9, 1],
        optimizer=STILL,
        validation_data=UNIFORM[:8],
        patience=2,
        verbose=0,
    )
    assert [len(history["loss"]) for history in found.histories] == [3, 3, 1]
    model = Autoencoder(*dense_autoencoder((6,), (), 3))
    found = greedy_pretrain(
        model,
        UNIFORM,
        epochs=8,
        optimizer=keras.optimizers.SGD(10.0),
        validation_split=0.25,
        patience=1,
        verbose=0,
    )
    (history,) = found.histories
    assert len(history["loss"]) < 8
    scores = model.reconstruction_error(UNIFORM[24:])
    assert np.mean(scores) == pytest.approx(min(history["val_loss"]), rel=1e-4)


@pytest.mark.usefixtures("eager")
def test_progress_is_shown_on_stderr_unless_silent(capsys):
    greedy_pretrain(autoencoder(), UNIFORM, epochs=1)
    shown = capsys.readouterr()
    assert "stage 3 of 3: code" in shown.err
    assert "loss 0." in shown.err
    greedy_pretrain(autoencoder(), UNIFORM, epochs=1, verbose=0)
    assert "stage" not in capsys.readouterr().err + shown.out


def test_pretrained_deep_network_begins_at_a_lower_loss():
    x = (load_digits().data[:640] / 16).astype("float32")

    def deep():
        return Autoencoder(*dense_autoencoder((64,), (40,), 20, *["sigmoid"] * 3))

    model = deep()
    adam = keras.optimizers.Adam(0.02)
    greedy_pretrain(model, x, epochs=25, batch_size=128, optimizer=adam, verbose=0)
    random, variance = deep().reconstruction_error(x).mean(), x.var(axis=0).mean()
    assert model.reconstruction_error(x).mean() < 0.75 * variance < random


REFUSED = {
    "model": (3, "`model` must be a `keras` Model"),
    "x": (np.full((4, 6), np.nan), "`x` must be finite"),
    "groups": ((2, 2), "`groups` must be a list .* at most the 3 levels"),
    "epochs": ([1, 0, 1], r"`epochs` must be an integer in \[1, inf\); received epochs=0"),
    "batch_size": (0, "`batch_size` must be an integer"),
    "optimizer": ("adamant", "`optimizer` must be an optimizer or the name of one"),
    "loss": ("binary_crossentropy", "`loss` must be .* stage 1 has outputs of 'reconstruction'"),
    "corruption": ([0.1], "`corruption` must be one value, or a list .* 3 stages; received 1"),
    "sparsity": (0.1, "`sparsity` must be a `keras` Layer"),
    "validation_split": (1.0, r"`validation_split` must be a number in \[0, 1\)"),
    "validation_data": (np.ones((4, 5)), r"`validation_data` must hold inputs of shape \(6,\)"),
    "patience": (2, "`patience` must come with a `validation_split` or `validation_data`"),
    "callbacks": ([], "`callbacks` must be a function that returns"),
    "store": ("/no/such/folder", "`store` must be a folder that exists"),
}


@pytest.mark.parametrize("argument", REFUSED)
def test_bad_arguments_are_one_sentence_before_training(argument):
    value, sentence = REFUSED[argument]
    given = {"model": autoencoder(), "x": UNIFORM, "verbose": 0, argument: value}
    with pytest.raises(ValueError, match=sentence):
        greedy_pretrain(given.pop("model"), given.pop("x"), **given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"x": UNIFORM[:, :4]}, r"`x` must have the shape of the model's inputs, \(None, 6\)"),
        ({"x": UNIFORM[:, 0]}, r"`x` must be one array of numbers"),
        ({"groups": 0}, "`groups` must be an integer"),
        ({"loss": "nonsense"}, "`loss` must be a loss or the name of one"),
        ({"loss": ["mse", "binary_crossentropy", "mse"]}, "stage 2 has codes of 'dense"),
        ({"corruption": 1.0}, r"`corruption` must be a number in \[0, 1\)"),
        ({"validation_split": 0.99}, "`validation_split` must leave examples"),
        ({"validation_split": 0.5, "validation_data": UNIFORM}, "`validation_split` must be 0"),
    ],
)
def test_other_bad_values_are_one_sentence(given, sentence):
    x = given.pop("x", UNIFORM)
    with pytest.raises(ValueError, match=sentence):
        greedy_pretrain(autoencoder(), x, verbose=0, **given)


def test_models_that_are_no_chain_or_cannot_be_trained_are_refused():
    inputs = keras.Input((6,))
    split = layers.Dense(6)(inputs)
    branched = keras.Model(inputs, layers.Add()([split, inputs]))
    with pytest.raises(ValueError, match="`model` must be a chain of layers"):
        greedy_pretrain(branched, UNIFORM)
    with pytest.raises(ValueError, match="`model` must have layers with weights"):
        greedy_pretrain(keras.Sequential([keras.Input((6,)), layers.ReLU()]), UNIFORM)
    model = autoencoder()
    model.trainable = False
    with pytest.raises(ValueError, match="`model` must have something trainable in each stage"):
        greedy_pretrain(model, UNIFORM)
