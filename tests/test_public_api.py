"""What is public exists, is documented, and lies where its name says."""

import importlib
import importlib.metadata
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import keras_regzoo

pytestmark = pytest.mark.one_backend

PACKAGES = ["keras_regzoo"] + [
    f"keras_regzoo.{module.name}"
    for module in pkgutil.iter_modules(keras_regzoo.__path__)
    if module.ispkg
]
ONE_IDEA = "they are one idea, read together"
SHARED_FILES = {
    "keras_regzoo.backend.pure_view": f"what a pure view takes and returns: {ONE_IDEA}",
    "keras_regzoo.catalogue.entry": "an entry and the kinds of values in it",
    "keras_regzoo.objectives.loss": f"a loss and where it is evaluated: {ONE_IDEA}",
    "keras_regzoo.objectives.objective": f"the objective and its three kinds: {ONE_IDEA}",
}
RESULT = "a result beside the function that returns it"
OTHER_NAMES = {
    "keras_regzoo.backend.optimizer_state": "what is done to an optimizer's state",
    "keras_regzoo.training.continue_to_objective": RESULT,
    "keras_regzoo.training.retrain_on_all_data": RESULT,
    "keras_regzoo.diagnostics.comparison": "a comparison and its rows",
    "keras_regzoo.diagnostics.statistics": "a test's result beside the functions that make it",
}


def exports(package):
    module = importlib.import_module(package)
    return {name: getattr(module, name) for name in module.__all__}


def exported_classes():
    """Returns the classes of all packages, under the module that defines them."""
    by_module = {}
    for package in PACKAGES:
        for value in exports(package).values():
            if inspect.isclass(value):
                by_module.setdefault(value.__module__, set()).add(value.__name__)
    return by_module


def misplaced(by_module, excused):
    """Returns what is wrong with where classes lie."""
    problems = []
    for module, names in by_module.items():
        if module in excused:
            continue
        if len(names) > 1:
            problems.append(f"{module} holds {', '.join(sorted(names))}: one public class a file.")
        problems += [
            f"{name} lies in {module}; its file must be {snake_case(name)}.py."
            for name in names
            if module.rpartition(".")[2].replace("_", "") != name.lower()
        ]
    return problems


def snake_case(name):
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("package", PACKAGES)
def test_exports_exist_once_and_are_documented(package):
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name, value in exports(package).items():
        if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
            assert inspect.getdoc(value), f"{package}.{name} has no docstring."
            assert not name.startswith("_")


@pytest.mark.parametrize("package", PACKAGES)
def test_package_says_in_one_sentence_what_it_holds(package):
    first = (importlib.import_module(package).__doc__ or "").partition("\n")[0]
    assert first.endswith(".")


def test_package_holds_the_wrapper_and_the_version():
    assert "RegularizedModel" in keras_regzoo.__all__
    assert keras_regzoo.RegularizedModel is keras_regzoo.objectives.RegularizedModel
    assert keras_regzoo.__version__ == importlib.metadata.version("keras-regzoo")


def test_subpackages_are_those_exported_or_imported_when_needed():
    public = {package.rpartition(".")[2] for package in PACKAGES[1:]}
    when_needed = {"catalogue", "cli"}
    assert public - when_needed <= set(keras_regzoo.__all__)


def test_one_public_class_a_file_named_after_it():
    by_module = exported_classes()
    problems = misplaced(by_module, {**SHARED_FILES, **OTHER_NAMES})
    assert not problems, "\n".join(problems)


def test_exceptions_are_still_needed():
    by_module = exported_classes()
    for module in {**SHARED_FILES, **OTHER_NAMES}:
        assert misplaced({module: by_module[module]}, {}), f"{module} needs no exception."


def test_misplaced_class_would_be_seen():
    (problem,) = misplaced({"package.noise": {"MaskingNoise"}}, {})
    assert problem == "MaskingNoise lies in package.noise; its file must be masking_noise.py."
    assert len(misplaced({"package.noise": {"Noise", "Mask"}}, {})) == 2
    assert not misplaced({"package.l1_ball": {"L1Ball"}}, {})


def test_every_package_is_typed():
    assert (Path(keras_regzoo.__path__[0]) / "py.typed").exists()
