"""Trainings in processes of each of joblib's backends, and what goes wrong in them."""

import contextlib
import importlib.util
import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_regzoo import validation
from keras_regzoo.training import cross_validate
from keras_regzoo.training.joblib_backend import ended_processes, joblib_backend
from keras_regzoo.training.processes import _MistakeElsewhere, _run, _settings, as_they_end

pytestmark = pytest.mark.one_backend

ROOT = Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


def regression():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def workers(monkeypatch):
    """Lets the processes of a cluster find these tests, and Ray tell nobody of them."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    for address in ("RAY_ADDRESS", "DASK_SCHEDULER_ADDRESS"):
        monkeypatch.delenv(address, raising=False)


@pytest.fixture(scope="module")
def serial():
    return cross_validate(regression, X, X[:, :1], 2)


# Each cluster takes some seconds to start, and each of its processes imports Keras anew.
@pytest.mark.filterwarnings("ignore")  # of the clusters, and what their threads leave open
@pytest.mark.parametrize(("backend", "package"), [("ray", "ray"), ("dask", "distributed")])
def test_folds_on_a_cluster_are_those_of_one_process(backend, package, serial, workers):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    with joblib_backend(backend, 2):
        found = cross_validate(regression, X, X[:, :1], 2, jobs=None)
        with pytest.raises(ValueError, match=r"^`epochs` must be an integer in \[1, inf\)"):
            list(as_they_end([Ends("out of range")] * 2, None))
    np.testing.assert_allclose(found.predictions, serial.predictions, rtol=1e-5)


class Number:
    """Returns the number of the process that it runs in."""

    def run(self):
        return os.getpid()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_processes_of_this_machine_end_however_their_work_does(error):
    found = set()
    expected = contextlib.nullcontext() if error is None else pytest.raises(error)
    tasks = [Number()] * 4
    with expected, ended_processes("loky", 2), contextlib.closing(as_they_end(tasks, 2)) as ended:
        for _, process in ended:
            found.add(process)
            if error is not None:
                raise error
    assert found
    for process in found:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


@pytest.mark.parametrize(("backend", "jobs"), [("ray", 2), ("dask", 2), ("loky", 1)])
def test_processes_that_a_cluster_or_nobody_was_asked_for_are_left_alone(backend, jobs):
    (first, *_) = dict(as_they_end([Number()] * 2, 2)).values()
    with ended_processes(backend, jobs):
        pass
    os.kill(first, 0)


@dataclass
class Ends:
    """A training that goes wrong in one of several ways."""

    how: str

    def run(self):
        if self.how == "out of range":
            validation.integer("epochs", 0, "[1, inf)")
        if self.how == "no file":
            (ROOT / "no_such.npz").open()
        if self.how == "no package":
            validation.extra("no_such_package", "recipes", "A training")
        if self.how == "killed":
            os._exit(9)
        raise ValueError("of somebody else")


@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        ("out of range", ValueError, "`epochs` must be an integer in [1, inf); received epochs=0."),
        ("no file", FileNotFoundError, "no_such.npz"),
        ("no package", ImportError, "A training needs the package `no_such_package`"),
    ],
)
def test_a_mistake_leaves_another_process_as_it_is(how, error, sentence):
    with pytest.raises(_MistakeElsewhere) as caught:
        _run(0, Ends(how), _settings())
    (mistake,) = pickle.loads(pickle.dumps(caught.value)).args
    assert type(mistake) is error
    assert sentence in str(mistake)


def test_what_is_no_mistake_keeps_its_traceback():
    with pytest.raises(ValueError, match="of somebody else"):
        _run(0, Ends("otherwise"), _settings())


@pytest.mark.filterwarnings("ignore::UserWarning")  # joblib, of a process that was killed
@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        ("out of range", ValueError, r"^`epochs` must be an integer in \[1, inf\)"),
        ("killed", ChildProcessError, "A process that trained was killed, or had no memory left"),
    ],
)
def test_a_mistake_in_another_process_is_one_of_this_one(how, error, sentence, workers):
    with pytest.raises(error, match=sentence) as caught:
        list(as_they_end([Ends(how)], 2))
    assert validation.is_mistake(caught.value)
