"""The file a run is kept in: written whole or not at all, and read only if it is whole."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_regzoo import safe_files

LOGGER = logging.getLogger("keras_regzoo")

MARK = b"keras_regzoo run 1\n"
_DIGEST = hashlib.sha256().digest_size
_SIZE = 8

Saved = tuple[dict[str, Any], list[np.ndarray]]


class RunFile:
    """The newest state of a run, and the one before it.

    Each is a file of its own: a mark, the SHA-256 of what follows, a JSON header and the bytes of
    the arrays. A new one is written beside them under another name, and renamed when the disk has
    it, so that at every moment one of them is whole.

    Args:
        folder: Where the files are, made if it does not exist.
        name: Their name, to which `.latest` and `.previous` are added.

    Raises:
        ValueError: If `folder` cannot be made or written.
    """

    def __init__(self, folder: str | os.PathLike[str], name: str) -> None:
        self._folder = Path(folder)
        self.latest = self._folder / f"{name}.latest"
        self.previous = self._folder / f"{name}.previous"
        self._draft = self._folder / f"{name}.draft"
        self._torn = False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._draft.write_bytes(b"")
            self._draft.unlink()
        except OSError as error:
            raise ValueError(
                f"`path` must be a folder that can be written; received path={str(folder)!r} "
                f"({error.strerror})."
            ) from error

    def load(self) -> Saved | None:
        """Returns the newest whole state, or `None` if nothing was saved.

        Raises:
            ValueError: If a file is not one of these, or none is whole.
        """
        torn = []
        for path in (self.latest, self.previous):
            if not path.exists():
                continue
            saved = _read(path)
            if saved is not None:
                if torn:
                    self._torn = True
                    LOGGER.warning("%s is torn; the run goes on from %s.", torn[0], path)
                return saved
            torn.append(path)
        if torn:
            raise ValueError(
                f"`path` must hold a whole run; {torn[0]} is torn and no other is there: delete "
                f"the folder to begin again."
            )
        return None

    def save(self, plain: dict[str, Any], arrays: list[np.ndarray]) -> None:
        """Writes a state, which is then the newest; the newest until now is the one before."""
        header = json.dumps(
            {"plain": plain, "arrays": [[each.dtype.name, each.shape] for each in arrays]}
        ).encode()
        parts = [len(header).to_bytes(_SIZE, "little"), header, *map(_bytes, arrays)]
        with self._draft.open("wb") as file:
            file.writelines([MARK, _digest(parts), *parts])
            file.flush()
            os.fsync(file.fileno())
        if self.latest.exists() and not self._torn:
            os.replace(self.latest, self.previous)
        os.replace(self._draft, self.latest)
        self._torn = False


def _read(path: Path) -> Saved | None:
    """Returns what the file holds, `None` if it is torn."""
    try:
        with path.open("rb") as file:
            mark = file.read(len(MARK))
            content = file.read() if mark == MARK else b""
    except IsADirectoryError:
        mark, content = None, b""
    if mark != MARK:
        if mark is not None and MARK.startswith(mark):
            return None
        raise ValueError(
            f"`path` must be a folder of a run; {path} in it is a file of something else, which is "
            "left as it is."
        )
    body = memoryview(content)[_DIGEST:]
    if _digest([body]) != content[:_DIGEST]:
        return None
    try:
        return _parse(body)
    except Exception as error:  # nothing wrote this; NumPy has as many words for it as there are
        raise ValueError(
            f"`path` must be a folder of a run; {path} in it is damaged ({error})."
        ) from error


def _parse(body: memoryview) -> Saved:
    end = _SIZE + int.from_bytes(body[:_SIZE], "little")
    header = safe_files.parse_json(bytes(body[_SIZE:end]), finite=False)
    arrays = []
    for name, shape in header["arrays"]:
        dtype = np.dtype(name)
        if any(length < 0 for length in shape):
            raise ValueError(f"an array cannot have the shape {shape}")
        start, end = end, end + dtype.itemsize * math.prod(shape)
        arrays.append(np.frombuffer(body[start:end], dtype).reshape(shape).copy())
    return header["plain"], arrays


def _bytes(array: np.ndarray) -> Any:
    return np.ascontiguousarray(array).reshape(-1).view("uint8").data


def _digest(parts: Iterable[Any]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()
