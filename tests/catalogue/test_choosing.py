"""The decision guide: every name in it is a technique, and the page says what they say."""

import re
from pathlib import Path

import pytest

from keras_regzoo import catalogue
from keras_regzoo.catalogue import choosing
from keras_regzoo.catalogue.guide import GUIDE, Situation

pytestmark = pytest.mark.one_backend

PAGE = Path(__file__).parents[2] / "docs" / "choosing.md"
SITUATIONS = [situation for rows in GUIDE.values() for situation in rows]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.what)
def test_every_named_technique_is_in_the_catalogue(situation):
    assert len(set(situation.techniques)) == len(situation.techniques) > 0
    assert [choosing.entry(name).name for name in situation.techniques] == [*situation.techniques]


def test_page_is_up_to_date():
    assert choosing.main([str(PAGE), "--check"]) == 0, "run `make readme`"


def test_every_row_gives_the_cost_of_each_technique():
    rows = [line for line in choosing.page().splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row.startswith(("| when |", "| --- |"))]
    assert len(rows) == len(SITUATIONS)
    for row, situation in zip(rows, SITUATIONS, strict=True):
        what, advice, links = row.strip("| ").split(" | ")
        assert (what, advice) == (situation.what, situation.advice)
        costs = [str(catalogue.find(name).cost) for name in situation.techniques]
        assert re.findall(r"· ([^<]+)", links) == costs


def test_every_link_leads_to_a_card():
    page = choosing.page()
    headings = [line[4:] for line in page.splitlines() if line.startswith("### ")]
    anchors = [heading.replace(" ", "-") for heading in headings]
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r"\]\(#([\w-]+)\)", page)) == set(anchors)


def test_card_says_where_a_technique_comes_from():
    card = choosing.page().split("### sharpness aware\n")[1].split("\n###")[0]
    assert "`keras_regzoo.objectives.SharpnessAware`" in card
    assert "Costs 2 F + 2 B" in card
    assert "Pierre Foret" in card


@pytest.mark.parametrize(
    ("name", "sentence"), [("mix", "no technique called `mix`"), ("SharpnessAware", "must call")]
)
def test_name_that_is_not_in_the_catalogue_fails(name, sentence, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(GUIDE, "What you see", (Situation("x", "y", (name,)),))
    page = tmp_path / "page.md"
    page.write_text("old", encoding="utf-8")
    assert choosing.main([str(page)]) == 2
    assert sentence in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == "old"


def test_check_finds_a_stale_page(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("old", encoding="utf-8")
    assert choosing.main([str(page), "--check"]) == 1
    assert "the decision guide is stale" in capsys.readouterr().err
    assert choosing.main([str(page)]) == 0
    assert choosing.main([str(page), "--check"]) == 0
