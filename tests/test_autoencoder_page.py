"""The code of docs/autoencoders.md runs, and the page shows what it says it does."""

import re
from pathlib import Path

import pytest

from keras_regzoo.cli import recipes

pytestmark = pytest.mark.one_backend

PAGE = Path(__file__).parents[1] / "docs" / "autoencoders.md"


def test_the_pages_code_saves_its_figures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    shorter = code.replace("epochs=40", "epochs=1")
    assert shorter != code
    names: dict = {}
    exec(compile(shorter, str(PAGE), "exec"), names)
    assert {path.stem for path in tmp_path.glob("*.png")} == set(names["figures"])


def test_each_image_is_that_of_the_recipe_named_above_it():
    text = PAGE.read_text()
    images = re.findall(r"\(images/(\w+)\.png\)", text)
    assert images == re.findall(r"\(`(\w+)`\):", text)
    for name in images:
        assert recipes.find(name)
        assert (PAGE.parent / "images" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
