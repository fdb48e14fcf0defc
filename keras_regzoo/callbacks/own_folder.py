"""A folder that callbacks which belong together would share by mistake."""

from __future__ import annotations

import os
import weakref
from typing import Any


class Origin:
    """What a callback and its copies have in common."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Origin:
        return self


_owners: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


def claim(origin: Any, path: str, owner: Any) -> None:
    """Takes a folder for one of the callbacks of an origin.

    Args:
        origin: An `Origin`, or the function that makes the callbacks of several fits.
        path: The folder.
        owner: What the callback alone has.

    Raises:
        ValueError: If another callback of that origin has trained in it in this process.
    """
    taken = _owners.setdefault(origin, {})
    if taken.setdefault(os.path.abspath(path), owner) is not owner:
        raise ValueError(
            "`path` must be a folder for each fit of its own, be it a trial, a fold or a stage "
            "(such as one numbered by `itertools.count`); "
            f"received path={path!r}, where another of them has trained."
        )
