"""Hostile results, runs and tables are one sentence."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from keras_regzoo import data, safe_files
from keras_regzoo.callbacks import ExactResume
from keras_regzoo.callbacks.run_file import MARK, RunFile
from keras_regzoo.diagnostics.run_store import RunStore
from keras_regzoo.tuning.fold_score import FOLDS
from tests.security.hostile import (
    BAD_JSON,
    GIGABYTE,
    assert_one_sentence,
    pickled,
)
from tests.security.loaders import load_progress

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize("content", BAD_JSON.values(), ids=BAD_JSON)
def test_json_that_is_not_a_result_is_one_sentence(content, tmp_path):
    store = RunStore(tmp_path)
    (tmp_path / "settings.json").write_bytes(content)
    (tmp_path / "runs" / "l2,seed=0.json").write_bytes(content)
    for load in (lambda: store.claim({"data": "digits"}), lambda: store.load("l2", 0)):
        with pytest.raises(ValueError, match="is damaged") as error:
            load()
        assert_one_sentence(error)


def test_json_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(GIGABYTE)
    monkeypatch.setattr(Path, "read_bytes", None)
    with pytest.raises(ValueError, match=f"{GIGABYTE} bytes are more"):
        safe_files.read_json(path)


@pytest.mark.parametrize("content", BAD_JSON.values(), ids=BAD_JSON)
def test_folds_of_a_search_that_are_damaged_are_one_sentence(content, tmp_path):
    tuning = pytest.importorskip("keras_regzoo.tuning.cross_validated_tuner")
    (tmp_path / FOLDS).write_bytes(content)
    tuner = SimpleNamespace(get_trial_dir=lambda trial: tmp_path)
    with pytest.raises(ValueError, match=r"is damaged \(") as error:
        tuning.CrossValidatedTuner.fold_scores(tuner, "0")
    assert_one_sentence(error)


def test_fold_that_is_no_number_is_one_sentence(tmp_path):
    tuning = pytest.importorskip("keras_regzoo.tuning.cross_validated_tuner")
    tuner = SimpleNamespace(get_trial_dir=lambda trial: tmp_path)
    good = {"value": 0.5, "epoch": 1, "steps": 3, "metrics": {"loss": 0.5}}
    for wrong in ({"value": "x"}, {"epoch": 0}, {"metrics": []}, {"metrics": {"loss": "x"}}):
        folds = {"values": {}, "scores": [{**good, **wrong}]}
        (tmp_path / FOLDS).write_text(json.dumps(folds))
        with pytest.raises(ValueError, match="is damaged"):
            tuning.CrossValidatedTuner.fold_scores(tuner, "0")


def write_run(folder, header, arrays=b""):
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = len(encoded).to_bytes(8, "little") + encoded + arrays
    (folder / "fit-1.latest").write_bytes(MARK + hashlib.sha256(body).digest() + body)


@pytest.mark.parametrize(
    "header",
    [
        *(content for name, content in BAD_JSON.items() if name not in ("NaN", "infinite")),
        {"plain": {}, "arrays": [["object", [1]]]},
        {"plain": {}, "arrays": [["float64", [10**14]]]},
        {"plain": {}, "arrays": [["float64", [-1]]]},
        {"plain": {}, "arrays": [["no_such_dtype", [1]]]},
        {"plain": {}},
    ],
    ids=str,
)
def test_run_with_a_false_header_is_one_sentence(header, tmp_path):
    write_run(tmp_path, header, bytes(8))
    with pytest.raises(ValueError, match="is damaged") as error:
        RunFile(tmp_path, "fit-1").load()
    assert_one_sentence(error)


def test_run_that_is_a_pickle_is_left_as_it_is(tmp_path, canary):
    pickled(tmp_path / "fit-1.latest", canary)
    with pytest.raises(ValueError, match="a file of something else"):
        RunFile(tmp_path, "fit-1").load()


def fit(folder, *others):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() != "jax")
    x = np.ones((4, 1))
    model.fit(x, x, epochs=2, verbose=0, callbacks=[*others, ExactResume(folder)])
    return model


def test_run_sets_no_attribute_that_a_callback_does_not_keep(tmp_path):
    stopping = keras.callbacks.EarlyStopping("loss")
    fit(tmp_path, stopping)
    saved = RunFile(tmp_path, "fit-1").load()
    assert saved is not None
    plain, arrays = saved
    name = plain["callbacks"].index("EarlyStopping")
    plain["kept"][name]["plain"]["on_epoch_end"] = "evil"
    RunFile(tmp_path, "fit-1").save(plain, arrays)
    with pytest.raises(ValueError, match="must hold what EarlyStopping keeps") as error:
        fit(tmp_path, stopping)
    assert_one_sentence(error)
    assert callable(stopping.on_epoch_end)


def test_run_without_its_parts_is_one_sentence(tmp_path):
    RunFile(tmp_path, "fit-1").save({"epoch": "1"}, [])
    with pytest.raises(ValueError, match="lacks its epoch"):
        fit(tmp_path)


@pytest.mark.parametrize("notes", [b"[]", BAD_JSON["deep"], b'{"settings": {}}', b"\x80"])
def test_progress_with_false_notes_is_one_sentence(notes, tmp_path):
    np.savez(tmp_path / "progress.npz", notes=np.array(notes.decode("latin-1")))
    with pytest.raises(ValueError, match="that a search has saved, whole") as error:
        load_progress(tmp_path / "progress.npz")
    assert_one_sentence(error)


@pytest.mark.parametrize("content", [b"\x80\x04\x95", bytes(10**6), b'a,"' + b"x" * 10**6])
def test_table_that_is_none_is_one_sentence(content, tmp_path):
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(ValueError) as error:
        data.load(tmp_path / "table.csv", target="a")
    assert_one_sentence(error)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    process = pytest.importorskip("tests.tuning.search_process")
    folder = tmp_path_factory.mktemp("searched")
    process.tuner(folder, trials=1).search(process.X, process.Y, epochs=1, verbose=0)
    return process, folder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # KerasTuner's own
@pytest.mark.parametrize("name", ["oracle.json", "trial_0/trial.json", "tuner0.json"])
def test_hostile_files_of_a_search_are_one_sentence(name, searched, tmp_path):
    process, folder = searched
    shutil.copytree(folder, tmp_path / "s")
    path = tmp_path / "s" / "search" / name
    for content in [*BAD_JSON.values(), b"{" if name == "tuner0.json" else b"{}"]:
        path.write_bytes(content)
        if name == "tuner0.json" and content.startswith(b'{"error"') and b"\xff" not in content:
            continue  # a tuner's own state has no parts
        with pytest.raises(ValueError, match="`directory` must hold no damaged search") as error:
            process.tuner(tmp_path / "s", trials=1)
        assert_one_sentence(error)
    with path.open("wb") as file:
        file.truncate(GIGABYTE)
    with pytest.raises(ValueError, match="`directory` must hold no damaged search"):
        process.tuner(tmp_path / "s", trials=1)


def test_hostile_digest_of_a_search_is_one_sentence(searched, tmp_path):
    process, folder = searched
    shutil.copytree(folder, tmp_path / "s")
    search = process.tuner(tmp_path / "s", trials=1)
    path = tmp_path / "s" / "search" / "folds.sha256"
    for content in (b"\x80\xff", bytes(64), b"\xff" * 64):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="search of the same data, `splits` and") as error:
            search.search(process.X, process.Y)
        assert_one_sentence(error)
