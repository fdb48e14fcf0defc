"""The links of Markdown files, and the anchors they lead to."""

from __future__ import annotations

import re
from pathlib import Path

CODE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def prose(text: str) -> str:
    """Returns a text without its blocks of code."""
    return CODE.sub("", text)


def anchors(text: str) -> set[str]:
    """Returns the anchors of a text's headings, as GitHub and the site make them."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(text)):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        again = (f"{slug}-{number}" for number in range(1, len(found) + 1))
        found.add(slug if slug not in found else next(one for one in again if one not in found))
    return found


def broken_links(path: Path) -> list[str]:
    """Returns the links of a file that lead to no file, or to no heading of one."""
    broken = []
    for target, anchor in LINK.findall(INLINE_CODE.sub("", prose(path.read_text("utf-8")))):
        linked = (path.parent / target).resolve() if target else path
        if not linked.exists():
            broken.append(f"{path.name}: {target}")
        elif anchor and anchor not in anchors(linked.read_text("utf-8")):
            broken.append(f"{path.name}: {target}#{anchor}")
    return broken
