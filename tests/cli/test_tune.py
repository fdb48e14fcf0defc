"""`regzoo tune` on the command line."""

import json
import re

import pytest

from keras_regzoo.cli import tune as command
from keras_regzoo.tuning.appliers import APPLIERS, STOPPERS
from tests.cli.killing import kill_once

pytestmark = pytest.mark.one_backend

ARGUMENTS = ("tune", "--techniques", "l2,dropout", "--train-size", "40", "--trials", "3")
ARGUMENTS += ("--folds", "2", "--epochs", "2")


def fold_files(folder):
    return {path: path.stat().st_mtime_ns for path in (folder / "runs").glob("trial_*/folds.json")}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder in which `regzoo tune` was killed after a fold of its first trial."""
    out = tmp_path_factory.mktemp("killed") / "out"
    kill_once(
        lambda: (out / "runs").is_dir() and bool(fold_files(out)), [*ARGUMENTS, "--out", str(out)]
    )
    return out


def test_killed_search_goes_on_where_it_was(killed, tmp_path, regzoo):
    assert not (killed / "search.json").exists()
    result = regzoo(*ARGUMENTS, "--out", str(killed))
    assert result.exit_code == 0, result.output
    assert len(fold_files(killed)) == 3
    assert re.search(r"^ +\d +\d\.\d{4} +\d\.\d{3} ± \d\.\d{3} +2 +\S", result.stdout, re.MULTILINE)
    assert re.search(r"trained anew for \d+ steps: test error \d+\.\d %", result.stdout)
    assert regzoo(*ARGUMENTS, "--out", str(tmp_path / "new")).exit_code == 0
    found, expected = (
        json.loads((folder / "search.json").read_text(encoding="utf-8"))
        for folder in (killed, tmp_path / "new")
    )
    assert found == expected
    other = regzoo(*ARGUMENTS, "--epochs", "3", "--out", str(killed))
    assert other.exit_code == 2
    assert "were made with epochs 2 (now 3)" in other.stderr
    assert other.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--techniques", "l3"), "`--techniques` must be one of 'l1', 'l2'"),
        (("--trials", "0"), "`--trials` must be an integer in [1, inf); received --trials=0."),
        (("--data", "no_such.npz"), "`--data` must be the path of an existing file"),
        (("--folds", "400"), "`--folds` must be an integer in [2, "),
        (("--train-size", "3"), "`--train-size` must be an integer in [10, 1257]"),
        (("--target", "y"), "`--target` must be None for a source that is no .csv file; received"),
    ],
)
def test_mistake_is_one_line(regzoo, tmp_path, arguments, sentence):
    result = regzoo("tune", "--out", str(tmp_path / "out"), *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_help_names_techniques_that_exist():
    text = " ".join(command.TECHNIQUES.split())
    named = text.partition("network: ")[2].partition(" and others")[0].split(", ")
    assert len(named) > 10
    assert set(named) <= {*APPLIERS, *STOPPERS}
