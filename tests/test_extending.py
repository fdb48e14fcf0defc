"""The code of docs/extending.md runs, and does what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).parents[1]
PAGE, README = ROOT / "docs" / "extending.md", ROOT / "README.md"


def code_of(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)


def run(code: str, page: Path, names: dict) -> dict:
    exec(compile(code, str(page), "exec"), names)
    return names


def test_the_pages_objective_runs_and_is_logged(capsys):
    code = code_of(PAGE)[0]
    assert len(code.strip().splitlines()) < 30
    run(code, PAGE, {"__name__": "page"})
    logged = capsys.readouterr().out.strip().splitlines()[-1]
    values = [float(each) for each in logged.strip("[]").split(",")]
    assert len(values) == 2
    assert all(-0.11 <= value < 0 for value in values)  # strength 0.1, entropy at most ln 3


def test_the_pages_autoencoder_is_trained_saved_and_loaded(tmp_path):
    names = run(code_of(PAGE)[1], PAGE, {"__name__": "page", "keras": keras})
    autoencoder = names["autoencoder"]
    autoencoder.save(tmp_path / "own.keras")
    loaded = keras.saving.load_model(tmp_path / "own.keras")
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.testing.assert_allclose(loaded.reconstruct(x), autoencoder.reconstruct(x), atol=1e-5)


def test_the_readmes_code_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    pytest.importorskip("keras_tuner")
    first, search, second, third = code_of(README)
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    run(first.replace("epochs=20", "epochs=2, verbose=0"), README, names)
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("data_loss", "sharpness_aware", "val_acc"))
    assert len(first.strip().splitlines()) <= 11  # ten lines of code and an empty one
    names["model"].save("regularized.keras")
    keras.saving.load_model("regularized.keras")
    short = search.replace("max_trials=10", "max_trials=2")
    run(short.replace("epochs=20", "epochs=1, verbose=0"), README, names)
    assert len(names["tuner"].oracle.get_best_trials(2)) == 2
    run(second.replace("epochs=40", "epochs=12, verbose=0"), README, names)
    assert names["wrapped"].history.history["curriculum/share"][0] == pytest.approx(0.3)
    assert list((tmp_path / "run").iterdir())
    run(third.replace("epochs=20", "epochs=2, verbose=0"), README, names)
    examples = len(names["x"])
    assert [len(names[each]) for each in ("codes", "scores", "bound")] == [examples] * 3
    assert names["images"].shape == (10, 64)
    assert names["bound"].mean() > names["autoencoder"].history.history["elbo"][-1]
