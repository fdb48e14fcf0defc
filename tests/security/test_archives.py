"""Hostile archives and models are one sentence, run nothing and write nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import keras
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.safe_files import load_weights
from tests.security.hostile import (
    FILES,
    GIGABYTE,
    assert_one_sentence,
)
from tests.security.loaders import load_member, load_member_weights, load_npz, load_progress

pytestmark = pytest.mark.one_backend


LOADERS = [
    (load_npz, ".npz"),
    (load_progress, ".npz"),
    (load_member, ".keras"),
    (load_member, ".h5"),
    (load_member_weights, ".weights.h5"),
]


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


def with_weights(folder, name, weights):
    """Returns the path of a model whose weights are a member of this name and content."""
    whole, changed = folder / "model.keras", folder / "changed.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(changed, "w") as new:
        for member in ("config.json", "metadata.json"):
            new.writestr(member, old.read(member))
        new.writestr(name, weights, zipfile.ZIP_DEFLATED)
    return changed


def test_zeros_in_the_weights_of_an_archive_are_refused(tmp_path):
    inner = io.BytesIO()
    with h5py.File(inner, "w") as file:
        file.create_dataset("x", (GIGABYTE,), "u1", chunks=(2**20,), compression="gzip")
    path = with_weights(tmp_path, "model.weights.h5", inner.getvalue())
    with pytest.raises(ValueError, match=f"to {GIGABYTE} bytes"):
        load_member(path)


def test_weights_of_an_archive_in_another_archive_are_refused(bomb, tmp_path):
    path = with_weights(tmp_path, "model.weights.npz", bomb.read_bytes())
    with pytest.raises(ValueError, match=r"its member .* is no part") as error:
        load_member(path)
    assert_one_sentence(error)


def test_archive_without_weights_is_refused(tmp_path):
    path = with_weights(tmp_path, "assets/model.weights.h5", b"")
    with pytest.raises(ValueError, match=r"it has no .*weights"):
        load_member(path)


def test_weights_that_do_not_fit_are_one_sentence_with_the_reason(tmp_path):
    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(5)]).save_weights(path)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"object <Dense [^:]*: .*2, 5") as error:
        load_weights(model, path)
    assert_one_sentence(error)


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
