"""ExactResume: a killed run ends as one that nobody killed; what is not its own is refused."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import ExactResume, MagnitudePruning, run_state
from keras_regzoo.callbacks.run_file import MARK, RunFile
from tests.backends import BACKEND

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 4)).astype("float32")
Y = RNG.normal(size=(22, 1)).astype("float32")


def test_a_run_killed_at_random_moments_ends_bit_for_bit_as_one_that_was_not(tmp_path):
    child = subprocess.run(
        [sys.executable, "-m", "tests.callbacks.resumed_run", str(tmp_path), str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": BACKEND},
    )
    assert child.returncode == 0, child.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["kills"] >= KILLS
    expected = np.load(tmp_path / "reference.npz")
    assert len(expected.files) > 50
    runs = sorted(tmp_path.glob("run-*.npz"))
    assert len(runs) == report["runs"] >= 1
    for run in runs:
        found = np.load(run)
        assert found["states"] == expected["states"]
        for name in expected.files:
            np.testing.assert_array_equal(found[name], expected[name])


class KilledError(Exception):
    pass


class Kill(keras.callbacks.Callback):
    """Lets `fit` execute so many times, and then no more."""

    def __init__(self, executions):
        super().__init__()
        self.left = executions

    def on_train_batch_begin(self, batch, logs=None):
        if self.left == 0:
            raise KilledError
        self.left = None if self.left is None else self.left - 1


class Noisy(keras.utils.PyDataset):
    """Batches with noise of its own generator, which remembers every batch that was read."""

    def __init__(self):
        super().__init__()
        self.random = np.random.default_rng(5)

    def __len__(self):
        return 6

    def __getitem__(self, index):
        rows = slice(4 * index, 4 * index + 4)
        return X[rows] + self.random.normal(size=(1, 4)).astype("float32"), Y[rows]


class Shifted(Noisy):
    """The same, with a shift that callbacks move, and a count of what was read."""

    def __init__(self):
        super().__init__()
        self.shift, self.reads = 0.0, 0

    def __getitem__(self, index):
        self.reads += 1
        rows = slice(4 * index, 4 * index + 4)
        return X[rows] + np.float32(self.shift), Y[rows]

    def get_state(self):
        return {"shift": self.shift}

    def set_state(self, state):
        self.shift = state["shift"]


class Shift(keras.callbacks.Callback):
    def __init__(self, dataset):
        super().__init__()
        self.dataset = dataset

    def on_epoch_begin(self, epoch, logs=None):
        self.dataset.shift += float(np.random.random())


def reshuffled():
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(22, seed=1).batch(4)


def run(folder=None, kill=None, feed=None, epochs=3, callbacks=(), compiled=None, **options):
    """Trains as a script does that is run anew; returns everything that came out."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(3)
    hidden = [keras.layers.Dense(3, "tanh"), keras.layers.Dropout(0.3)]
    model = keras.Sequential([keras.Input((4,)), *hidden, keras.layers.Dense(1)])
    compiled = compiled or {"run_eagerly": True}
    model.compile(keras.optimizers.Adam(0.05), "mse", metrics=["mae"], **compiled)
    early = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=0.5)
    listed = [early, plateau, *callbacks, Kill(kill)]
    if folder is not None:
        resume = folder if isinstance(folder, ExactResume) else ExactResume(folder, every=1)
        listed.insert(1, resume)
    data = (X, Y) if feed is None else (feed(),)
    options = {**({"batch_size": 4} if feed is None else {"shuffle": False}), **options}
    history = model.fit(
        *data,
        epochs=epochs,
        validation_data=(X[:4], Y[:4]),
        callbacks=listed,
        verbose=0,
        **options,
    )
    states, arrays = [], run_state.values(run_state.variables_of(model))
    for each in (early, plateau, history):
        plain, own = run_state.capture(each)
        states.append(plain)
        arrays += own
    return [*states, float(np.random.random())], [array.copy() for array in arrays]


def assert_same(found, expected):
    assert found[0] == expected[0]
    for array, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.fixture(scope="module")
def uninterrupted():
    return run()


def loaded(folder):
    """Returns what a file called "run" holds."""
    saved = RunFile(folder, "run").load()
    assert saved is not None
    return saved


def killed(folder, *moments, **options):
    for moment in moments:
        with pytest.raises(KilledError):
            run(folder, kill=moment, **options)


