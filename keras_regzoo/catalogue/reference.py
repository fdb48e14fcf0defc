"""Where a technique was published."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reference:
    """A publication and the place in it that defines a technique.

    Args:
        key: BibTeX key, unique to the publication.
        authors: Full names, in order, such as `("Ming Yuan", "Yi Lin")`.
        year: Year of publication.
        title: Title, in plain ASCII (LaTeX escapes where needed).
        kind: BibTeX entry type.
        venue: The remaining BibTeX fields (journal or booktitle, volume, pages ...).
        where: Section, equation, algorithm or table of the publication.
    """

    key: str
    authors: tuple[str, ...]
    year: int
    title: str
    kind: str = "article"
    venue: dict[str, str] = field(default_factory=dict)
    where: str = ""

    def at(self, where: str) -> Reference:
        """Returns the same publication, pointing at another place in it."""
        return dataclasses.replace(self, where=where)

    @property
    def short(self) -> str:
        """The citation in running text, such as `"Yuan & Lin 2006"`."""
        surnames = [_surname(author) for author in self.authors]
        if len(surnames) > 2:
            return f"{surnames[0]} et al. {self.year}"
        return f"{' & '.join(surnames)} {self.year}"

    @property
    def bibtex(self) -> str:
        """The BibTeX entry, in ASCII."""
        fields = {
            "author": " and ".join(self.authors),
            "title": f"{{{self.title}}}",
            "year": str(self.year),
            **self.venue,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])

    def __str__(self) -> str:
        names = ", ".join(_plain(author) for author in self.authors)
        place = f", {self.where}" if self.where else ""
        return f"{names} ({self.year}). {_plain(self.title)}{place}."


ACCENTS = {
    '"': "\N{COMBINING DIAERESIS}",
    "'": "\N{COMBINING ACUTE ACCENT}",
    "^": "\N{COMBINING CIRCUMFLEX ACCENT}",
    "c": "\N{COMBINING CEDILLA}",
}


def _surname(author: str) -> str:
    """Returns what BibTeX takes for it: from the first small word on, else the last word."""
    words = re.findall(r"(?:\{(?:[^{}]|\{[^{}]*\})*\}|[^\s{}])+", author)
    particles = [index for index, word in enumerate(words) if word[0].islower()]
    return _plain(" ".join(words[particles[0] :] if particles else words[-1:]))


def _plain(latex: str) -> str:
    letters = re.sub(
        r"\{\\(.) ?(\w)\}", lambda m: unicodedata.normalize("NFC", m[2] + ACCENTS[m[1]]), latex
    )
    for escape, text in (("$\\ell_1$", "ℓ1"), ("---", "—"), ("{", ""), ("}", "")):
        letters = letters.replace(escape, text)
    return letters
