"""Publications and their BibTeX."""

import re

import pytest

from keras_regzoo import catalogue
from keras_regzoo.catalogue import bibliography

pytestmark = pytest.mark.one_backend

CITED = [reference for entry in catalogue.entries() for reference in entry.references]
LISTED = [value for value in vars(bibliography).values() if isinstance(value, catalogue.Reference)]


@pytest.mark.parametrize("reference", LISTED, ids=lambda reference: reference.key)
def test_bibtex_parses(reference):
    bibtex = reference.bibtex
    assert bibtex.isascii()
    head, *fields, foot = bibtex.splitlines()
    assert re.fullmatch(r"@(article|inproceedings|incollection|book)\{[a-z0-9]+,", head)
    assert foot == "}"
    names = []
    for field in fields:
        match = re.fullmatch(r"  (\w+) = \{(.+)\},", field)
        assert match
        names.append(match[1])
        depth = 0
        for letter in match[2]:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            assert depth >= 0, "braces balance inside each field"
        assert depth == 0
    assert {"author", "title", "year"} < set(names)
    assert len(names) == len(set(names))


def test_keys_are_unique_to_a_publication():
    assert len({reference.key for reference in LISTED}) == len(LISTED)
    by_key = {reference.key: reference.bibtex for reference in CITED}
    assert all(by_key[reference.key] == reference.bibtex for reference in CITED)


def test_every_publication_is_cited():
    assert {reference.key for reference in LISTED} == {reference.key for reference in CITED}


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        (("Guozhong An",), "An 1996"),
        (("Ming Yuan", "Yi Lin"), "Yuan & Lin 1996"),
        (('G{\\"u}nter M{\\"u}ller', "A B", "C D"), "Müller et al. 1996"),
        (('A{\\"a}ron van den Oord', "Yann {Le Cun}"), "van den Oord & Le Cun 1996"),
    ],
)
def test_short_form_names_at_most_two_authors(authors, expected):
    assert catalogue.Reference("key1996", authors, 1996, "Title").short == expected


def test_text_form_has_no_latex():
    text = " ".join(str(reference) for reference in CITED)
    assert not set("{}\\$") & set(text)
    assert "ℓ1-Ball" in text
    assert "Jérôme Louradour" in text
