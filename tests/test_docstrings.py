"""Every `>>>` example in the package runs."""

import contextlib
import doctest
import importlib
import io
import pkgutil

import keras
import numpy as np
import pytest

import keras_regzoo

pytestmark = pytest.mark.one_backend

OTHER_BACKENDS = {"tensorflow", "jax", "torch"} - {keras.backend.backend()}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules():
    yield keras_regzoo
    for module in pkgutil.walk_packages(keras_regzoo.__path__, "keras_regzoo."):
        last = module.name.rpartition(".")[2]
        if last != "__main__" and last.removeprefix("_") not in OTHER_BACKENDS:
            yield importlib.import_module(module.name)


def examples(module):
    names = {"keras": keras, "keras_regzoo": keras_regzoo, "np": np}
    found = doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs=names)
    return [example for example in found if example.examples]


def run(example):
    """Returns the report of what failed; nothing where nothing did."""
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    with contextlib.redirect_stderr(io.StringIO()):
        failed = runner.run(example, out=report.write).failed
    return report.getvalue() if failed else ""


EXAMPLES = [example for module in modules() for example in examples(module)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_runs(example):
    report = run(example)
    assert not report, report


def test_examples_are_found():
    names = {example.name for example in EXAMPLES}
    assert "keras_regzoo.backend.autodiff.vjp" in names
    assert "keras_regzoo.layers.masking_noise.MaskingNoise" in names


@pytest.mark.parametrize("code", [">>> 1 + 1\n3\n", ">>> no_such_name\n", ">>> print(1)\n2\n"])
def test_example_that_is_wrong_fails(code):
    example = doctest.DocTestParser().get_doctest(code, {}, "wrong", None, None)
    assert "Failed example" in run(example)
