"""Files for `load` to read."""

import os
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "tfds"


@pytest.fixture
def npz(tmp_path):
    """A function that writes arrays to an archive and returns its path."""

    def write(**arrays):
        path = tmp_path / "arrays.npz"
        np.savez(path, **arrays)
        return path

    return write


@pytest.fixture
def table(tmp_path):
    """A function that writes lines to a csv file and returns its path."""

    def write(*lines, name="table.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def prepared_tfds(monkeypatch):
    """The directory of prepared TFDS data sets, set as `TFDS_DATA_DIR`; skips without one."""
    pytest.importorskip("tensorflow_datasets")
    pytest.importorskip("tensorflow")
    directory = Path(os.environ.get("TFDS_DATA_DIR", SHARED))
    if not (directory / "mnist").is_dir():
        pytest.skip("no prepared mnist: set TFDS_DATA_DIR")
    monkeypatch.setenv("TFDS_DATA_DIR", str(directory))
    return directory
