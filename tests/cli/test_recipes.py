"""Every recipe: tried shortly on every backend, with other data, and what is kept of it."""

import functools
import json
import re
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest

from keras_regzoo.cli import recipes
from keras_regzoo.cli.recipe_options import finish, read_options
from keras_regzoo.diagnostics.study import Study

pytestmark = [  # Keras's own conversion of a torch tensor with NumPy 2, and KerasTuner's own
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
RECIPES = recipes.find_all()
RESULTS = recipes.CHECKOUT / "benchmarks" / "results"
OWN_DATA = "makes its own data"


def documentation(name):
    return recipes.docstring(RECIPES[name])


def kept():
    return {path: path.stat().st_mtime_ns for path in RESULTS.iterdir()}


@pytest.mark.parametrize("name", RECIPES)
def test_smoke_trains_and_shows_what_is_expected_and_writes_nothing(
    regzoo, tmp_path, monkeypatch, name
):
    trained, before, fit = [], kept(), keras.Model.fit

    @functools.wraps(fit)
    def counted(self, *args, **options):
        trained.append(1)
        return fit(self, *args, **options)

    monkeypatch.setattr(keras.Model, "fit", counted)
    monkeypatch.chdir(tmp_path)
    result = regzoo("run", name, "--smoke")
    assert result.exit_code == 0, result.output
    assert trained
    number = r"[-+]?\d[\d.e+-]*"
    beside = rf"^\S.*/\w+: {number}.*, expected {number} to {number}$"
    assert re.search(beside, result.stdout, re.MULTILINE)
    assert "as expected" not in result.stdout
    assert kept() == before
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def other_images(tmp_path_factory):
    """Noise of another shape than the digits', with ten classes."""
    path = tmp_path_factory.mktemp("data") / "images.npz"
    x = np.random.default_rng(0).uniform(size=(700, 9, 9, 1)).astype("float32")
    np.savez(path, x=x, y=np.arange(len(x)) % 10)
    return path


@pytest.mark.one_backend
@pytest.mark.parametrize("name", RECIPES)
def test_other_data_are_taken_and_drawn_or_refused_in_a_sentence(
    regzoo, tmp_path, other_images, name
):
    out, figure = tmp_path / "out.json", tmp_path / "seen.png"
    arguments = ["--smoke", "--epochs", "1", "--data", str(other_images), "--out", str(out)]
    draws = ["--figure", str(figure)] if "--figure PATH" in documentation(name) else []
    result = regzoo("run", name, *arguments, *draws)
    if result.exit_code == 2:
        assert f"argument --data: this recipe {OWN_DATA}; received" in result.stderr
        result = regzoo("run", name, "--smoke", "--out", str(out), *draws)
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text())["settings"].get("data") != "digits"
    assert not draws or figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.one_backend
@pytest.mark.parametrize("name", RECIPES)
def test_each_says_what_it_is_about_and_what_is_kept_is_as_expected(name, capsys):
    for part in ("Reference: ", f"\nCommand: regzoo run {name}\n", "\nExpected: "):
        assert part in documentation(name)
    module = sys.modules[recipes.load(RECIPES[name]).__module__]
    saved = json.loads((RESULTS / f"{name}.json").read_text())
    found = Study(tuple(saved["seeds"]), saved["runs"], saved["settings"], saved["seconds"])
    asked = read_options([], str(RECIPES[name]), "", found.seeds, 1)
    assert finish(found, replace(asked, out=None), module.EXPECTED) == 0, capsys.readouterr().out
