"""What the packages make public, read from their sources without importing them."""

from __future__ import annotations

import ast
from pathlib import Path


def summary(checkout: Path, package: str) -> str:
    """Returns the first sentence of a package's docstring.

    Args:
        checkout: The root of the sources.
        package: Name of the package in `keras_regzoo`.
    """
    text = ast.get_docstring(_tree(_folder(checkout, package) / "__init__.py")) or ""
    return text.partition("\n")[0]


def symbols(checkout: Path, package: str) -> list[str]:
    """Returns the names in a package's `__all__`; of a module that has its own, those in it.

    Args:
        checkout: The root of the sources.
        package: Name of the package in `keras_regzoo`.

    Raises:
        ValueError: If it has none.
    """
    folder = _folder(checkout, package)
    tree = _tree(folder / "__init__.py")
    modules = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == f"keras_regzoo.{package}"
        for alias in node.names
        if (folder / f"{alias.name}.py").exists()
    }
    found: list[str] = []
    for name in _exports(tree, package):
        inner = _tree(folder / f"{name}.py") if name in modules else None
        of_module = _exports(inner, name, []) if inner else []
        found += [f"{name}.{each}" for each in of_module] or [name]
    return found


def _exports(tree: ast.Module, name: str, default: list[str] | None = None) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    if default is None:
        raise ValueError(f"`{name}` must have a list `__all__`; it has none.")
    return default


def _folder(checkout: Path, package: str) -> Path:
    return checkout / "keras_regzoo" / package


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), filename=str(path))
