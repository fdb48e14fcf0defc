"""Writes the documentation site's pages as Markdown, which `make docs` builds.

python -m keras_regzoo.catalogue.site CHECKOUT FOLDER
"""

from __future__ import annotations

import argparse
import ast
import posixpath
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from keras_regzoo import catalogue
from keras_regzoo.catalogue import public
from keras_regzoo.catalogue.entry import Entry
from keras_regzoo.catalogue.readme import BEGIN, END

KINDS = {
    "regularizers": "Penalties on one weight or one activation, given to a layer as "
    "`kernel_regularizer` or `activity_regularizer`.",
    "constraints": "What becomes of one weight after each update, given to a layer as "
    "`kernel_constraint`.",
    "layers": "What acts in the forward pass; many do so in training alone.",
    "objectives": "What changes the loss itself, in the list of a `RegularizedModel` or of an "
    "autoencoder.",
    "callbacks": "What acts over time, in the list of `fit`.",
    "models": "Autoencoders, each trained by an ordinary `fit` without targets.",
    "training": "Plain functions that take several fits in a row.",
    "ensembles": "Many models, used as one.",
    "diagnostics": "Plain functions that look at a trained model or a run.",
    "tuning": "Which technique, and how strong, searched by KerasTuner.",
    "data": "What is fed.",
}
OF_KERAS = {"training": "training", "data": "data"}
AWAITED = {
    "docs/performance.md": "# Performance\n\nNothing has been measured yet for this page.\n",
    "docs/scaling.md": "# Scaling\n\nNothing has been measured yet for this page.\n",
}
INHERITED = ("models",)  # packages whose classes are used by what they inherit
SPECIAL = re.compile(r"([*_<\[\]])")


def pages(checkout: Path) -> dict[str, str]:
    """Returns the Markdown of every page by its path in the site.

    Args:
        checkout: The root of the sources.
    """
    written = {
        **AWAITED,
        **{path: (checkout / path).read_text("utf-8") for path in _texts(checkout)},
    }
    made = {_place(path): _relinked(text, path, set(written)) for path, text in written.items()}
    made["index.md"] = _with_links_to_cards(made["index.md"])
    for kind, plugs_in in KINDS.items():
        made[f"{kind}.md"] = _kind_page(kind, plugs_in, checkout)
    made["internals.md"] = _internals_page(checkout)
    made["recipes.md"] = _recipes_page(checkout)
    return made


def kind_of(entry: Entry) -> str:
    """Returns the page that an entry is on: its package, or for Keras's own what it is."""
    package = entry.symbol.split(".")[1]
    if entry.origin != "keras" and package in KINDS:
        return package
    return OF_KERAS.get(entry.kind, f"{entry.kind}s")


def _texts(checkout: Path) -> list[str]:
    found = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    for folder in ("docs", "benchmarks"):
        found += [f"{folder}/{path.name}" for path in sorted((checkout / folder).glob("*.md"))]
    return found


def _place(path: str) -> str:
    names = {"README.md": "index.md", "benchmarks/README.md": "benchmarks/index.md"}
    if path in names:
        return names[path]
    return path.removeprefix("docs/") if "/" in path else path.lower()


def _relinked(text: str, source: str, sources: set[str]) -> str:
    """Returns a text of the checkout with links as they must be where it lies in the site."""
    start = posixpath.dirname(_place(source)) or "."

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        known = target in sources or target.startswith("docs/images/")
        place = _place(target) if known else target
        return f"]({posixpath.relpath(place, start)}{match[2] or ''})"

    return re.sub(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)", link, text)


def _with_links_to_cards(text: str) -> str:
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    for entry in catalogue.entries():
        row = f"| {_title(entry)} | {entry.kind} |"
        table = table.replace(row, f"| {_link(entry)} | {entry.kind} |", 1)
    return f"{before}{table}{after}"


