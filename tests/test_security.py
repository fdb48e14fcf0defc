"""No file that is loaded runs code, leaves its folder or fills the memory: each is one sentence."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel, data, safe_files
from keras_regzoo.callbacks import ExactResume
from keras_regzoo.callbacks.run_file import MARK, RunFile
from keras_regzoo.cli import recipes
from keras_regzoo.diagnostics import compare
from keras_regzoo.diagnostics.run_store import RunStore
from keras_regzoo.ensembles import average_predictions
from keras_regzoo.training.ticket_progress import Progress

pytestmark = pytest.mark.one_backend

GIGABYTE = 2**30


class Trap:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


@pytest.fixture
def canary(tmp_path):
    """A path at which a file would show that something ran."""
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "Code of the file ran."


@pytest.fixture
def evil_module(canary, tmp_path, monkeypatch):
    """The name of a module whose import leaves the canary."""
    folder = tmp_path / "modules"
    folder.mkdir()
    code = f"from pathlib import Path\nPath({str(canary)!r}).touch()\ndef build(*_): ...\n"
    (folder / "evil_module.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
    yield "evil_module"
    assert "evil_module" not in sys.modules


def member(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def zeros_of_a_gigabyte(archive, name, header=b""):
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    block = bytes(2**24)
    with archive.open(info, "w", force_zip64=True) as file:
        file.write(header)
        for _ in range(GIGABYTE // len(block)):
            file.write(block)


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """An archive of 1 MB whose arrays `x` and `notes` are a gigabyte of zeros."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.npz"
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (GIGABYTE // 8,)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w", compresslevel=1) as archive:
        zeros_of_a_gigabyte(archive, "x.npy", header.getvalue())
        archive.writestr("y.npy", member(np.zeros(3)))
        archive.writestr("notes.npy", member(np.array("{}")))
    return path


def pickled(path, canary):
    path.write_bytes(pickle.dumps(Trap(canary)))


def of_objects(path, canary):
    objects = np.array([Trap(canary)] * 3, object)
    np.savez(path.with_suffix(".npz"), x=objects, y=objects, notes=objects)
    path.with_suffix(".npz").rename(path)


def climbing(path, canary):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"../{canary.name}", b"")
        archive.writestr("config.json", "{}")
        for name in ("x", "y", "notes"):
            archive.writestr(f"{name}.npy", member(np.zeros((3, 1))))


def linked(path, canary):
    link = zipfile.ZipInfo("x.npy")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, str(canary))
        archive.writestr("y.npy", member(np.zeros(3)))


def claiming(path, canary):
    header = io.BytesIO()
    shape = {"descr": "<f8", "fortran_order": False, "shape": (10**14,)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", header.getvalue())
        archive.writestr("y.npy", member(np.zeros(3)))


def torn(path, canary):
    path.write_bytes(b"PK\x03\x04" + bytes(100))


FILES = [pickled, of_objects, climbing, linked, claiming, torn]


def load_npz(path):
    return data.load(path)


def load_progress(path):
    return Progress.at(path, {})


def load_member(path):
    return average_predictions([path], np.zeros((1, 2)))


def load_member_weights(path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    return average_predictions([path], np.zeros((1, 2)), model=model)


LOADERS = [
    (load_npz, ".npz"),
    (load_progress, ".npz"),
    (load_member, ".keras"),
    (load_member, ".h5"),
    (load_member_weights, ".weights.h5"),
]


def assert_one_sentence(error, longest=700):
    text = str(error.value)
    assert "\n" not in text and 10 < len(text) < longest, text


@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("load,suffix", LOADERS)
def test_hostile_file_is_one_sentence(load, suffix, make, tmp_path, canary):
    path = tmp_path / f"hostile{suffix}"
    make(path, canary)
    before = {*tmp_path.rglob("*")}
    with pytest.raises(ValueError) as error:
        load(path)
    assert_one_sentence(error)
    assert {*tmp_path.rglob("*")} == before


@pytest.mark.parametrize("load,suffix", LOADERS[:3])
def test_gigabyte_of_zeros_is_refused_by_its_declared_size(
    load, suffix, bomb, tmp_path, monkeypatch
):
    path = tmp_path / f"bomb{suffix}"
    path.symlink_to(bomb)
    read = []
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *args: read.append(args))
    with pytest.raises(ValueError) as error:
        load(path)
    assert_one_sentence(error)
    assert not read
    if load is not load_progress:
        assert f"to {bomb_size(bomb)} bytes" in str(error.value)


def bomb_size(path):
    with zipfile.ZipFile(path) as archive:
        return max(info.file_size for info in archive.infolist())


@pytest.mark.parametrize("load,suffix", LOADERS[3:])
def test_gigabyte_of_zeros_in_hdf5_is_refused(load, suffix, tmp_path):
    path = tmp_path / f"bomb{suffix}"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (GIGABYTE,), "u1", chunks=(2**20,), compression="gzip")
    with pytest.raises(ValueError, match=f"to {GIGABYTE} bytes") as error:
        load(path)
    assert_one_sentence(error)


