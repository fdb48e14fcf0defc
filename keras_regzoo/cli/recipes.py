"""Where recipes are, what they claim, and how one is loaded."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from keras_regzoo.catalogue.nearest import unknown

CHECKOUT = Path(__file__).parents[2]
NONE_FOUND = (
    "No recipes were found: run this in a checkout of keras_regzoo, or in a directory with a "
    "`recipes` folder"
)


def folders() -> list[Path]:
    """Returns the recipe folders: of the current directory, its parents, and the checkout."""
    here = Path.cwd()
    candidates = [base / "recipes" for base in (here, *here.parents, CHECKOUT)]
    return [folder for folder in dict.fromkeys(candidates) if folder.is_dir()]


def find_all() -> dict[str, Path]:
    """Returns the scripts that define `main`, by name; of two alike the nearest folder's."""
    scripts: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.py")):
            if path.stem not in scripts and _defines_main(path):
                scripts[path.stem] = path
    return dict(sorted(scripts.items()))


def find(name: str) -> Path:
    """Returns the script of the recipe called `name`.

    Raises:
        ValueError: If there is none.
    """
    scripts = find_all()
    wanted = name.removesuffix(".py").replace("-", "_")
    if wanted not in scripts:
        everything = "`regzoo run` lists the recipes" if scripts else NONE_FOUND
        raise ValueError(unknown("recipe", name, scripts, everything))
    return scripts[wanted]


def claim(path: Path) -> str:
    """Returns the first line of the recipe's docstring, without running it."""
    return docstring(path).partition("\n")[0]


def docstring(path: Path) -> str:
    """Returns the recipe's docstring, without running it."""
    return ast.get_docstring(_parse(path)) or ""


def load(path: Path) -> Callable[[Sequence[str]], Any]:
    """Imports the recipe and returns its `main`."""
    name = f"regzoo_recipe_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.main


def _defines_main(path: Path) -> bool:
    try:
        tree = _parse(path)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), filename=str(path))
