"""Every technique has one complete entry, and every entry a technique."""

import ast
import dataclasses
import importlib
import inspect
import pathlib
import re
import sys
from collections import Counter

import keras
import pytest

import keras_regzoo.catalogue
from keras_regzoo import catalogue

pytestmark = pytest.mark.one_backend

MAY_BE_EMPTY = {"evidence"}
BASES = {
    "regularizers": keras.regularizers.Regularizer,
    "constraints": keras.constraints.Constraint,
    "layers": keras.layers.Layer,
    "objectives": "Objective",
    "callbacks": keras.callbacks.Callback,
    "models": keras.Model,
}
FOLDERS = {"training": "training", "data": "data"}  # the others are plurals
ABSTRACT = {
    "Resumable",
    "Stopping",
    "Objective",
    "Penalty",
    "BatchTransform",
    "WeightTransform",
    "BaseAutoencoder",
}

each_entry = pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)


@each_entry
def test_entry_is_complete(entry):
    for field in dataclasses.fields(entry):
        value = getattr(entry, field.name)
        if isinstance(value, str) and field.name not in MAY_BE_EMPTY:
            assert value, field.name
            assert value == value.strip(), field.name
            assert field.name == "equation" or "  " not in value, field.name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", entry.name)
    assert re.fullmatch(r"[A-Z][^.]*(\.\w[^.]*)*\.", entry.summary), "one sentence"
    assert entry.kind in catalogue.kinds()
    assert entry.cost.forward >= 1
    assert entry.cost.backward >= 1
    assert entry.reference.where
    if entry.evidence:
        assert (pathlib.Path(__file__).parents[2] / entry.evidence).is_file()


@each_entry
def test_symbol_is_public_and_of_the_entry_kind(entry):
    module, _, name = entry.symbol.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    assert inspect.isclass(found) or (entry.kind in FOLDERS and callable(found))
    if entry.origin == "keras_regzoo":
        assert module == f"keras_regzoo.{FOLDERS.get(entry.kind, f'{entry.kind}s')}"


@pytest.mark.parametrize("kind", BASES)
def test_every_exported_class_has_one_entry(kind):
    module = importlib.import_module(f"keras_regzoo.{kind}")
    base = BASES[kind]
    base = getattr(module, base) if isinstance(base, str) else base
    symbols = Counter(entry.symbol for entry in catalogue.entries())
    classes = [name for name in module.__all__ if inspect.isclass(getattr(module, name))]
    techniques = [name for name in classes if issubclass(getattr(module, name), base)]
    counts = {
        name: symbols[f"keras_regzoo.{kind}.{name}"] for name in techniques if name not in ABSTRACT
    }
    assert counts == dict.fromkeys(counts, 1)


def test_names_and_aliases_are_unique():
    names = [name for entry in catalogue.entries() for name in (entry.name, *entry.aliases)]
    assert len(names) == len(set(names))


def test_entries_are_ordered_by_kind():
    order = [catalogue.kinds().index(entry.kind) for entry in catalogue.entries()]
    assert order == sorted(order)
    assert set(order) == set(range(len(catalogue.kinds())))


def test_catalogue_imports_only_the_standard_library_and_itself():
    for path in pathlib.Path(catalogue.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
                if node.module == "keras_regzoo":
                    modules = [f"keras_regzoo.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                continue
            for module in modules:
                ours = module.startswith("keras_regzoo.catalogue")
                assert ours or module.split(".")[0] in sys.stdlib_module_names, (path.name, module)


def test_costs_of_objectives_count_their_passes():
    costs = {
        entry.name: str(entry.cost) for entry in catalogue.entries() if entry.kind == "objective"
    }
    assert costs["sharpness_aware"] == costs["adversarial_training"] == "2 F + 2 B"
    assert costs["mixup"] == costs["weight_noise"] == costs["weight_penalty"] == "1 F + 1 B"
    assert str(keras_regzoo.catalogue.Cost(2, 1.5)) == "2 F + 1.5 B"
