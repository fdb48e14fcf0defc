"""Result files that keep every measurement as it comes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def load(name: str) -> dict[str, Any]:
    """Returns the results saved under `name`; an empty dict if there are none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def save(name: str, results: dict[str, Any]) -> None:
    """Writes the results under `name`, whole or not at all."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    os.replace(draft, path)


def put(name: str, keys: Sequence[str], value: Any) -> None:
    """Sets one value inside the results under `name`, read afresh: others may have been added."""
    results = load(name)
    inside = results
    for key in keys[:-1]:
        inside = inside.setdefault(key, {})
    inside[keys[-1]] = value
    save(name, results)