def test_zeros_in_the_weights_of_an_archive_are_refused(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)
    inner = io.BytesIO()
    with h5py.File(inner, "w") as file:
        file.create_dataset("x", (GIGABYTE,), "u1", chunks=(2**20,), compression="gzip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "bomb.keras", "w") as new:
        new.writestr("config.json", old.read("config.json"))
        new.writestr("metadata.json", old.read("metadata.json"))
        new.writestr("model.weights.h5", inner.getvalue())
    with pytest.raises(ValueError, match=f"to {GIGABYTE} bytes"):
        load_member(tmp_path / "bomb.keras")


def test_data_of_others_in_hdf5_are_refused(tmp_path):
    secret, path = tmp_path / "secret", tmp_path / "model.weights.h5"
    secret.write_bytes(bytes(16))
    with h5py.File(path, "w") as file:
        file.create_dataset("x", (16,), "u1", external=[(str(secret), 0, 16)])
    with pytest.raises(ValueError, match="lies in another file"):
        load_member_weights(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_lambda_layer_of_a_file_is_refused(suffix, tmp_path, canary):
    where = str(canary)
    layer = keras.layers.Lambda(lambda x: Path(where).touch() or x, output_shape=(2,))
    model = keras.Sequential([keras.Input((2,)), layer])
    path = tmp_path / f"model{suffix}"
    model.save(path)
    canary.unlink(missing_ok=True)  # building the model may have made it
    with pytest.raises(ValueError, match="cannot be loaded safely") as error:
        load_member(path)
    assert_one_sentence(error)


def test_lambda_layer_under_an_objective_is_refused(tmp_path):
    inner = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)])
    inner.add(keras.layers.Dense(1))
    RegularizedModel(inner, []).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="Lambda"):
        load_member(tmp_path / "model.keras")


@pytest.mark.parametrize("key", ["module", "registered_name"])
def test_config_of_a_model_imports_nothing(key, tmp_path, evil_module):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] |= {"module": evil_module, key: evil_module, "class_name": "Path"}
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(ValueError) as error:
        load_member(path)
    assert_one_sentence(error)


BAD_JSON = {
    "pickle": b"\x80\x04cposix\nsystem\n",
    "no object": b"[1, 2]",
    "a number": b"7",
    "deep": b"[" * 10**5 + b"]" * 10**5,
    "deep object": b'{"a":' * 10**5 + b"1" + b"}" * 10**5,
    "NaN": b'{"error": NaN}',
    "infinite": b'{"error": 1e999}',
    "long number": b'{"error": ' + b"9" * 10**5 + b"}",
    "not UTF-8": b'{"error": "\xff"}',
}


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


