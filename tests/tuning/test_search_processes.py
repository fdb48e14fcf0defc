"""Searches by several processes, and by processes that are killed: no fold twice, none lost."""

import collections
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.tuning.search_process import (
    FIT,
    FOLDS,
    ORACLES,
    TRIALS,
    Noted,
    X,
    Y,
    trained,
    tuner,
)

pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # KerasTuner's and gRPC's own
    pytest.mark.filterwarnings("ignore:The optimal value found for dimension"),  # scikit-learn's
]
ROOT = Path(__file__).parents[2]
SEARCHED = ("rate", "momentum", "decay")


def started(*arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.tuning.search_process", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def searched(folder, oracle):
    folder.mkdir(exist_ok=True)
    search = tuner(folder, Noted(folder), oracle=ORACLES[oracle]())
    search.search(X, Y, **FIT)
    return search


def found(search):
    """Returns the values and the score of each trial, in the order of the trials."""
    trials = [search.oracle.trials[name] for name in sorted(search.oracle.trials)]
    return [[*map(trial.hyperparameters.get, SEARCHED), trial.score] for trial in trials]


def folds(folder):
    """Returns how often each fold of each trial was trained."""
    return collections.Counter(line[1:] for line in trained(folder))


def test_chief_and_two_workers_find_what_one_process_finds_and_run_each_trial_once(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    (tmp_path / "several").mkdir()
    running = [
        started(tmp_path / "several", "random", **address, KERASTUNER_TUNER_ID=name)
        for name in ("chief", "worker-0", "worker-1")
    ]
    outputs = [process.communicate(timeout=600)[0].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], outputs
    alone = searched(tmp_path / "alone", "random")
    several = tuner(tmp_path / "several")
    several.oracle.reload()
    np.testing.assert_allclose(sorted(found(several)), sorted(found(alone)), rtol=1e-6)
    assert set(folds(tmp_path / "several").values()) == {1}
    assert len(folds(tmp_path / "several")) == TRIALS * FOLDS
    by = collections.defaultdict(set)
    for name, rate, *_ in trained(tmp_path / "several"):
        by[rate].add(name)
    assert len(by) == TRIALS
    assert all(len(names) == 1 and "chief" not in names for names in by.values())


@pytest.mark.parametrize(
    ("oracle", "kills"),
    [("random", (4,)), ("grid", (7,)), ("bayesian", (10, 16)), ("hyperband", (14, 29))],
)
def test_a_killed_search_finds_what_an_uninterrupted_one_finds(oracle, kills, tmp_path):
    (tmp_path / "killed").mkdir()
    for most in kills:
        process = started(tmp_path / "killed", oracle, most)
        output = process.communicate(timeout=600)[0].decode()
        assert process.returncode == -signal.SIGKILL, output
        assert len(trained(tmp_path / "killed")) == most
    resumed = searched(tmp_path / "killed", oracle)
    whole = searched(tmp_path / "whole", oracle)
    assert found(resumed) == found(whole)
    assert len(whole.oracle.trials) * FOLDS == sum(folds(tmp_path / "whole").values())
    assert folds(tmp_path / "killed") == folds(tmp_path / "whole"), "none twice, none lost"
