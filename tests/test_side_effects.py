"""Importing the package changes nothing but `sys.modules`."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.one_backend

HEAVY = ("matplotlib", "sklearn", "scipy", "tensorflow_datasets", "keras_tuner")

SNAPSHOT = """
import json, logging, os, random, sys, warnings
import keras, numpy

def snapshot():
    root = logging.getLogger()
    levels = {
        name: logger.level
        for name, logger in root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and logger.level
    }
    return {
        "environment": dict(os.environ),
        "numpy": repr(numpy.random.get_state()),
        "random": repr(random.getstate()),
        "logging": [root.level, len(root.handlers), logging.root.manager.disable, levels],
        "warnings": repr(warnings.filters),
        "path": sys.path[:],
        "policy": keras.config.dtype_policy().name,
        "floatx": keras.config.floatx(),
        "files": sorted(os.listdir()),
        "directory": os.getcwd(),
    }

modules = set(sys.modules)
before = snapshot()
sys.stdout.flush(), sys.stderr.flush()
printed = os.open(sys.argv[2], os.O_CREAT | os.O_RDWR)
ends = os.dup(1), os.dup(2)
os.dup2(printed, 1), os.dup2(printed, 2)
exec(sys.argv[1])
sys.stdout.flush(), sys.stderr.flush()
os.dup2(ends[0], 1), os.dup2(ends[1], 2)
after = snapshot()
with open(sys.argv[2]) as file:
    text = file.read()
changed = {name: repr(after[name])[:500] for name in after if after[name] != before[name]}
imported = sorted({name.split(".")[0] for name in set(sys.modules) - modules})
report = {"changed": changed, "printed": text, "imported": imported}
print("REPORT" + json.dumps(report))
"""


def effects_of(code, directory):
    """Runs `code` in a fresh process that has imported keras; returns what it did."""
    cwd = directory / "empty"
    cwd.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SNAPSHOT, code, str(directory / "printed")],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.rpartition("REPORT")[2])


@pytest.fixture(scope="module")
def effects(tmp_path_factory):
    return effects_of("import keras_regzoo", tmp_path_factory.mktemp("import"))


def test_import_changes_no_state_and_writes_no_file(effects):
    assert effects["changed"] == {}


def test_import_prints_nothing(effects):
    assert effects["printed"] == ""


def test_import_brings_no_heavy_package(effects):
    assert "keras_regzoo" in effects["imported"]
    assert not set(HEAVY) & set(effects["imported"])


def test_side_effects_would_be_seen(tmp_path):
    code = """
import logging, os, random, warnings
import numpy as np
import tabnanny
os.environ["KERAS_REGZOO_PLANTED"] = "1"
random.random(), np.random.rand()
logging.getLogger().setLevel(10)
warnings.simplefilter("ignore", ResourceWarning)
open("planted", "w").close()
print("hello")
os.write(2, b"noise")
"""
    effects = effects_of(code, tmp_path)
    assert set(effects["changed"]) == {
        "environment",
        "files",
        "logging",
        "numpy",
        "random",
        "warnings",
    }
    assert set(effects["printed"].split()) >= {"hello"} and "noise" in effects["printed"]
    assert "tabnanny" in effects["imported"]
