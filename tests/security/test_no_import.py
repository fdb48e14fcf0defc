"""No file, and no name of a data set, makes the library import or run a module."""

from __future__ import annotations

import json
import zipfile

import keras
import pytest

from keras_regzoo import data
from keras_regzoo.cli import recipes
from keras_regzoo.diagnostics import compare
from tests.security.hostile import (
    assert_one_sentence,
)
from tests.security.loaders import load_member

pytestmark = pytest.mark.one_backend


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


def test_saved_settings_import_no_module(tmp_path, evil_module):
    settings = {"model": f"{evil_module}:build", "data": f"{evil_module}:build"}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(ValueError, match="were made with"):
        compare("digits", "l2", seeds=1, epochs=1, train_size=40, out=tmp_path, progress=False)


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