def _kind_page(kind: str, plugs_in: str, checkout: Path) -> str:
    listed = [entry for entry in catalogue.entries() if kind_of(entry) == kind]
    symbols = public.symbols(checkout, kind)
    parts = [f"# {kind.capitalize()}\n\n{plugs_in}\n"]
    for entry in listed:
        parts.append(_card(entry))
        symbol = entry.symbol.removeprefix(f"keras_regzoo.{kind}.")
        if symbol in symbols:
            symbols.remove(symbol)
            parts.append(_docstring(kind, symbol))
    if symbols:
        heading = "Also here" if listed else "What there is"
        parts += [f"## {heading}\n", *(_docstring(kind, symbol) for symbol in symbols)]
    return "\n".join(parts)


def _internals_page(checkout: Path) -> str:
    parts = ["# Internals\n\nWhat techniques of your own may build on.\n"]
    for package in ("backend", "catalogue"):
        parts.append(f"## {package}\n\n{public.summary(checkout, package)}\n")
        parts += [_docstring(package, symbol) for symbol in public.symbols(checkout, package)]
    return "\n".join(parts)


def _card(entry: Entry) -> str:
    note = f" ({entry.cost.note})" if entry.cost.note else ""
    facts = {
        "When": entry.when,
        "When not": entry.when_not,
        "Suggested values": entry.suggested,
        "Costs at least": f"{entry.cost} a step{note}",
        "Composes badly with": entry.composes_badly_with,
        "Reference": " ".join(map(str, entry.references)),
    }
    rows = "".join(f"- **{name}:** {_escaped(fact)}\n" for name, fact in facts.items())
    measured = f"- **Measured:** `{entry.evidence}`\n" if entry.evidence else ""
    own = f"It is Keras's own `{entry.symbol}`.\n\n" if entry.origin == "keras" else ""
    return (
        f"## {_title(entry)} {{ #{_anchor(entry)} }}\n\n{_escaped(entry.summary)}\n\n"
        f"```text\n{entry.equation}\n```\n\n{own}{rows}{measured}"
    )


def _docstring(package: str, symbol: str) -> str:
    inherited = "      inherited_members: true\n" if package in INHERITED else ""
    return (
        f"::: keras_regzoo.{package}.{symbol}\n    options:\n      heading_level: 3\n"
        f"{inherited}".rstrip()
        + "\n"
    )


def _recipes_page(checkout: Path) -> str:
    parts = [
        "# Recipes\n\nShort scripts, one claim each, that print their number beside the expected "
        "one. `regzoo run` lists them, `regzoo run NAME --help` says what can be set.\n"
    ]
    for path in sorted((checkout / "recipes").glob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_bytes())) or ""
        claim, _, rest = text.partition("\n")
        parts.append(f"## {path.stem.replace('_', ' ')} {{ #{path.stem.replace('_', '-')} }}\n")
        parts.append(f"**{_escaped(claim)}**\n\n{_recipe_text(rest)}\n")
        if (checkout / "docs" / "images" / f"{path.stem}.png").exists():
            parts.append(f"![What {path.stem} draws](images/{path.stem}.png)\n")
    return "\n".join(parts)


def _recipe_text(text: str) -> str:
    before, command, after = text.strip().partition("\nCommand: ")
    line, _, after = after.partition("\n")
    fence = f"\n```sh\n{line}\n```\n\n" if command else ""
    text = f"{_escaped(before)}\n{fence}{_escaped(after)}"
    return re.sub(r"^(Expected|References?):", r"\n**\1:**", text, flags=re.MULTILINE)


def _escaped(text: str) -> str:
    """Returns a text whose `*`, `_`, `<` and brackets outside of code mean themselves."""
    parts = text.split("`")
    return "`".join(
        part if number % 2 else SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts)
    )


def _title(entry: Entry) -> str:
    return entry.name.replace("_", " ")


def _anchor(entry: Entry) -> str:
    return entry.name.replace("_", "-")


def _link(entry: Entry) -> str:
    return f"[{_title(entry)}]({kind_of(entry)}.md#{_anchor(entry)})"


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the pages, and the images they show, into a folder that is made anew."""
    parser = argparse.ArgumentParser(description="Write the pages of the documentation site.")
    parser.add_argument("checkout", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args(argv)
    shutil.rmtree(arguments.folder, ignore_errors=True)
    for name, text in pages(arguments.checkout).items():
        path = arguments.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in ("images", "site.css"):
        copy = shutil.copytree if name == "images" else shutil.copy
        copy(arguments.checkout / "docs" / name, arguments.folder / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
