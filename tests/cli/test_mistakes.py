"""Sentences about arguments become sentences about what was typed."""

import numpy as np
import pytest

from keras_regzoo.cli.mistakes import as_typed

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize(
    ("sentence", "typed"),
    [
        (
            "`train_size` must be 3; received train_size=2.",
            "`--train-size` must be 3; received --train-size=2.",
        ),
        ("`source` 'a.csv' must be a table.", "`--data` 'a.csv' must be a table."),
        (
            "`target` must be None; received target='y' with source='digits'.",
            "`--target` must be None; received --target='y' with --data='digits'.",
        ),
        ("`rate` must be small; received rate=2.", "`rate` must be small; received rate=2."),
        (
            "received 'l2:seeds=1', the column 'seeds'.",
            "received 'l2:seeds=1', the column 'seeds'.",
        ),
    ],
)
def test_options_are_named_as_they_are_typed_and_other_words_left(sentence, typed):
    assert as_typed(sentence, ["train_size", "target", "seeds"]) == typed


@pytest.mark.parametrize("command", ["compare", "tune"])
def test_an_empty_folder_is_not_the_present_one(regzoo, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = regzoo(command, "--out", "")
    assert result.exit_code == 2
    assert "must name a folder; received an empty text" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.fixture
def bad_data(tmp_path):
    """Files whose mistakes are told in as many sentences."""
    random = np.random.default_rng(0)
    x = random.uniform(size=(60, 4, 4, 1)).astype("float32")
    np.savez(tmp_path / "bright.npz", x=300 * x, y=np.arange(60) % 3)
    np.savez(tmp_path / "regression.npz", x=x, y=x[:, 0, 0, 0])
    np.savez(tmp_path / "nan.npz", x=np.nan * x, y=np.arange(60) % 3)
    names = np.array([f"class {number % 220}" for number in range(3000)])
    np.savez(tmp_path / "classes.npz", x=x.repeat(50, 0), y=names)
    (tmp_path / "rare.csv").write_text("a,y\n" + "1,p\n2,q\n" * 9 + "3,r\n")
    return tmp_path


@pytest.mark.parametrize("command", ["compare", "tune"])
@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("nan.npz", "must hold finite float32 numbers only"),
        ("rare.csv", "`--target` must name the column to predict, one of 'a', 'y'; received"),
        ("rare.csv --target y", "merge it, or split at random"),
    ],
)
def test_bad_data_are_told_by_the_option(regzoo, bad_data, command, file, sentence):
    name, *more = file.split()
    result = regzoo(command, "--data", str(bad_data / name), "--out", str(bad_data / "out"), *more)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    for argument in ("`source`", " source=", "`split`", " split=", "`target`"):
        assert argument not in result.stderr


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("bright.npz", "`--data` must be images in [0, 1]; received"),
        ("regression.npz", "`--data` must have classes; received"),
        ("nan.npz", "`--data` "),
        ("classes.npz", "`--data` must have at most 200 classes"),
    ],
)
def test_a_recipe_tells_bad_data_by_the_option(regzoo, bad_data, file, sentence):
    result = regzoo("run", "tuner_search", "--smoke", "--data", str(bad_data / file))
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
