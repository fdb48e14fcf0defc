"""The code of docs/extending.md runs, and does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"


def test_the_pages_objective_runs_and_is_logged(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert len(code.strip().splitlines()) < 30
    exec(compile(code, str(PAGE), "exec"), {"__name__": "page"})
    logged = capsys.readouterr().out.strip().splitlines()[-1]
    values = [float(each) for each in logged.strip("[]").split(",")]
    assert len(values) == 2
    assert all(-0.11 <= value < 0 for value in values)  # strength 0.1, entropy at most ln 3


def test_the_readmes_code_runs(tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    first, second = re.findall(
        r"```python\n(.*?)```", (PAGE.parents[1] / "README.md").read_text(), re.DOTALL
    )
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "page"}
    exec(compile(first.replace("epochs=20", "epochs=2, verbose=0"), "README.md", "exec"), names)
    history = names["wrapped"].history.history
    assert {"data_loss", "weight_penalty", "sharpness_aware", "val_accuracy"} <= set(history)
    assert (tmp_path / "regularized.keras").exists()
    exec(compile(second.replace("epochs=40", "epochs=12, verbose=0"), "README.md", "exec"), names)
    assert names["wrapped"].history.history["curriculum/share"][0] == pytest.approx(0.3)
    assert list((tmp_path / "run").iterdir())
