"""What a stranger does first: the commands of the README, and a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).parents[1]


def run(*command: str, where: Path, **variables: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, cwd=where, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("target", ["demo", "test", "docs"])
def test_old_python_is_one_sentence(tmp_path, target):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.10.9\nexit 1\n')
    old.chmod(0o755)
    venv = tmp_path / "venv"
    ended = run("make", target, f"PYTHON={old}", f"VENV={venv}", where=ROOT)
    assert ended.returncode != 0
    assert f"make {target}: install" in ended.stdout
    assert "keras_regzoo needs Python 3.11 to 3.13; " in ended.stdout
    assert "is Python 3.10.9. Try: make PYTHON=python3.12" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not venv.exists()


def test_wheel_works_without_the_checkout(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "keras_regzoo", source / "keras_regzoo")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    built = run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "..",
        where=source,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        files.extractall(tmp_path / "installed")
    shutil.rmtree(source)
    places = {"PYTHONPATH": str(tmp_path / "installed")}
    code = "import keras_regzoo; print(keras_regzoo.__file__)"
    found = run(sys.executable, "-c", code, where=tmp_path, **places)
    assert found.stdout.strip().startswith(str(tmp_path / "installed"))
    regzoo = sys.executable, "-m", "keras_regzoo.cli"
    small = "--techniques", "l2", "--train-size", "40", "--seeds", "1", "--epochs", "1"
    ended = run(*regzoo, "compare", "--out", "out", *small, where=tmp_path, **places)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    listed = run(*regzoo, "run", where=tmp_path, **places)
    assert listed.returncode == 2
    assert listed.stderr.startswith("regzoo: No recipes were found: run this in a checkout")
