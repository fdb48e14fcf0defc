"""A study measures every method with every seed, and writes down what it was made with."""

import json
import math
from typing import Any

import pytest

from keras_regzoo.diagnostics import study

pytestmark = pytest.mark.one_backend

SCORES = {("a", 0): 1.0, ("a", 1): 2.0, ("a", 5): 6.0, ("b", 0): 2.0, ("b", 1): 4.0, ("b", 5): 6.0}


def measured():
    lines = []
    found = study(
        ["a", "b"], lambda *run: {"score": SCORES[run]}, (0, 1, 5), {"epochs": 3}, lines.append
    )
    return found, lines


def test_every_method_is_measured_with_every_seed():
    found, lines = measured()
    assert found.values("a", "score") == [1.0, 2.0, 6.0]
    assert found.mean("b", "score") == 4.0
    assert lines == ["a: score 3.000", "b: score 4.000"]


def test_gain_is_paired_by_seed():
    gain = measured()[0].gain("b", "a", "score")
    assert (gain.mean, gain.pairs) == (1.0, 3)
    assert gain.p_value == pytest.approx(0.2254, abs=1e-4)  # t = √3 of 2 degrees of freedom


def test_saved_json_has_runs_seeds_settings_and_versions(tmp_path):
    measured()[0].save(tmp_path / "study.json")
    saved = json.loads((tmp_path / "study.json").read_text())
    assert saved["runs"]["b"] == [{"score": 2.0}, {"score": 4.0}, {"score": 6.0}]
    assert saved["seeds"] == [0, 1, 5]
    assert saved["settings"] == {"epochs": 3}
    assert saved["summary"]["b"]["score"] == {"mean": 4.0, "std": 2.0}
    assert {"keras", "backend", "cpus"} <= set(saved["environment"])
    assert saved["processor_seconds"] >= 0
    assert list(tmp_path.iterdir()) == [tmp_path / "study.json"]


def test_numbers_that_are_not_finite_are_saved_as_null(tmp_path):
    found = study(["a"], lambda _, seed: {"error": [1.0, math.inf][seed]}, [0, 1], {})
    found.save(tmp_path / "study.json")
    saved = json.loads((tmp_path / "study.json").read_text())
    assert saved["runs"]["a"] == [{"error": 1.0}, {"error": None}]
    assert saved["summary"]["a"]["error"] == {"mean": None, "std": None}


@pytest.mark.parametrize(("methods", "seeds"), [([], [0]), (["a"], []), ("a", [0]), (["a"], 3)])
def test_nothing_to_measure_is_refused(methods, seeds):
    with pytest.raises(ValueError, match="must be a list of"):
        study(methods, lambda *run: {}, seeds, {})


def test_what_cannot_be_called_is_refused():
    nothing: Any = None
    with pytest.raises(ValueError, match="`measure` must be callable; received measure=None"):
        study(["a"], nothing, [0], {})
