"""`regzoo` as a process of its own."""

import importlib.metadata
import os
import platform
import subprocess
import sys

import keras
import pytest

from keras_regzoo import catalogue, cli

pytestmark = pytest.mark.one_backend


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "keras_regzoo.cli", *arguments],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def test_entry_point_is_main():
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="regzoo")
    assert script.load() is cli.main


def test_version_names_the_package_keras_its_backend_and_python():
    result = run("--version")
    assert result.returncode == 0
    ours, its, backend, python = result.stdout.decode().splitlines()
    assert ours == f"keras_regzoo {importlib.metadata.version('keras-regzoo')}"
    assert its == f"Keras {keras.__version__}"
    assert backend.startswith(f"backend {keras.config.backend()} ")
    assert python == f"Python {platform.python_version()}"


def test_bibtex_goes_to_stdout_and_mistakes_to_stderr():
    result = run("cite", "mixup")
    assert result.returncode == 0
    assert result.stdout.decode().split() == catalogue.find("mixup").reference.bibtex.split()
    result = run("cite", "mixupp")
    assert result.returncode == 2
    assert result.stdout == b""
    assert b"regzoo: There is no technique called `mixupp`." in result.stderr
    assert b"Traceback" not in result.stderr


def test_equation_on_a_stdout_without_unicode_is_no_error():
    result = run("show", "mixup", PYTHONIOENCODING="ascii")
    assert result.returncode == 0
    assert result.stdout.isascii()


@pytest.mark.parametrize("command", [True, False], ids=["regzoo", "import"])
def test_a_backend_that_is_not_installed_is_one_sentence(command):
    hidden = "import sys; sys.modules['jax'] = None; sys.argv = [sys.argv[1]]; import keras_regzoo"
    result = subprocess.run(
        [sys.executable, "-c", hidden, "bin/regzoo" if command else "train.py"],
        capture_output=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        timeout=120,
        check=False,
    )
    assert result.returncode == (2 if command else 1)
    assert b"Keras needs its backend, the package `jax`, which is not installed" in result.stderr
    assert (b"Traceback" in result.stderr) is not command
