"""Runs made in several processes are those made in one."""

import importlib.util
import json
import sys

import numpy as np
import psutil
import pytest

from keras_regzoo.diagnostics import compare
from keras_regzoo.diagnostics.base_models import mlp
from keras_regzoo.diagnostics.experiment import Budget, DataSource, Experiment
from keras_regzoo.diagnostics.run_making import _RunElsewhere
from keras_regzoo.diagnostics.technique_names import parse_techniques

pytestmark = pytest.mark.one_backend

SMALL = {"seeds": 2, "epochs": 1, "train_size": 40, "batch_size": 20, "progress": False}


def measured(comparison):
    """Returns what each run measured, but for its time."""
    results = json.loads((comparison.folder / "results.json").read_text(encoding="utf-8"))
    return [{**run, "seconds_per_epoch": None} for run in results["runs"]]


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    return measured(compare("digits", "dropout", out=tmp_path_factory.mktemp("one"), **SMALL))


# A cluster takes some seconds to start, and each process imports Keras anew.
@pytest.mark.filterwarnings("ignore")  # of the clusters, and what their threads leave open
@pytest.mark.parametrize("backend", ["loky", "ray", "dask"])
def test_two_processes_measure_the_same_to_the_last_bit(serial, backend, tmp_path, monkeypatch):
    if importlib.util.find_spec(backend.replace("loky", "joblib")) is None:
        pytest.skip(f"{backend} is not installed")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    parallel = compare("digits", "dropout", out=tmp_path, jobs=2, backend=backend, **SMALL)
    assert measured(parallel) == serial
    here = psutil.Process().children(recursive=True)
    assert not [each for each in here if "popen_loky" in " ".join(each.cmdline())]


def test_a_process_that_has_other_data_is_one_sentence(tmp_path):
    path = tmp_path / "line.npz"
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    np.savez(path, x=x, y=x[:, 0])
    source = DataSource(path, None, "regression", None)
    techniques = parse_techniques("baseline")
    here = Experiment(source, "mlp", mlp, techniques, Budget(1, 8, 1e-3))
    task = _RunElsewhere.of(here, techniques[0], 0)
    assert task.source.data == str(path)
    np.savez(path, x=x + 1, y=x[:, 0])
    with pytest.raises(ValueError, match=r"line\.npz' must be the same in every process"):
        task.run()


def test_a_process_that_has_run_on_a_file_reads_it_again_once_it_is_another(tmp_path):
    path, techniques = tmp_path / "line.npz", parse_techniques("baseline")
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    for y in (x[:, 0], x[:, 1]):
        np.savez(path, x=x, y=y)
        source = DataSource(path, None, "regression", None)
        here = Experiment(source, "mlp", mlp, techniques, Budget(1, 8, 1e-3))
        run = _RunElsewhere.of(here, techniques[0], 0).run()
        assert run["test"] == here.run(techniques[0], 0)["test"]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"jobs": 0}, ValueError, "`jobs` must be an integer in"),
        ({"jobs": -2}, ValueError, r"`jobs` must .*, or -1 for one a core; received -2\."),
        ({"jobs": 2, "backend": "spark"}, ValueError, "`backend` must be one of 'loky', 'ray', 'd"),
        ({"jobs": 2, "backend": "ray"}, ImportError, r"'ray' needs .*keras-regzoo\[cluster\]"),
        ({"jobs": 2, "backend": "dask"}, ImportError, r"'dask' needs .*keras-regzoo\[cluster\]"),
    ],
)
def test_bad_jobs_and_backends_are_one_sentence(tmp_path, monkeypatch, arguments, error, sentence):
    for package in ("ray", "distributed"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(error, match=sentence):
        compare("digits", "l2", out=tmp_path / "out", **{**SMALL, **arguments})
    assert list(tmp_path.iterdir()) == []
