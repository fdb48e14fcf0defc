"""Dependencies point one way, backends are named in one place, and files stay short."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "keras_regzoo"
LEVELS = (
    ("validation", "quiet", "registration", "safe_files", "setting"),
    ("catalogue",),
    ("strengths", "axes", "masking", "example_losses", "spaces", "backend"),
    ("regularizers", "constraints", "layers"),
    ("objectives", "callbacks", "data"),
    ("models", "training", "ensembles"),
    ("diagnostics",),
    ("tuning",),
    ("cli",),
)
LEVEL = {part: number for number, parts in enumerate(LEVELS) for part in parts}
BACKENDS = ("tensorflow", "jax", "torch")
LONGEST = 400
NAMED_BACKENDS = {
    ("data", "tensorflow_datasets"): "TFDS is a source of data, imported when asked for",
    ("data", "tensorflow"): "TFDS reads its files with it; its GPU is then hidden",
}


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def part_of(path: Path) -> str:
    """Returns the subpackage, or module, of the package in which a file lies."""
    return path.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")


def imports(source: str) -> Iterator[tuple[str, str]]:
    """Yields (module, name) for all that a source imports; the name is empty for a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if function in ("import_module", "__import__", "extra"):
                yield str(node.args[0].value), ""


def parts_imported(source: str) -> set[str]:
    """Returns the parts of the package that a source imports."""
    parts = set()
    for module, name in imports(source):
        if module == PACKAGE:
            parts.add(name or PACKAGE)
        elif module.startswith(f"{PACKAGE}."):
            parts.add(module.split(".")[1])
        elif module.startswith("."):
            parts.add(f"{module}{name}")
    return parts


def backward(part: str, source: str) -> list[str]:
    """Returns the parts that a source of `part` may not import."""
    others = parts_imported(source) - {part}
    return sorted(other for other in others if LEVEL.get(other, len(LEVELS)) >= LEVEL[part])


def named_backends(part: str, source: str) -> list[str]:
    """Returns the backends, and TFDS, that a source outside `backend` imports."""
    named = {module.split(".")[0] for module, _ in imports(source)}
    wanted = {name for name in named if name in (*BACKENDS, "tensorflow_datasets", "jaxlib")}
    return sorted(name for name in wanted if (part, name) not in NAMED_BACKENDS)


def private(source: str) -> list[str]:
    """Returns the private names of the package that a source imports or reaches into."""
    found = []
    for module, name in imports(source):
        if module.split(".")[0] == PACKAGE:
            names = [*module.split("."), name]
            found += [each for each in names if each.startswith("_") and each != "__version__"]
    for node in ast.walk(ast.parse(source)):
        reached = ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if reached.startswith(f"{PACKAGE}.") and "._" in reached.replace(".__version__", ""):
            found.append(reached)
    return found


LIBRARY = [path for path in files(PACKAGE) if path != ROOT / PACKAGE / "__init__.py"]
USERS = files("recipes", "benchmarks")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_dependencies_point_one_way(path):
    part = part_of(path)
    assert part in LEVEL, f"tests/test_imports.py has no level for {part}."
    found = backward(part, path.read_text(encoding="utf-8"))
    assert not found, f"{part} may not import {found}: it must lie left of it in DESIGN.md."


@pytest.mark.parametrize("path", LIBRARY, ids=relative)
def test_backends_are_named_in_backend_only(path):
    if part_of(path) != "backend":
        assert named_backends(part_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "path", [path for path in LIBRARY if part_of(path) == "catalogue"], ids=relative
)
def test_catalogue_imports_nothing_heavy(path):
    known = {*sys.stdlib_module_names, PACKAGE}
    source = path.read_text(encoding="utf-8")
    assert not {module.split(".")[0] for module, _ in imports(source)} - known
    assert parts_imported(source) <= {"catalogue", "validation"}


@pytest.mark.parametrize("path", USERS, ids=relative)
def test_recipes_and_benchmarks_use_public_names(path):
    assert private(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", files(PACKAGE, "recipes", "benchmarks", "tests"), ids=relative)
def test_no_file_is_long(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{lines} lines; split it."


@pytest.mark.parametrize(
    ("part", "source", "expected"),
    [
        ("callbacks", "from keras_regzoo.objectives import Objective", ["objectives"]),
        ("validation", "from keras_regzoo import backend", ["backend"]),
        ("layers", "import keras_regzoo.models", ["models"]),
        ("layers", "def f():\n    from keras_regzoo.models.builders import x", ["models"]),
        ("layers", "from keras_regzoo import RegularizedModel", ["RegularizedModel"]),
        ("layers", "import keras_regzoo", [PACKAGE]),
        ("layers", "from ..models import Autoencoder", ["..modelsAutoencoder"]),
        ("layers", "import_module('keras_regzoo.cli')", ["cli"]),
        ("layers", "from keras_regzoo.layers import a\nfrom keras_regzoo import validation", []),
        ("models", "from keras_regzoo import objectives, layers", []),
        ("diagnostics", "from keras_regzoo.models import Autoencoder", []),
    ],
)
def test_backward_arrow_would_be_seen(part, source, expected):
    assert backward(part, source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import torch.nn",
        "def f():\n    from jax import numpy",
        "importlib.import_module('tensorflow')",
        "validation.extra('tensorflow_datasets', 'datasets', 'x')",
    ],
)
def test_named_backend_would_be_seen(source):
    assert named_backends("layers", source)


@pytest.mark.parametrize(
    "source",
    [
        "from keras_regzoo.backend import _jax",
        "from keras_regzoo.backend._jax import vjp",
        "import keras_regzoo\nkeras_regzoo.layers._mask",
    ],
)
def test_private_name_would_be_seen(source):
    assert private(source)
