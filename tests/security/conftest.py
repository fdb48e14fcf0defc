"""What shows that code of a file ran, and a file that is far larger than it looks."""

from __future__ import annotations

import io
import sys
import zipfile

import numpy as np
import pytest

from tests.security.hostile import (
    GIGABYTE,
    member,
    zeros_of_a_gigabyte,
)


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
