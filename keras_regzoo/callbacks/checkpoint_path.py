"""Where checkpoints lie: a pattern of paths, checked before training and written atomically."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from string import Formatter
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.callbacks.frozen_layers import as_built

WHOLE, WEIGHTS = ".keras", ".weights.h5"


class CheckpointPath:
    """A pattern such as `"checkpoints/{epoch}.keras"`, and the files written by it.

    Args:
        pattern: The path; its file name ends in `.keras` for whole models or in `.weights.h5` for
            weights alone.
        field: The name that must be in it, so that no two checkpoints have one path.

    Raises:
        ValueError: If it is no such pattern.
    """

    def __init__(self, pattern: str | os.PathLike[str], field: str) -> None:
        validation.instance("path", pattern, (str, os.PathLike))
        self.pattern = os.fspath(pattern)
        try:
            fields = [part[1:3] for part in Formatter().parse(self.pattern) if part[1] is not None]
            for spec in (spec for name, spec in fields if name == field):
                format(1, spec or "")
        except ValueError as error:
            raise self._error(f"be a pattern that `str.format` takes ({error})") from error
        name = Path(self.pattern).name
        if field not in dict(fields) or f"{{{field}" not in name:
            raise self._error(f'hold "{{{field}}}" in the file\'s name')
        if not name.endswith((WHOLE, WEIGHTS)):
            raise self._error(f'end in "{WHOLE}" (whole models) or "{WEIGHTS}" (weights alone)')

    def _error(self, wanted: str) -> ValueError:
        return ValueError(f"`path` must {wanted}; received path={self.pattern!r}.")

    def check_folder(self) -> None:
        """Raises a ValueError unless a file can be written where the checkpoints will lie."""
        folder = Path(self.pattern).parent
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            wanted = f"lie in a folder that exists and can be written to ({error.strerror})"
            raise self._error(wanted) from error

    def write(self, model: keras.Model, **fields: Any) -> str:
        """Saves `model` where the pattern with `fields` says, whole or not at all; returns where.

        Layers that are frozen for an epoch alone are saved as they were built.

        Raises:
            ValueError: If the pattern has a name that is not in `fields`.
        """
        try:
            path = Path(self.pattern.format(**fields))
        except (KeyError, IndexError) as error:
            listed = ", ".join(sorted(fields))
            raise self._error(f"hold no names but {listed} (not {error})") from error
        with as_built(model):
            save_whole(model, path)
        return str(path)


def save_whole(model: keras.Model, path: Path) -> None:
    """Saves a model, or its weights, such that the file is there whole or not at all.

    Args:
        model: The model.
        path: Of a file whose name ends in `.keras`, or in `.weights.h5` for weights alone.
    """
    suffix = WEIGHTS if path.name.endswith(WEIGHTS) else WHOLE
    draft = path.with_name(f".{path.name.removesuffix(suffix)}.part{suffix}")
    save = model.save_weights if suffix == WEIGHTS else model.save
    try:
        save(str(draft))
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
