"""`regzoo list`, `show` and `cite`."""

import pytest
from rich.cells import cell_len

from keras_regzoo import catalogue

pytestmark = pytest.mark.one_backend


def test_list_names_every_technique_within_the_width_and_without_colour(regzoo):
    result = regzoo("list")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "\x1b" not in result.stdout
    assert max(map(cell_len, result.stdout.splitlines())) <= 100
    words = set(result.stdout.split())
    assert {entry.name for entry in catalogue.entries()} <= words


@pytest.mark.parametrize("kind", catalogue.kinds())
def test_list_of_a_kind_holds_that_kind_alone(regzoo, kind):
    lines = regzoo("list", "--kind", kind).stdout.splitlines()
    listed = {line.split()[0] for line in lines if line[:1].strip()}
    for entry in catalogue.entries():
        assert (entry.name in listed) == (entry.kind == kind)


def test_unknown_kind_is_a_mistake_that_lists_the_kinds(regzoo):
    result = regzoo("list", "--kind", "layers")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("regzoo: `--kind` must be one of 'regularizer', ")


@pytest.mark.parametrize("entry", catalogue.entries(), ids=lambda entry: entry.name)
def test_show_prints_the_whole_entry(regzoo, monkeypatch, entry):
    monkeypatch.setenv("COLUMNS", "1000")
    result = regzoo("show", entry.name)
    assert result.exit_code == 0
    for text in (entry.symbol, entry.equation, entry.when, entry.when_not, entry.suggested):
        assert text in result.stdout
    assert entry.composes_badly_with in result.stdout
    assert str(entry.cost) in result.stdout
    for reference in entry.references:
        assert str(reference) in result.stdout


def test_show_wraps_at_a_hundred_columns_when_piped(regzoo):
    lines = regzoo("show", "AdversarialTraining").stdout.splitlines()
    assert 80 < max(map(cell_len, lines)) <= 100


def test_cite_prints_plain_bibtex_in_order(regzoo):
    result = regzoo("cite", "SharpnessAware", "mixup")
    first, second = (catalogue.find(name).reference.bibtex for name in ("sam", "mixup"))
    assert result.exit_code == 0
    assert result.stdout == f"{first}\n\n{second}\n"


def test_cite_prints_a_publication_once(regzoo):
    result = regzoo("cite", "masking_noise", "denoising_autoencoder", "masking_noise")
    assert result.stdout.count("@article{vincent2010stacked,") == 1


def test_cite_with_one_unknown_name_prints_no_bibtex(regzoo):
    result = regzoo("cite", "mixup", "mixdown")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "`mixdown`" in result.stderr
    assert "`mixup`" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [("lst",), ("list", "--knd", "layer"), ("show",), ("show", "l1", "l2"), ("cite",)],
    ids=" ".join,
)
def test_wrong_usage_ends_with_status_2_and_says_where_help_is(regzoo, arguments):
    result = regzoo(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "--help" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["list", "show", "cite", "run", "compare"])
def test_every_command_has_help(regzoo, command):
    result = regzoo(command, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: regzoo {command}")
    assert command in regzoo("--help").stdout
