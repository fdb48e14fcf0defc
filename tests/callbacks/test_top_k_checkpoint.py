"""TopKCheckpoint: which files there are after each epoch, whole, and whose are removed."""

import os
import tempfile

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import TopKCheckpoint

pytestmark = pytest.mark.one_backend

NAN = float("nan")


@pytest.fixture(scope="module")
def model():
    made = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def run(model, checkpoint, curve, log="val_loss"):
    """Plays a curve of a monitored log; returns the files there after each epoch."""
    checkpoint.set_model(model)
    checkpoint.on_train_begin()
    folder, seen = os.path.dirname(checkpoint._files.pattern), []
    for epoch, value in enumerate(curve):
        model.set_weights([np.full((2, 1), epoch + 1.0), np.zeros(1)])
        checkpoint.on_epoch_end(epoch, {log: value, "loss": 0.0})
        seen.append(sorted(os.listdir(folder)))
    return seen


def test_the_files_of_the_k_best_are_there_after_each_epoch(model, tmp_path):
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}.weights.h5", k=2)
    seen = run(model, checkpoint, [3.0, 5.0, 4.0, NAN, 3.0, 1.0])
    names = [[name.removesuffix(".weights.h5") for name in names] for names in seen]
    assert names == [["1"], ["1", "2"], ["1", "3"], ["1", "3"], ["1", "5"], ["1", "6"]]
    assert [os.path.basename(path)[0] for path in checkpoint.paths] == ["6", "1"]


def test_more_is_better_where_the_mode_says_so(model, tmp_path):
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}.weights.h5", "worth", k=1, mode="max")
    assert run(model, checkpoint, [1.0, 3.0, 2.0], "worth")[-1] == ["2.weights.h5"]


def test_files_hold_the_weights_of_their_epoch(model, tmp_path):
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}-{val_loss:.1f}.keras", k=2)
    run(model, checkpoint, [3.0, 2.0, 1.0])
    assert [os.path.basename(path) for path in checkpoint.paths] == ["3-1.0.keras", "2-2.0.keras"]
    for path, epoch in zip(checkpoint.paths, (3, 2), strict=True):
        loaded = keras.saving.load_model(path)
        np.testing.assert_array_equal(loaded.get_weights()[0], epoch)


def test_no_file_of_others_is_removed(model, tmp_path):
    (tmp_path / "0.weights.h5").write_text("another's")
    (tmp_path / "notes.txt").write_text("another's")
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}.weights.h5", k=1)
    seen = run(model, checkpoint, [3.0, 2.0, 1.0])[-1]
    assert seen == ["0.weights.h5", "3.weights.h5", "notes.txt"]
    assert (tmp_path / "0.weights.h5").read_text() == "another's"


def test_a_second_training_removes_nothing_of_the_first(model, tmp_path):
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}-{val_loss:.0f}.weights.h5", k=1)
    run(model, checkpoint, [3.0])
    assert run(model, checkpoint, [2.0])[-1] == ["1-2.weights.h5", "1-3.weights.h5"]


def test_a_save_that_fails_leaves_the_best_and_no_draft(model, tmp_path, monkeypatch):
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}.weights.h5", k=1)
    run(model, checkpoint, [3.0])

    def torn(path):
        with open(path, "w") as file:
            file.write("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(model, "save_weights", torn)
    with pytest.raises(OSError, match="No space"):
        checkpoint.on_epoch_end(1, {"val_loss": 1.0})
    assert os.listdir(tmp_path) == ["1.weights.h5"]
    assert checkpoint.paths == [str(tmp_path / "1.weights.h5")]


def test_old_file_is_removed_only_when_the_new_one_is_in_place(model, tmp_path, monkeypatch):
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}.weights.h5", k=1)
    run(model, checkpoint, [3.0])
    at_the_move = []
    replace = os.replace

    def watched(source, target):
        at_the_move.append(sorted(os.listdir(tmp_path)))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    checkpoint.on_epoch_end(1, {"val_loss": 1.0})
    assert at_the_move == [[".2.part.weights.h5", "1.weights.h5"]]
    assert os.listdir(tmp_path) == ["2.weights.h5"]


def test_state_put_back_goes_on(model, tmp_path):
    first = TopKCheckpoint(tmp_path / "{epoch}.weights.h5", k=1)
    run(model, first, [3.0, 2.0])
    again = TopKCheckpoint(tmp_path / "{epoch}.weights.h5", k=1)
    again.set_model(model)
    again.on_train_begin()
    again.set_state(first.get_state())
    again.on_epoch_end(2, {"val_loss": 2.5})
    again.on_epoch_end(3, {"val_loss": 1.0})
    assert os.listdir(tmp_path) == ["4.weights.h5"]


def test_folder_that_is_missing_is_one_sentence_before_training(model, tmp_path):
    checkpoint = TopKCheckpoint(tmp_path / "absent" / "{epoch}.keras")
    with pytest.raises(ValueError, match=r"`path` must lie in a folder that exists .*absent"):
        model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0, callbacks=[checkpoint])


def test_folder_that_is_read_only_is_one_sentence_before_training(model, tmp_path, monkeypatch):
    def refused(**options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}.keras")
    with pytest.raises(ValueError, match=r"can be written to \(Permission denied\)"):
        model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0, callbacks=[checkpoint])


def test_unknown_names_list_the_logs(model, tmp_path):
    with pytest.raises(ValueError, match=r"one of the logs \(loss, val_loss\)"):
        run(model, TopKCheckpoint(tmp_path / "{epoch}.keras", "val_f1"), [1.0])
    with pytest.raises(ValueError, match=r"no names but epoch, loss, val_loss \(not 'val_f1'\)"):
        run(model, TopKCheckpoint(tmp_path / "{epoch}-{val_f1}.keras"), [1.0])


def test_fit_keeps_the_best_epochs_of_its_history(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1.05), "mse")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(16, 2)), random.normal(size=(16, 1))
    checkpoint = TopKCheckpoint(tmp_path / "{epoch}.keras", k=3)
    history = model.fit(
        x, y, epochs=6, validation_data=(x, y), verbose=0, callbacks=[checkpoint]
    ).history["val_loss"]
    best = [f"{1 + epoch}.keras" for epoch in np.argsort(history, kind="stable")[:3]]
    assert [os.path.basename(path) for path in checkpoint.paths] == best
    assert sorted(os.listdir(tmp_path)) == sorted(best)


@pytest.mark.one_backend
def test_epochs_without_validation_are_passed_over(tmp_path):
    x = np.ones((8, 2), "float32")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    best = TopKCheckpoint(tmp_path / "{epoch}.weights.h5")
    held_out = {"validation_data": (x, x[:, :1]), "validation_freq": 2}
    model.fit(x, x[:, :1], epochs=4, verbose=0, callbacks=[best], **held_out)
    assert sorted(path.removeprefix(str(tmp_path)) for path in best.paths) == [
        "/2.weights.h5",
        "/4.weights.h5",
    ]


@pytest.mark.one_backend
def test_a_format_that_an_epoch_has_not_is_refused():
    with pytest.raises(ValueError, match=r"`path` must be a pattern that `str\.format` takes"):
        TopKCheckpoint("{epoch:q}.keras")
