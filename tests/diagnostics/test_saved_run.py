"""A file is taken for a saved run only if it has every part of one, and then nothing is written."""

import copy
import functools
import json
import operator
from typing import Any

import numpy as np
import pytest

from keras_regzoo.diagnostics import compare
from keras_regzoo.diagnostics.calibration import BINS
from keras_regzoo.diagnostics.saved_run import VERSIONS, check_run
from keras_regzoo.diagnostics.technique_names import parse_techniques
from keras_regzoo.diagnostics.training_run import TreatedNetwork
from tests.security.hostile import assert_one_sentence

pytestmark = pytest.mark.one_backend

SMALL = {"seeds": 1, "epochs": 2, "train_size": 40, "batch_size": 20, "progress": False}
L2 = parse_techniques("l2")[1]
MISSING = "(missing)"  # in place of a value; equal in every process
REQUIRED = (
    *("technique", "options", "seed", "epochs_trained", "kept_epoch", "seconds_per_epoch"),
    *(f"{part}.{name}" for part in ("train", "validation", "test") for name in ("error", "loss")),
    *("train", "validation", "test", "test.ece", "test.reliability.count"),
    *("curves", "curves.error", "curves.loss", "environment", "environment.cpus"),
    *(f"environment.{name}" for name in VERSIONS),
)
WRONG = {
    "technique": [3, None, "dropout"],
    "options": [[], {}, {"strength": "0.1"}, {"strength": True}, {"strength": [1]}],
    "seed": [1, False, "0"],
    "test": [[], None, 0.5],
    "test.error": ["evil", -0.1, 1.5, True, {"a": 1}, None],
    "test.loss": [-1, [0.5], None],
    "test.ece": [2, "0.1", None],
    "test.reliability": [None, [], {}],
    "test.reliability.count": [[270], [18] * (BINS + 1), [1] * BINS, [-18] * BINS, [18.0] * BINS],
    "test.reliability.correct": [[271] * BINS, [None] * BINS, "correct"],
    "test.reliability.confidence": [["1"] * BINS, [1e9] * BINS, [0.0]],
    "epochs_trained": [0, 1, 3, 2.0, True, None, 10**400],
    "kept_epoch": [0, 3, -1, "1"],
    "seconds_per_epoch": [0, -1, "1", None, 1e-300],
    "curves": [[], {"error": [], "loss": []}],
    "curves.error": [[0.5], [0.5] * 3, [0.5, "x"], [0.5, 2], {}, None],
    "curves.loss": [[0.5], [0.5, -1]],
    "environment": [{}, "Linux", []],
    "environment.keras": [3, None],
    "environment.cpus": [0, "4", 1.5],
}
DAMAGES = [
    *((name, MISSING) for name in REQUIRED),
    *((name, value) for name, values in WRONG.items() for value in values),
]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return compare("digits", "l2", out=tmp_path_factory.mktemp("saved"), **SMALL)


def path(comparison):
    return comparison.folder / "runs" / f"{L2.key},seed=0.json"


@pytest.fixture
def saved(comparison):
    text = path(comparison).read_text(encoding="utf-8")
    yield json.loads(text)
    path(comparison).write_text(text, encoding="utf-8")


def damaged(run, name, value):
    run = copy.deepcopy(run)
    *outer, last = name.split(".")
    part: Any = functools.reduce(operator.getitem, outer, run)
    if value is MISSING:
        del part[last]
    else:
        part[last] = value
    return run


@pytest.mark.parametrize(("name", "value"), DAMAGES, ids=lambda part: str(part)[:24])
def test_run_without_a_part_or_with_a_wrong_one_is_none(comparison, saved, name, value):
    check_run(saved, L2, 0, comparison.settings)
    with pytest.raises(ValueError, match=r"`run[.`]") as error:
        check_run(damaged(saved, name, value), L2, 0, comparison.settings)
    assert_one_sentence(error)


def test_run_of_another_seed_or_of_other_options_is_none(comparison, saved):
    for treatment, seed in ((L2, 1), (parse_techniques("l2:strength=0.5")[1], 0)):
        with pytest.raises(ValueError, match="must be"):
            check_run(saved, treatment, seed, comparison.settings)


def test_runs_without_bins_and_with_more_than_is_asked_for_are_runs(comparison, saved):
    del saved["test"]["reliability"]
    check_run({**saved, "later": [1]}, L2, 0, comparison.settings)


@pytest.mark.parametrize(
    ("name", "value"), [("test.ece", MISSING), ("environment", {}), ("curves.error", [0.5])]
)
def test_damaged_run_is_one_sentence_and_the_report_stays_as_it_was(comparison, saved, name, value):
    files = [file for file in comparison.folder.iterdir() if file.is_file()]
    assert {"results.json", "report.md", "report.html"} <= {file.name for file in files}
    path(comparison).write_text(json.dumps(damaged(saved, name, value)), encoding="utf-8")
    before = {file: file.stat().st_mtime_ns for file in files}
    with pytest.raises(ValueError, match=r"seed=0\.json' is damaged: delete it to run") as error:
        compare("digits", "l2", out=comparison.folder, **SMALL)
    assert_one_sentence(error)
    assert {file: file.stat().st_mtime_ns for file in files} == before


@pytest.mark.parametrize(
    ("task", "changes"),
    [("regression", {}), (None, {"learning_rate": 1e30})],
    ids=["regression", "diverged"],
)
def test_what_was_saved_is_taken_again(task, changes, tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 3)).astype("float32")
    y = x[:, 0] if task == "regression" else np.arange(60) % 3
    np.savez(tmp_path / "data.npz", x=x, y=y)
    options = {**SMALL, "train_size": None, "task": task, "out": tmp_path / "out", **changes}
    first = compare(tmp_path / "data.npz", "early_stopping,dropout", **options)
    assert (first.results[0].test_error is None) == bool(changes)
    monkeypatch.setattr(TreatedNetwork, "train", None)
    assert compare(tmp_path / "data.npz", "early_stopping,dropout", **options).runs == first.runs