@pytest.mark.parametrize("value", ["evil", True, {"a": ["evil"]}])
def test_run_whose_number_is_something_else_is_one_sentence(value, tmp_path):
    store = RunStore(tmp_path)
    store.save("l2", 0, {"test": {"error": value}})
    with pytest.raises(ValueError, match="is damaged"):
        store.load("l2", 0, ["test.error"])
    with pytest.raises(ValueError, match="is damaged"):
        store.load("l2", 0, ["test.error.deeper"])
    store.save("l2", 0, {"test": {"error": [0.5, None]}})
    assert store.load("l2", 0, ["test.error"])


def test_saved_settings_import_no_module(tmp_path, evil_module):
    settings = {"model": f"{evil_module}:build", "data": f"{evil_module}:build"}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(ValueError, match="were made with"):
        compare("digits", "l2", seeds=1, epochs=1, train_size=40, out=tmp_path, progress=False)


@pytest.mark.parametrize("content", BAD_JSON.values(), ids=BAD_JSON)
def test_folds_of_a_search_that_are_damaged_are_one_sentence(content, tmp_path):
    tuning = pytest.importorskip("keras_regzoo.tuning.cross_validated_tuner")
    (tmp_path / tuning.FOLDS).write_bytes(content)
    tuner = SimpleNamespace(get_trial_dir=lambda trial: tmp_path)
    with pytest.raises(ValueError, match=r"is damaged \(") as error:
        tuning.CrossValidatedTuner.fold_scores(tuner, "0")
    assert_one_sentence(error)


def test_fold_that_is_no_number_is_one_sentence(tmp_path):
    tuning = pytest.importorskip("keras_regzoo.tuning.cross_validated_tuner")
    tuner = SimpleNamespace(get_trial_dir=lambda trial: tmp_path)
    good = {"value": 0.5, "epoch": 1, "steps": 3, "metrics": {"loss": 0.5}}
    for wrong in ({"value": "x"}, {"epoch": 0}, {"metrics": []}, {"metrics": {"loss": "x"}}):
        (tmp_path / tuning.FOLDS).write_text(json.dumps([{**good, **wrong}]))
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
    plain, arrays = RunFile(tmp_path, "fit-1").load()
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


@pytest.mark.parametrize("name", ["huggingface:evil", "kaggle:evil", "someone:evil/config"])
def test_data_sets_of_communities_are_refused(name):
    with pytest.raises(ValueError, match="of TFDS itself") as error:
        data.load(f"tfds:{name}")
    assert_one_sentence(error)


@pytest.mark.parametrize("key", ["pythonClassName", "type"])
def test_prepared_files_import_no_module(key, tmp_path, monkeypatch, evil_module):
    pytest.importorskip("tensorflow_datasets")
    pytest.importorskip("tensorflow")
    folder = tmp_path / "evil_set" / "1.0.0"
    folder.mkdir(parents=True)
    own = "tensorflow_datasets.core.features.features_dict.FeaturesDict"
    inner = {"features": {"x": {key: f"{evil_module}.Feature", "content": {}}}}
    features = {key: own, "featuresDict": inner, "content": inner["features"]}
    (folder / "features.json").write_text(json.dumps(features))
    info = {"name": "evil_set", "version": "1.0.0", "fileFormat": "tfrecord", "splits": []}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(ValueError, match="not one of TFDS") as error:
        data.load("tfds:evil_set")
    assert_one_sentence(error)


def test_recipes_are_listed_without_being_run(tmp_path, canary, monkeypatch):
    folder = tmp_path / "recipes"
    folder.mkdir()
    code = f'"""A claim."""\nopen({str(canary)!r}, "w")\ndef main(argv): ...\n'
    (folder / "hostile.py").write_text(code)
    (folder / "deep.py").write_text("def main(argv): ...\n" + "-" * 10**5 + "1")
    monkeypatch.chdir(tmp_path)
    found = recipes.find_all()
    assert recipes.claim(found["hostile"]) == "A claim."
    with pytest.raises(ValueError):
        recipes.find("../canary")
