"""High bias, high variance, and what is named against them."""

import io

import pytest
from rich.console import Console

from keras_regzoo import catalogue
from keras_regzoo.diagnostics import diagnose
from keras_regzoo.diagnostics.diagnosis import AGAINST_BIAS, AGAINST_VARIANCE

pytestmark = pytest.mark.one_backend


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        ((0.01, 0.02), "neither high bias nor high variance"),
        ((0.01, 0.11), "high variance"),
        ((0.15, 0.16), "high bias"),
        ((0.15, 0.30), "high bias and high variance"),
        ((0.15, 0.16, 0.14), "neither high bias nor high variance"),
        ((0.15, 0.05), "high bias"),
    ],
)
def test_each_error_is_told_by_its_gap(errors, verdict):
    found = diagnose(*errors)
    assert found.verdict == verdict
    assert found.bias == pytest.approx(errors[0] - (errors[2] if len(errors) > 2 else 0))
    assert found.variance == pytest.approx(errors[1] - errors[0])
    assert bool(set(found.techniques) & set(AGAINST_BIAS)) == found.high_bias
    assert bool(set(found.techniques) & set(AGAINST_VARIANCE)) == found.high_variance


def test_tolerance_is_what_does_not_matter():
    assert diagnose(3.0, 4.0, target=2.5, tolerance=1.0).verdict.startswith("neither")
    assert diagnose(3.0, 4.1, target=2.5, tolerance=1.0).verdict == "high variance"


@pytest.mark.parametrize("name", [name for name in (*AGAINST_BIAS, *AGAINST_VARIANCE) if name])
def test_what_is_named_is_in_the_catalogue(name):
    assert catalogue.find(name).name == name


def test_table_names_the_verdict_and_each_technique():
    found = diagnose(0.2, 0.4)
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(found.table())
    text = console.export_text()
    assert "high bias and high variance: bias 0.2, variance 0.2" in text
    assert all(name in text for name in found.techniques)
    assert "the network itself" in text


@pytest.mark.parametrize("name", ["training_error", "validation_error", "target", "tolerance"])
def test_bad_arguments_are_one_sentence(name):
    given = {"training_error": 0.1, "validation_error": 0.2, name: -0.1}
    with pytest.raises(ValueError, match=f"`{name}` must be a number in"):
        diagnose(**given)
