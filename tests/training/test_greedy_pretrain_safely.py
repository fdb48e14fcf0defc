"""greedy_pretrain: disks, interruptions, early stopping, progress, and refusals."""

import tracemalloc

import keras
import numpy as np
import pytest
from keras import layers

from keras_regzoo.models import Autoencoder, JumpReLUDictionary, dense_autoencoder
from keras_regzoo.training import greedy_pretrain, stage_codes
from tests.training.pretrained import STILL, UNIFORM, autoencoder, eager, seeing

pytestmark = pytest.mark.one_backend

__all__ = ["eager"]  # a fixture


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
    rows, width = 12_000, 256
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
        ({"x": UNIFORM[:0]}, r"`x` must be one array of numbers .*; received \(0, 6\)"),
        ({"x": UNIFORM.astype("float64") * 1e300}, "`x` must be finite in float32"),
        ({"x": UNIFORM.tolist()}, r"`x` must be an array .{50,160}\.\.\.\.$"),
        ({"store": 3}, "`store` must be a folder .* written to; received store=3"),
        ({"store": "/proc"}, "`store` must be a folder that exists and can be written to"),
        ({"sparsity": layers.Dense(7)}, r"`sparsity` must keep the shape .*, \(\d,\); received"),
        ({"corruption": layers.Dense(7)}, r"`corruption` must keep the shape .* makes it \(7,\)"),
        (
            {"corruption": layers.Conv2D(3, 2)},
            r"`corruption` must be a layer .* takes shape \(6,\)",
        ),
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


def test_layer_that_cannot_be_made_anew_is_refused():
    class Noise(layers.Layer):
        def __init__(self, level):
            super().__init__()
            self.level = level

    with pytest.raises(ValueError, match="`corruption` must be a layer that `from_config` makes"):
        greedy_pretrain(autoencoder(), UNIFORM, corruption=Noise(0.1), verbose=0)


def test_models_of_unknown_layers_are_refused():
    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    for model in (Subclassed(), Autoencoder(Subclassed(name="f"), Subclassed(name="g"))):
        with pytest.raises(ValueError, match="`model` must be made of Sequential or functional"):
            greedy_pretrain(model, UNIFORM)


@pytest.mark.parametrize("layer", [layers.BatchNormalization, lambda: layers.Rescaling(3.0)])
def test_codes_that_are_scaled_after_their_sigmoid_are_not_for_a_cross_entropy(layer):
    chain = keras.Sequential(
        [keras.Input((6,)), layers.Dense(4, "sigmoid"), layer(), layers.Dense(2, "sigmoid")]
    )
    with pytest.raises(ValueError, match=r"^`loss` must be another .*; stage 2 has codes of"):
        greedy_pretrain(chain, UNIFORM, loss="binary_crossentropy", epochs=1, verbose=0)


def test_models_that_are_no_chain_or_cannot_be_trained_are_refused():
    inputs = keras.Input((6,))
    split = layers.Dense(6)(inputs)
    branched = keras.Model(inputs, layers.Add()([split, inputs]))
    with pytest.raises(ValueError, match="`model` must be a chain of layers"):
        greedy_pretrain(branched, UNIFORM)
    with pytest.raises(ValueError, match="`model` must be a chain of layers"):
        greedy_pretrain(JumpReLUDictionary(6, latents=9), UNIFORM)
    with pytest.raises(ValueError, match="`model` must have layers with weights"):
        greedy_pretrain(keras.Sequential([keras.Input((6,)), layers.ReLU()]), UNIFORM)
    model = autoencoder()
    model.trainable = False
    with pytest.raises(ValueError, match="`model` must have something trainable in each stage"):
        greedy_pretrain(model, UNIFORM)
