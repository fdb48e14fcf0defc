"""`regzoo compare` on the command line."""

import json
import re

import pytest
from joblib.externals.loky import get_reusable_executor

from keras_regzoo.cli import compare as command
from keras_regzoo.diagnostics import TECHNIQUES
from tests.cli.killing import kill_once

pytestmark = pytest.mark.one_backend

ARGUMENTS = ("compare", "--techniques", "l2", "--train-size", "40", "--seeds", "3", "--epochs", "4")


def run_files(folder):
    return {path: path.stat().st_mtime_ns for path in sorted((folder / "runs").glob("*.json"))}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder in which `regzoo compare` was killed after its first finished run."""
    out = tmp_path_factory.mktemp("killed") / "out"
    kill_once(
        lambda: (out / "runs").is_dir() and bool(run_files(out)), [*ARGUMENTS, "--out", str(out)]
    )
    return out


def test_killed_comparison_goes_on_where_it_was(killed, regzoo):
    finished = run_files(killed)
    assert 1 <= len(finished) < 6
    assert not (killed / "results.json").exists()
    result = regzoo(*ARGUMENTS, "--out", str(killed))
    assert result.exit_code == 0, result.output
    everything = run_files(killed)
    assert len(everything) == 6
    assert finished.items() <= everything.items()
    results = json.loads((killed / "results.json").read_text(encoding="utf-8"))
    assert len(results["runs"]) == 6
    assert f"Report: {killed / 'report.html'}" in result.stdout.replace("\n", "")
    for technique in ("baseline", "l2"):
        assert re.search(rf"^{technique} +\d", result.stdout, re.MULTILINE)
    again = regzoo("compare", *ARGUMENTS[1:], "--epochs", "5", "--out", str(killed))
    assert again.exit_code == 2
    assert "were made with epochs 4 (now 5)" in again.stderr
    assert run_files(killed) == everything


def test_tuning_in_two_processes_reports_what_one_process_does(regzoo, tmp_path):
    found = []
    for jobs in ("1", "2"):
        arguments = (*ARGUMENTS[:5], "--seeds", "2", "--epochs", "1", "--tune", "2", "--jobs", jobs)
        result = regzoo(*arguments, "--out", str(tmp_path / jobs))
        assert result.exit_code == 0, result.output
        results = json.loads((tmp_path / jobs / "results.json").read_text(encoding="utf-8"))
        for run in results["runs"]:
            del run["seconds_per_epoch"]
        for technique in results["techniques"]:
            del technique["relative_time"]
        found.append(results)
    assert len(found[0]["settings"]["tuning"]["techniques"][1]["trials"]) == 2
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--techniques", "l3"), "There is no technique called 'l3'; those that exist are"),
        (("--seeds", "0"), "`--seeds` must be an integer in [1, inf); received --seeds=0."),
        (("--model", "os:no_such"), "`--model` 'os:no_such' must name a function"),
    ],
)
def test_mistake_is_one_line(regzoo, tmp_path, arguments, sentence):
    result = regzoo("compare", "--out", str(tmp_path / "out"), *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("regzoo: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_missing_data_are_one_line(regzoo, tmp_path):
    result = regzoo("compare", "--data", "no_such.npz", "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    sentence = "`--data` must be the path of an existing file; received --data='no_such.npz'."
    assert result.stderr == f"regzoo: {sentence}\n"
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


NETWORK = """import sys, keras

def here_alone(input_shape, num_outputs):
    if "pytest" not in sys.modules:
        raise RuntimeError("no network")
    layers = [keras.layers.Flatten(), keras.layers.Dense(num_outputs)]
    return keras.Sequential([keras.Input(input_shape), *layers])
"""


def test_mistake_in_another_process_is_one_line_and_ended_runs_are_kept(
    regzoo, tmp_path, monkeypatch
):
    get_reusable_executor().shutdown()  # processes of other tests do not know the path
    (tmp_path / "networks.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(tmp_path)
    arguments = (*ARGUMENTS, "--model", "networks:here_alone", "--out", str(tmp_path / "out"))
    assert regzoo(*arguments, "--seeds", "1").exit_code == 0
    ended = run_files(tmp_path / "out")
    assert len(ended) == 2
    result = regzoo(*arguments, "--jobs", "2")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("regzoo: `--model` cannot build a network")
    assert "Traceback" not in result.stderr
    assert run_files(tmp_path / "out") == ended


def test_folder_that_cannot_be_written_is_one_line(regzoo, tmp_path):
    (tmp_path / "file").write_text("")
    result = regzoo("compare", "--out", str(tmp_path / "file" / "out"))
    assert result.exit_code == 2
    assert "`--out` must be a folder that can be written to" in result.stderr


def test_help_lists_every_technique_with_its_options_and_defaults():
    text = " ".join(command.TECHNIQUES.split())
    for name, technique in TECHNIQUES.items():
        written = ":".join([name, *(f"{o}={v.default:g}" for o, v in technique.options.items())])
        assert re.search(rf"(?<![\w:]){re.escape(written)}[;.]", text), written
