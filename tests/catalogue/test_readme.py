"""The table of techniques in a Markdown file."""

import stat

import pytest

from keras_regzoo import catalogue
from keras_regzoo.catalogue import readme

pytestmark = pytest.mark.one_backend

MARKED = f"# Title\n\n{readme.BEGIN}\nas it was\n{readme.END}\n\nThe end, with é.\n"


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(MARKED, encoding="utf-8")
    return path


def cells(line):
    return [cell.strip() for cell in line.replace("\\|", "¦").strip("|").split("|")]


def test_table_has_one_row_an_entry_and_six_cells_a_row():
    lines = catalogue.markdown_table(catalogue.entries()).splitlines()
    assert len(lines) == len(catalogue.entries()) + 2
    assert all(len(cells(line)) == 6 for line in lines)
    row = cells(lines[2 + catalogue.entries().index(catalogue.find("sharpness_aware"))])
    assert row[0] == "sharpness aware"
    assert row[3:] == [
        "2 F + 2 B",
        "Foret et al. 2021",
        "`keras_regzoo.objectives.SharpnessAware`",
    ]


def test_only_the_text_between_the_markers_changes(page):
    page.chmod(0o640)
    assert readme.main([str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# Title\n\n{readme.BEGIN}\n")
    assert text.endswith(f"{readme.END}\n\nThe end, with é.\n")
    assert "as it was" not in text
    assert catalogue.markdown_table(catalogue.entries()) in text
    assert stat.S_IMODE(page.stat().st_mode) == 0o640
    assert [path.name for path in page.parent.iterdir()] == ["README.md"]


def test_rewriting_twice_is_rewriting_once(page):
    readme.main([str(page)])
    once = page.read_bytes()
    readme.main([str(page)])
    assert page.read_bytes() == once


def test_check_fails_on_a_stale_table_and_writes_nothing(page, capsys):
    assert readme.main([str(page), "--check"]) == 1
    assert page.read_text(encoding="utf-8") == MARKED
    assert "stale" in capsys.readouterr().err
    readme.main([str(page)])
    assert readme.main([str(page), "--check"]) == 0


@pytest.mark.parametrize(
    "text", ["", readme.BEGIN, f"{readme.END}{readme.BEGIN}", MARKED + MARKED], ids=range(4)
)
def test_missing_or_double_markers_are_refused(page, text, capsys):
    page.write_text(text, encoding="utf-8")
    assert readme.main([str(page)]) == 2
    assert page.read_text(encoding="utf-8") == text
    assert readme.BEGIN in capsys.readouterr().err


def test_missing_file_is_one_sentence(tmp_path, capsys):
    assert readme.main([str(tmp_path / "no.md")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{tmp_path / 'no.md'}: No such file or directory"
    ]


def test_failed_write_leaves_the_old_file(page, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", str(page))

    monkeypatch.setattr(readme.os, "replace", refuse)
    assert readme.main([str(page)]) == 2
    assert page.read_text(encoding="utf-8") == MARKED
    assert [path.name for path in page.parent.iterdir()] == ["README.md"]
