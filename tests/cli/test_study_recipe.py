"""What recipes share: options, files and verdict."""

import json

import numpy as np
import pytest

from keras_regzoo.cli.recipe_options import FEW, MOST, TEST, finish, images, read_options
from keras_regzoo.cli.study_recipe import SEEDS, run_study
from keras_regzoo.data import load
from keras_regzoo.diagnostics import plots
from keras_regzoo.diagnostics.study import Study

pytestmark = pytest.mark.one_backend


def run(tmp_path, *arguments, expected=None, calls=None, name="tried"):
    """Runs a study whose two methods measure 1 and the seed."""
    seen = [] if calls is None else calls

    def measure(method, given, seed, epochs):
        seen.append((method, given.x_train.shape, seed, epochs))
        return {"value": 1.0 if method == "one" else float(seed)}

    return run_study(
        arguments,
        str(tmp_path / "recipes" / f"{name}.py"),
        "What it claims.\n\nMore.",
        ("one", "seed"),
        measure,
        7,
        expected or {"one/value": (0.9, 1.0), "seed/value": (0.49, 0.51)},
        {"own": 3},
        lambda given, epochs: plots.latent_scatter(np.eye(3)),
    )


def test_means_within_the_expected_intervals_are_as_expected_and_saved(tmp_path, capsys):
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    calls = []
    assert run(tmp_path, calls=calls) == 0
    assert capsys.readouterr().out.endswith("\nas expected\n")
    shape = load("digits", test=TEST).x_train.shape
    assert calls == [(method, shape, seed, 7) for method in ("one", "seed") for seed in SEEDS]
    saved = json.loads((tmp_path / "benchmarks" / "results" / "tried.json").read_text())
    assert saved["runs"]["seed"] == [{"value": float(seed)} for seed in SEEDS]
    assert saved["settings"]["own"] == 3
    assert (saved["settings"]["data"], saved["settings"]["epochs"]) == ("digits", 7)
    assert "keras" in saved["environment"]


def test_mean_outside_is_told(tmp_path, capsys):
    out = tmp_path / "out.json"
    assert run(tmp_path, "--out", str(out), expected={"one/value": (1.1, 1.2)}) == 1
    assert capsys.readouterr().out.endswith("\nNOT as expected\n")
    assert out.is_file()


def test_smoke_and_other_data_compare_nothing_and_write_what_they_are_asked_to(tmp_path, capsys):
    source, figure = tmp_path / "images.npz", tmp_path / "seen.png"
    np.savez(source, x=np.random.default_rng(0).uniform(size=(40, 3, 3)), y=np.arange(40) % 2)
    for arguments in (("--smoke",), ("--data", str(source), "--figure", str(figure))):
        calls = []
        assert run(tmp_path, *arguments, expected={"one/value": (9.0, 9.1)}, calls=calls) == 0
        assert "as expected" not in capsys.readouterr().out
    shapes = {shape for _, shape, _, _ in calls}
    assert shapes == {(22, 3, 3, 1)}  # 30 % test, 15 % validation, and an axis of one channel
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.rglob("*.json"))
    calls = []
    run(tmp_path, "--smoke", calls=calls)
    assert [(seed, epochs) for _, _, seed, epochs in calls] == [(SEEDS[0], 1)] * 2


def test_other_epochs_are_measured_and_not_compared(tmp_path, capsys):
    calls = []
    assert run(tmp_path, "--epochs", "3", expected={"one/value": (9.0, 9.1)}, calls=calls) == 0
    assert {epochs for _, _, _, epochs in calls} == {3}
    assert "one/value: 1.000, expected 9 to 9.1\n" in (printed := capsys.readouterr().out)
    assert "as expected" not in printed
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("epochs", ["0", "-1", "1.5", "many"])
def test_epochs_that_are_no_positive_integer_are_refused(tmp_path, capsys, epochs):
    with pytest.raises(SystemExit):
        run(tmp_path, f"--epochs={epochs}", calls=(calls := []))
    assert f"must be an integer of at least 1; received '{epochs}'" in capsys.readouterr().err
    assert not calls


