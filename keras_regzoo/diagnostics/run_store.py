"""Finished runs on disk: each saved at once, none mixed with those of other settings."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras_regzoo import safe_files


def write_atomically(path: Path, content: str | bytes) -> None:
    """Writes a file such that it is there whole or not at all, even if the process is killed."""
    data = content.encode() if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Writes files that have all been made before, so that a mistake in one leaves the old ones."""
    for name, content in files.items():
        write_atomically(folder / name, content)


def to_json(value: Any) -> str:
    """Returns `value` as JSON; numbers that are not finite are an error, not invalid JSON."""
    return json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


class RunStore:
    """The runs of one comparison in a folder.

    Args:
        folder: Made, with its parents, if it does not exist.

    Raises:
        ValueError: If its name is empty.
        OSError: If it cannot be made or written to.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        if not os.fspath(folder):
            raise ValueError("`out` must be the path of a folder; received ''.")
        self.folder = Path(folder)
        self.runs = self.folder / "runs"
        folders = (self.runs, self.folder, *self.folder.parents)
        self._made = [path for path in folders if not path.exists()]
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.runs):
                pass
        except OSError as error:
            self.discard_if_empty()
            raise type(error)(
                error.errno,
                f"`out` must be a folder that can be written to: {error.strerror}",
                str(self.folder),
            ) from error

    def discard_if_empty(self) -> None:
        """Removes the folders that were made here, as long as nothing was put into them."""
        for path in self._made:
            try:
                path.rmdir()
            except OSError:
                return

    def claim(self, settings: dict[str, Any]) -> None:
        """Notes `settings` as those of every run in the folder.

        Raises:
            ValueError: If the folder holds runs made with other settings.
        """
        path = self.folder / "settings.json"
        if not path.exists():
            write_atomically(path, to_json(settings))
            return
        found = _read(path)
        names = [n for n in {**settings, **found} if settings.get(n) != found.get(n)]
        if names:
            differences = ", ".join(
                f"{n} {_brief(found.get(n))} (now {_brief(settings.get(n))})" for n in names
            )
            raise ValueError(
                f"`out` must be a new folder or one with runs of the same settings; the runs in "
                f"{str(self.folder)!r} were made with {differences}."
            )

    def load(
        self, treatment: str, seed: int, check: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any] | None:
        """Returns the saved run of `treatment` with `seed`, or `None`.

        Args:
            treatment: Name of the treatment.
            seed: The seed.
            check: Raises a ValueError for what has not the form of such a run.

        Raises:
            ValueError: If the file is damaged, or holds something else.
        """
        path = self._path(treatment, seed)
        if not path.exists():
            return None
        run = _read(path)
        try:
            if check is not None:
                check(run)
        except ValueError as error:
            raise _damaged(path) from error
        return run

    def save(self, treatment: str, seed: int, run: dict[str, Any]) -> None:
        """Saves a finished run."""
        write_atomically(self._path(treatment, seed), to_json(run))

    def _path(self, treatment: str, seed: int) -> Path:
        return self.runs / f"{treatment},seed={seed}.json"


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 24 else f"{text[:12]}…"


def _read(path: Path) -> dict[str, Any]:
    try:
        return safe_files.read_json(path)
    except ValueError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> ValueError:
    return ValueError(f"{str(path)!r} is damaged: delete it to run it again.")