@pytest.mark.one_backend
def test_saving_changes_nothing(uninterrupted, tmp_path):
    assert_same(run(tmp_path), uninterrupted)


@pytest.mark.one_backend
def test_goes_on_in_an_epoch_at_its_end_and_again_after_that(uninterrupted, tmp_path):
    killed(tmp_path, 3, 3, 4, 0)
    assert_same(run(tmp_path), uninterrupted)


@pytest.mark.one_backend
@pytest.mark.parametrize(("every", "per"), [(4, "step"), (1, "epoch"), (None, "step")])
def test_goes_on_from_the_last_of_rarer_saves(uninterrupted, tmp_path, every, per):
    killed(ExactResume(tmp_path, every, per), 9)
    assert_same(run(ExactResume(tmp_path, every, per)), uninterrupted)


def test_compiled_steps_go_on_with_several_an_execution(tmp_path):
    options = {"steps_per_execution": 1 if BACKEND == "torch" else 4}
    expected = run(compiled=options)
    killed(tmp_path, 3, compiled=options)
    assert_same(run(tmp_path, compiled=options), expected)


@pytest.mark.one_backend
@pytest.mark.parametrize("feed", [Noisy, reshuffled])
def test_data_that_remember_are_read_again(tmp_path, feed):
    expected = run(feed=feed)
    killed(tmp_path, 9, 2, feed=feed)
    assert_same(run(tmp_path, feed=feed), expected)


def test_arrays_in_epochs_of_some_steps_are_read_again(tmp_path):
    options = {"steps_per_epoch": 3, "epochs": 5}
    if BACKEND == "tensorflow":
        options["shuffle"] = False
    expected = run(**options)
    killed(tmp_path, 7, **options)
    assert_same(run(tmp_path, **options), expected)


@pytest.mark.one_backend
def test_data_set_with_a_state_is_put_back_and_not_read_again(tmp_path):
    def shifted(folder=None, kill=None):
        dataset = Shifted()
        options = {"feed": lambda: dataset, "callbacks": [Shift(dataset)]}
        return run(folder, kill, **options) if kill is None else killed(folder, kill, **options)

    expected = shifted()
    shifted(tmp_path, kill=14)
    assert_same(shifted(tmp_path), expected)


@pytest.mark.one_backend
def test_variables_that_a_later_callback_adds_are_put_back(tmp_path):
    expected = run(callbacks=[MagnitudePruning(0.5, every=2, times=3)])
    killed(tmp_path, 5, 4, callbacks=[MagnitudePruning(0.5, every=2, times=3)])
    assert_same(run(tmp_path, callbacks=[MagnitudePruning(0.5, every=2, times=3)]), expected)


@pytest.mark.one_backend
def test_a_run_that_has_ended_is_not_trained_again(uninterrupted, tmp_path):
    run(tmp_path)
    assert_same(run(tmp_path, kill=0), uninterrupted)


@pytest.mark.one_backend
def test_a_run_that_has_ended_goes_on_to_more_epochs(tmp_path):
    run(tmp_path, epochs=2)
    assert_same(run(tmp_path, epochs=3), run(epochs=3))


@pytest.mark.one_backend
def test_a_run_that_a_callback_stopped_stays_stopped(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    expected = run(callbacks=[Stop()])
    run(tmp_path, callbacks=[Stop()])
    assert_same(run(tmp_path, callbacks=[Stop()]), expected)
    assert len(expected[0][2]["plain"]["epoch"]) == 2


@pytest.mark.one_backend
def test_each_fit_of_one_callback_is_a_run_of_its_own(uninterrupted, tmp_path):
    resume = ExactResume(tmp_path, every=1)
    assert_same(run(resume), uninterrupted)
    killed(resume, 5)
    assert_same(run(resume), uninterrupted)
    assert sorted({path.stem for path in tmp_path.iterdir()}) == ["fit-1", "fit-2"]


@pytest.mark.one_backend
def test_a_torn_file_is_told_and_the_one_before_it_is_used(uninterrupted, tmp_path, caplog):
    killed(tmp_path, 8)
    latest = tmp_path / "fit-1.latest"
    whole = latest.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    file = RunFile(tmp_path, "fit-1")
    before = file.previous.read_bytes()
    for content in (b"", MARK[:5], MARK, whole[:60], whole[:-1], bytes(flipped), whole + b"x"):
        latest.write_bytes(content)
        caplog.clear()
        with caplog.at_level(logging.WARNING, "keras_regzoo"):
            assert file.load() is not None
        assert f"{latest} is torn; the run goes on from {file.previous}" in caplog.text
    assert_same(run(ExactResume(tmp_path, every=100)), uninterrupted)
    assert file.previous.read_bytes() == before


@pytest.mark.one_backend
def test_no_whole_file_is_one_sentence(tmp_path):
    killed(tmp_path, 1)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"`path` must hold a whole run; .* is torn and no other"):
        run(tmp_path)