def test_images_are_cut_to_so_many_that_a_recipe_is_done_soon(tmp_path):
    source = tmp_path / "many.npz"
    y = np.arange(2 * MOST) % 2
    np.savez(source, x=np.zeros((len(y), 2)), y=y)
    assert len(images(str(source), 0).x_train) == MOST


def test_smoke_takes_few_images(tmp_path):
    shapes = {len(getattr(images("digits", 0, FEW), f"x_{part}")) for part in ("train", "test")}
    assert shapes == {FEW}
    run(tmp_path, "--smoke", calls=(calls := []))
    assert {shape[0] for _, shape, _, _ in calls} == {FEW}


def test_differences_are_paired_by_seed_and_compared(tmp_path, capsys):
    gain = {"seed - one/value": (-0.6, -0.4)}
    assert run(tmp_path, "--out", str(tmp_path / "out.json"), expected=gain) == 0
    printed = capsys.readouterr().out  # the differences -1 and 0 have a standard error of 0.5
    line = "seed - one/value: -0.500 (95 % interval -6.853 to +5.853), expected -0.6 to -0.4\n"
    assert line in printed
    gain = {"seed - one/value": (0.1, 0.2)}
    assert run(tmp_path, "--out", str(tmp_path / "out.json"), expected=gain) == 1


def test_a_recipe_with_data_of_its_own_takes_no_other(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        read_options(["--data", "tfds:mnist"], str(tmp_path / "own.py"), "Own.", (0,), 1)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert "--data: this recipe makes its own data; received 'tfds:mnist'\n" in error


def test_smoke_measures_the_first_and_the_last_method(tmp_path):
    asked = read_options(["--smoke"], str(tmp_path / "tried.py"), "Tried.", (0,), 1)
    assert asked.methods("abc") == ["a", "c"]
    assert asked.methods(["a"]) == ["a"]
    assert read_options([], str(tmp_path / "tried.py"), "", (0,), 1).methods("abc") == list("abc")


def test_a_recipe_without_a_folder_for_results_says_that_nothing_is_saved(tmp_path, capsys):
    asked = read_options([], str(tmp_path / "recipes" / "tried.py"), "Tried.", (0,), 1)
    assert asked.out is None
    assert finish(Study((0,), {"a": [{"value": 1.0}]}, {}, 0.1), asked, {"a/value": (0, 1)}) == 0
    assert capsys.readouterr().out.endswith("not saved: --out says where to\nas expected\n")
    assert list(tmp_path.iterdir()) == []


def test_what_a_smoke_test_did_not_measure_is_not_compared(tmp_path, capsys):
    asked = read_options(["--smoke"], str(tmp_path / "tried.py"), "Tried.", (0,), 1)
    found = Study((0,), {"a": [{"value": 1.0}]}, {}, 0.1)
    expected = {"a/value": (0, 1), "b/value": (0, 1), "a - b/value": (0, 1)}
    assert finish(found, asked, expected) == 0
    assert capsys.readouterr().out.startswith("a/value: 1.000, expected 0 to 1\n0 s")


@pytest.mark.parametrize("option", ["--out", "--figure"])
def test_file_that_cannot_be_written_is_refused_before_training(tmp_path, capsys, option):
    calls = []
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, option, str(tmp_path / "nowhere" / "file"), calls=calls)
    assert ended.value.code == 2 and not calls
    assert "must be a file in a folder that can be written to; received" in capsys.readouterr().err


def test_data_that_are_no_images_are_refused_before_training(tmp_path):
    table = tmp_path / "table.npz"
    np.savez(table, x=np.linspace(-4, 3, 60).reshape(20, 3), y=np.arange(20) % 2)
    calls = []
    with pytest.raises(ValueError, match=r"must be images in \[0, 1\]; .* from -1"):
        run(tmp_path, "--data", str(table), calls=calls)
    assert not calls
