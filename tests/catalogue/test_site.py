"""The documentation site has every public name, every technique and every recipe."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keras_regzoo import catalogue
from keras_regzoo.catalogue import public, site
from keras_regzoo.cli import recipes
from tests.test_public_api import PACKAGES

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).parents[2]
COMMAND = "keras_regzoo.cli"  # whose commands the catalogue's page and README describe


@pytest.fixture(scope="module")
def pages():
    return site.pages(ROOT)


@pytest.mark.parametrize("package", [each for each in PACKAGES[1:] if each != COMMAND])
def test_every_public_name_is_on_a_page_once(package, pages):
    text = "\n".join(pages.values())
    described = re.findall(rf"^::: {re.escape(package)}\.([\w.]+)$", text, re.MULTILINE)
    assert len(set(described)) == len(described)
    names = importlib.import_module(package).__all__
    assert {name.split(".")[0] for name in described} == set(names)


def test_names_read_from_sources_are_those_imported():
    diagnostics = importlib.import_module("keras_regzoo.diagnostics")
    names = public.symbols(ROOT, "diagnostics")
    assert {f"plots.{name}" for name in diagnostics.plots.__all__} <= set(names)
    assert set(names) >= set(diagnostics.__all__) - {"plots"}


def test_every_technique_has_its_card(pages):
    for entry in catalogue.entries():
        page = pages[f"{site.kind_of(entry)}.md"]
        (_, rest) = page.split(f"{{ #{entry.name.replace('_', '-')} }}")
        card = rest.split("\n## ")[0]
        for what in (entry.equation, f"{entry.cost} a step", *entry.when.split("`")[:1]):
            assert what.split("<")[0].split("[")[0].split("_")[0].split("*")[0] in card
        assert ("Keras's own" in card) == (entry.origin == "keras")


def test_every_recipe_has_its_claim_and_command(pages):
    for name, path in recipes.find_all().items():
        assert f"{{ #{name.replace('_', '-')} }}" in pages["recipes.md"]
        first = re.split(r"[*_<\[\]]", recipes.claim(path))[0]
        assert f"**{first}" in pages["recipes.md"]
        assert f"\n```sh\nregzoo run {name}" in pages["recipes.md"]


def test_navigation_has_every_page(pages):
    (_, navigation) = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")
    listed = re.findall(r": (\S+\.md)$", navigation, re.MULTILINE)
    assert sorted(listed) == sorted(pages)


def test_links_are_those_of_the_site(pages):
    assert "](choosing.md)" in pages["index.md"] and "](docs/" not in pages["index.md"]
    assert "](index.md#which-one-helps)" in pages["choosing.md"]
    assert "](contractive.md)" in pages["benchmarks/index.md"]
    assert "| [masking noise](layers.md#masking-noise) | layer |" in pages["index.md"]


def test_pages_are_written_with_their_images(tmp_path, pages):
    assert site.main([str(ROOT), str(tmp_path / "site")]) == 0
    for name, text in pages.items():
        assert (tmp_path / "site" / name).read_text("utf-8") == text
    shown = re.findall(r"\]\((images/\w[^)]*)\)", "".join(pages.values()))
    assert shown and all((tmp_path / "site" / image).exists() for image in shown)


def test_mkdocs_builds_it_without_a_warning(tmp_path):
    """As `make docs` does, but in a folder of its own."""
    pytest.importorskip("mkdocs", reason="MkDocs is not installed: the extra `docs` brings it")
    docs, built = tmp_path / "docs", tmp_path / "site"
    assert site.main([str(ROOT), str(docs)]) == 0
    folders = f"docs_dir={str(docs)!r}, site_dir={str(built)!r}"
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mkdocs.commands.build import build; from mkdocs.config import load_config; "
            f"build(load_config('mkdocs.yml', {folders}, strict=True))",
        ],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "keras_regzoo.models.Autoencoder" in (built / "models.html").read_text("utf-8")


def test_examples_of_docstrings_become_code():
    griffe = pytest.importorskip("griffe")
    assert griffe
    names: dict = {}
    exec((ROOT / "docs" / "docstrings.py").read_text("utf-8"), names)
    text = "Does.\n\nExample:\n\n>>> 1 + 1\n2\n>>> 3\n3\n\nReference: One (2000).\n"
    code = "```pycon\n>>> 1 + 1\n2\n>>> 3\n3\n```\n"
    expected = f"Does.\n\n**Example:**\n\n{code}\n**Reference:** One (2000)."
    assert names["fenced"](text).strip() == expected