@pytest.mark.one_backend
def test_a_killed_save_leaves_the_last_one(tmp_path, monkeypatch):
    file = RunFile(tmp_path, "run")
    for number in range(3):
        file.save({"number": number}, [np.arange(number)])

    def die(*arguments):
        raise KilledError

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patched, pytest.raises(KilledError):
            patched.setattr(os, name, die)
            file.save({"number": 9}, [])
        assert loaded(tmp_path)[0] == {"number": 2}
    file.latest.unlink()  # as between the two renamings
    assert loaded(tmp_path)[0] == {"number": 1}


@pytest.mark.one_backend
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path):
    foreign = tmp_path / "fit-1.latest"
    foreign.write_bytes(b"my thesis")
    with pytest.raises(ValueError, match=r"`path` must be a folder of a run; .* something else"):
        run(tmp_path)
    assert foreign.read_bytes() == b"my thesis"


@pytest.mark.one_backend
def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "fit-1.latest").mkdir()
    with pytest.raises(ValueError, match=r"`path` must be a folder of a run; .* something else"):
        run(tmp_path)


@pytest.mark.one_backend
@pytest.mark.parametrize("below", ["", "run"])
def test_a_folder_that_cannot_be_written_is_refused(tmp_path, below):
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(ValueError, match="`path` must be a folder that can be written; received"):
        run(occupied / below)


@pytest.mark.one_backend
def test_a_run_of_another_model_is_refused(tmp_path):
    killed(tmp_path, 8)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("adam", "mse", run_eagerly=True)
    kernel = keras.ops.convert_to_numpy(model.layers[0].kernel).copy()
    early, plateau = keras.callbacks.EarlyStopping(), keras.callbacks.ReduceLROnPlateau()
    listed = [early, plateau, ExactResume(tmp_path), Kill(9)]
    with pytest.raises(ValueError, match=r"`path` must hold a run of this model; received path="):
        model.fit(X, Y, callbacks=listed, verbose=0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(model.layers[0].kernel), kernel)


@pytest.mark.one_backend
def test_a_run_with_other_callbacks_is_refused(tmp_path):
    killed(tmp_path, 8)
    with pytest.raises(ValueError, match=r"a run with these callbacks \(EarlyStopping, Reduce"):
        run(tmp_path, callbacks=[Shift(Shifted())])


@pytest.mark.one_backend
def test_callbacks_that_keep_nothing_are_named(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "keras_regzoo"):
        run(tmp_path, epochs=1, callbacks=[Shift(Shifted())])
    assert "Shift, Kill: taken to keep nothing while training" in caplog.text
    assert "EarlyStopping" not in caplog.text


@pytest.mark.one_backend
def test_a_callback_that_keeps_what_json_cannot_hold_is_refused(tmp_path):
    class Keeps(keras.callbacks.Callback):
        def get_state(self):
            return {"model": self.model}

        def set_state(self, state):
            pass

    with pytest.raises(ValueError, match="JSON must be able to hold what Keeps keeps; received"):
        run(tmp_path, callbacks=[Keeps()])


@pytest.mark.one_backend
def test_a_callback_that_something_else_calls_is_refused(tmp_path):
    resume = ExactResume(tmp_path)
    outer = keras.callbacks.LambdaCallback(on_train_begin=resume.on_train_begin)
    with pytest.raises(ValueError, match="`callbacks` of `fit` must have ExactResume itself"):
        run(callbacks=[outer])


@pytest.mark.one_backend
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((3,), "`path` must be a str or"),
        (("run", 0), r"`every` must be an integer in \[1, inf\); received every=0"),
        (("run", 1.5), r"`every` must be an integer in \[1, inf\); received every=1.5"),
        (("run", 1, "batch"), "`per` must be one of 'step', 'epoch'; received per='batch'"),
    ],
)
def test_bad_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        ExactResume(*arguments)
