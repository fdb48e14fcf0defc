"""What a search for a lottery ticket has found so far, in a file."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from keras_regzoo import safe_files


class Progress:
    """A search's rounds, masks and weights, and where they are saved.

    Attributes:
        rounds: For each round what `TicketRound` takes.
        masks: For each round a mask for each kernel.
        start: The weights that every round starts from.
        trained: The weights after the last round.
    """

    def __init__(self, path: str | os.PathLike[str] | None, settings: dict[str, Any]) -> None:
        self.path = None if path is None else Path(path)
        self.settings = settings
        self.rounds: list[list[Any]] = []
        self.masks: list[list[np.ndarray]] = []
        self.start: list[np.ndarray] = []
        self.trained: list[np.ndarray] = []

    @classmethod
    def at(cls, path: str | os.PathLike[str] | None, settings: dict[str, Any]) -> Progress:
        """Returns the progress that the file at `path` holds; none if there is no file.

        Raises:
            ValueError: If the file is damaged, or of other settings; if its folder is missing.
        """
        progress = cls(path, settings)
        if progress.path is None:
            return progress
        if not progress.path.parent.is_dir():
            raise ValueError(f"`path` must lie in a folder that exists; received path={path!r}.")
        if not progress.path.exists():
            return progress
        try:
            file = safe_files.read_arrays(progress.path)
            notes = safe_files.parse_json(str(file["notes"]), finite=False)
            saved, progress.rounds = notes["settings"], notes["rounds"]
            counts = notes["counts"]
            progress.start = [file[f"start {i}"] for i in range(counts["start"])]
            progress.trained = [file[f"trained {i}"] for i in range(counts["trained"])]
            progress.masks = [
                [file[f"mask {number} {i}"] for i in range(counts["masks"])]
                for number in range(len(progress.rounds))
            ]
        except Exception as error:  # a damaged file fails in as many ways as zlib and numpy know
            raise ValueError(
                f"`path` must be a file that a search has saved, whole; {str(path)!r} is not "
                f"({type(error).__name__})."
            ) from error
        if saved != settings:
            raise ValueError(
                f"`path` must be a file of a search with the settings {settings}; {str(path)!r} "
                f"is of one with {saved}."
            )
        return progress

    def save(self) -> None:
        """Writes the file, whole or not at all."""
        if self.path is None:
            return
        counts = {"start": len(self.start), "trained": len(self.trained)}
        counts["masks"] = len(self.masks[0])
        notes = {"settings": self.settings, "rounds": self.rounds, "counts": counts}
        arrays: dict[str, Any] = {"notes": np.array(json.dumps(notes))}
        arrays |= {f"start {i}": value for i, value in enumerate(self.start)}
        arrays |= {f"trained {i}": value for i, value in enumerate(self.trained)}
        for number, masks in enumerate(self.masks):
            arrays |= {f"mask {number} {i}": mask for i, mask in enumerate(masks)}
        draft = self.path.with_name(f".{self.path.name}.part")
        try:
            with draft.open("wb") as file:
                np.savez(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.path)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
