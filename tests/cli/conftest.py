"""A runner of `regzoo` whose output is a pipe."""

import pytest
from typer.testing import CliRunner

from keras_regzoo.cli import app


@pytest.fixture
def regzoo(monkeypatch):
    for variable in ("COLUMNS", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS"):
        monkeypatch.delenv(variable, raising=False)
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, arguments, prog_name="regzoo")


@pytest.fixture
def add_recipe(tmp_path, monkeypatch):
    folder = tmp_path / "recipes"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)

    def add(name, body):
        path = folder / f"{name}.py"
        path.write_text(body, encoding="utf-8")
        return path

    return add
