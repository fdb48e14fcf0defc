"""The sentence for a name that does not exist: which, and the ones close to it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def plain(name: str) -> str:
    """Returns `name` in the form names are compared in: `"Group-Lasso"` as `"grouplasso"`."""
    return "".join(letter for letter in name.casefold() if letter not in "-_ ")


def unknown(what: str, name: str, options: Iterable[str], all_of_them: str) -> str:
    """Returns the sentence that says `name` does not exist and names the closest options.

    Args:
        what: What was looked for, such as `"technique"`.
        name: The name as the user wrote it.
        options: The names that exist.
        all_of_them: Where to see them all, such as `` "`regzoo list` shows all" ``.
    """
    by_plain = {plain(option): option for option in options}
    wanted = plain(name)
    holding = [option for option in by_plain if len(wanted) > 2 and wanted in option]
    alike = difflib.get_close_matches(wanted, by_plain, n=3, cutoff=0.5)
    close = list(dict.fromkeys(holding + alike))[:3]
    near = " or ".join(f"`{by_plain[match]}`" for match in close)
    guess = f" Did you mean {near}?" if near else ""
    return f"There is no {what} called `{name}`.{guess} {all_of_them}."
