"""Runs on disk: whole or absent, and never mixed."""

import json

import pytest

from keras_regzoo.diagnostics.run_store import RunStore, to_json, write_atomically

pytestmark = pytest.mark.one_backend


def test_saved_run_comes_back(tmp_path):
    store = RunStore(tmp_path / "a" / "b")
    assert store.load("l2,strength=0.1", 0) is None
    store.save("l2,strength=0.1", 0, {"error": 0.1, "curve": [None, 0.5]})
    assert RunStore(tmp_path / "a" / "b").load("l2,strength=0.1", 0) == {
        "error": 0.1,
        "curve": [None, 0.5],
    }
    assert store.load("l2,strength=0.1", 1) is None
    assert store.load("l2,strength=0.2", 0) is None


def test_interrupted_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    write_atomically(path, "old")

    def interrupted(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_settings_are_refused_in_one_sentence(tmp_path):
    store = RunStore(tmp_path)
    store.claim({"data": "digits", "epochs": 2})
    store.claim({"data": "digits", "epochs": 2})
    with pytest.raises(ValueError, match=r"were made with epochs 2 \(now 3\)\.$"):
        store.claim({"data": "digits", "epochs": 3})
    assert json.loads((tmp_path / "settings.json").read_text()) == {"data": "digits", "epochs": 2}


def test_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="`out` must be a folder that can be written to") as error:
        RunStore(tmp_path / "file" / "out")
    assert error.value.filename == str(tmp_path / "file" / "out")


def test_discarding_removes_the_folders_made_and_nothing_else(tmp_path):
    store = RunStore(tmp_path / "new" / "out")
    store.discard_if_empty()
    assert list(tmp_path.iterdir()) == []
    store = RunStore(tmp_path / "new")
    store.save("l2", 0, {})
    store.discard_if_empty()
    assert store.load("l2", 0) == {}


def test_damaged_run_is_one_sentence(tmp_path):
    store = RunStore(tmp_path)
    store.save("l2", 0, {})
    (tmp_path / "runs" / "l2,seed=0.json").write_text("{")
    with pytest.raises(ValueError, match="is damaged: delete it"):
        store.load("l2", 0)


def test_run_that_the_check_refuses_is_damaged(tmp_path):
    store, seen = RunStore(tmp_path), []
    store.save("l2", 0, {"error": 0.5})
    assert store.load("l2", 0, seen.append) == {"error": 0.5}
    assert seen == [{"error": 0.5}]

    def refuse(run):
        raise ValueError("no error")

    with pytest.raises(ValueError, match=r"seed=0\.json' is damaged: delete it") as error:
        store.load("l2", 0, refuse)
    assert str(error.value.__cause__) == "no error"


def test_json_never_holds_what_json_cannot():
    with pytest.raises(ValueError):
        to_json({"error": float("nan")})


def test_a_folder_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="`out` must be the path of a folder; received ''"):
        RunStore("")
    assert list(tmp_path.iterdir()) == []
