"""Every internal link of the documentation leads somewhere."""

from pathlib import Path

import pytest

from tests.links import LINK, anchors, broken_links

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_anchors_resolve(page):
    assert broken_links(page) == []


def test_links_are_found():
    assert {"README.md", "choosing.md", "how-it-works.md"} <= {page.name for page in PAGES}
    assert len(LINK.findall((ROOT / "docs" / "choosing.md").read_text("utf-8"))) > 100


@pytest.mark.parametrize(
    ("link", "broken"),
    [
        ("[text](absent.md)", "page.md: absent.md"),
        ("[text](#absent)", "page.md: #absent"),
        ("[text](other.md#absent)", "page.md: other.md#absent"),
        ("![image](absent.png)", "page.md: absent.png"),
        ("[text](other.md#in-code)", "page.md: other.md#in-code"),
    ],
)
def test_broken_link_is_seen(link, broken, tmp_path):
    (tmp_path / "other.md").write_text("# A heading, `code`\n\n```\n# in code\n```\n")
    page = tmp_path / "page.md"
    page.write_text(f"[good](other.md#a-heading-code) [web](https://example.org) {link}\n")
    assert broken_links(page) == [broken]


def test_anchors_of_equal_headings_are_numbered():
    assert anchors("# One\n\n## One\n\n# One\n") == {"one", "one-1", "one-2"}
