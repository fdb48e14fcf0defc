"""`regzoo run`."""

import sys

import pytest

from keras_regzoo.cli import recipes

pytestmark = pytest.mark.one_backend

ECHO = '''"""Repeats what it is given.

More about it.
"""
import sys

def main(argv=None):
    print(sys.argv[0], argv)
'''


def test_without_a_name_recipes_are_listed_with_their_claims(regzoo, add_recipe):
    add_recipe("echo", ECHO)
    add_recipe("helper", '"""Not a recipe: it has no main."""\n')
    add_recipe("broken", "def main(:\n")
    result = regzoo("run")
    assert result.exit_code == 0
    assert "Repeats what it is given." in result.stdout
    assert "More about it" not in result.stdout
    assert "polynomial_overfitting" in result.stdout
    assert "helper" not in result.stdout
    assert "broken" not in result.stdout


def test_recipe_gets_the_remaining_arguments_options_too(regzoo, add_recipe):
    add_recipe("echo", ECHO)
    before = list(sys.argv)
    result = regzoo("run", "echo", "--smoke", "-n", "3", "--help", "file")
    assert result.exit_code == 0
    assert result.stdout == "regzoo run echo ['--smoke', '-n', '3', '--help', 'file']\n"
    assert sys.argv == before


@pytest.mark.parametrize("name", ["my_echo", "my-echo", "my_echo.py"])
def test_recipe_is_found_from_a_folder_below(regzoo, add_recipe, monkeypatch, name):
    below = add_recipe("my_echo", ECHO).parents[1] / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert regzoo("run", name).stdout == "regzoo run my_echo []\n"


def test_nearest_recipe_folder_wins(regzoo, add_recipe):
    path = add_recipe("polynomial_overfitting", ECHO)
    assert recipes.find("polynomial_overfitting") == path


@pytest.mark.parametrize("name", ["ecko", "../recipes/echo", ""])
def test_unknown_recipe_is_one_sentence(regzoo, add_recipe, name):
    add_recipe("echo", ECHO)
    result = regzoo("run", name)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"regzoo: There is no recipe called `{name}`.")
    assert result.stderr.endswith("`regzoo run` lists the recipes.\n")
    assert ("`echo`" in result.stderr) == (name == "ecko")


def test_no_recipe_folder_says_where_to_go(regzoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recipes, "CHECKOUT", tmp_path)
    for arguments in (("run",), ("run", "echo")):
        result = regzoo(*arguments)
        assert result.exit_code == 2
        assert "with a `recipes` folder." in result.stderr


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("return 1", 1, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise ValueError('`rate` must\\nbe small.')", 2, "`rate` must be small."),
        ("open('no-such-file')", 2, "no-such-file: No such file or directory."),
        ("raise OSError(28, 'No space left on device')", 1, "No space left on device."),
        ("import no_such_module", 2, "No module named 'no_such_module'"),
        ("raise KeyboardInterrupt", 130, "interrupted"),
    ],
)
def test_end_of_a_recipe_decides_the_exit_status(regzoo, add_recipe, body, status, sentence):
    add_recipe("ends", f"def main(argv=None):\n    {body}\n")
    result = regzoo("run", "ends")
    assert result.exit_code == status
    assert result.stdout == ""
    assert result.stderr == (f"regzoo: {sentence}\n" if sentence else "")


@pytest.mark.parametrize("body", ["import json; json.loads('{')", "1 / 0"])
def test_failure_that_is_no_mistake_keeps_its_traceback(regzoo, add_recipe, body):
    add_recipe("fails", f"def main(argv=None):\n    {body}\n")
    result = regzoo("run", "fails")
    assert result.exit_code == 1
    assert isinstance(result.exception, (ValueError, ZeroDivisionError))
