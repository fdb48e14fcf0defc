"""The figures of a search show its numbers."""

from pathlib import Path

import numpy as np
import pytest

from keras_regzoo.diagnostics.figure_style import png
from keras_regzoo.tuning import SearchResult, search_figures

pytestmark = pytest.mark.one_backend

SPACE = [
    {"name": "techniques", "choices": ["none", "l2", "adversarial_training"]},
    {"name": "l2/l2", "low": 1e-6, "high": 1e-2, "scale": "log"},
    {"name": "adversarial_training/radius", "low": 1e-3, "high": 0.3, "scale": "log"},
    {"name": "adversarial_training/steps", "choices": [1, 3, 7]},
    {"name": "mixup/alpha", "low": 0.05, "high": 1.0, "scale": "log"},
]
ADVERSARIAL = "adversarial_training"
VALUES = [
    ("none", {}),
    ("l2", {"l2/l2": 1e-4}),
    (ADVERSARIAL, {f"{ADVERSARIAL}/radius": 0.03, f"{ADVERSARIAL}/steps": 3}),
    (f"l2+{ADVERSARIAL}", {"l2/l2": 1e-2, f"{ADVERSARIAL}/radius": 0.3, f"{ADVERSARIAL}/steps": 7}),
    ("l2", {"l2/l2": 1e-6}),
    (ADVERSARIAL, {f"{ADVERSARIAL}/radius": 0.001, f"{ADVERSARIAL}/steps": 1}),
]
SCORES = [0.5, 0.4, 0.45, 0.9, 0.3, None]


def made_up(scores=SCORES):
    trials = [
        {"number": n, "techniques": names, "values": values, "score": score, "stopped": n == 3}
        for n, ((names, values), score) in enumerate(zip(VALUES, scores, strict=True))
    ]
    return SearchResult({"data": "digits", "folds": 3, "spread": 1.0}, SPACE, trials, {}, Path())


def dots(axes):
    return [tuple(np.ravel(line.get_data())) for line in axes.lines if line.get_marker() == "o"]


def test_the_lowest_score_so_far_never_rises():
    (axes,) = search_figures.best_so_far(made_up()).axes
    (best,) = [line for line in axes.lines if line.get_drawstyle().startswith("steps")]
    np.testing.assert_allclose(best.get_ydata(), [0.5, 0.4, 0.4, 0.3])
    assert set(dots(axes)) == {(n + 1, score) for n, score in enumerate(SCORES) if score}


def test_a_trial_that_ended_early_is_never_the_best_so_far():
    (axes,) = search_figures.best_so_far(made_up([0.5, 0.4, 0.45, 0.1, 0.3, None])).axes
    (best,) = [line for line in axes.lines if line.get_drawstyle().startswith("steps")]
    assert best.get_xdata().tolist() == [1, 2, 3, 5]
    np.testing.assert_allclose(best.get_ydata(), [0.5, 0.4, 0.4, 0.3])
    assert (4, 0.1) in dots(axes)


def test_each_hyperparameter_has_the_trials_that_use_it_on_its_scale():
    _, *panels = search_figures.hyperparameters(made_up()).axes
    found = {axes.get_xlabel(): axes for axes in panels}
    assert list(found) == [each["name"] for each in SPACE[1:4]], "none that no trial uses"
    assert set(dots(found["l2/l2"])) == {(1e-4, 0.4), (1e-2, 0.9), (1e-6, 0.3)}
    assert found["l2/l2"].get_xscale() == "log"
    assert set(dots(found[f"{ADVERSARIAL}/steps"])) == {(1, 0.45), (2, 0.9)}


def test_a_line_a_trial_leads_through_its_values():
    axes = search_figures.parallel_coordinates(made_up()).axes[0]
    lines = [line.get_ydata() for line in axes.lines[:5]]
    unused = search_figures.UNUSED
    np.testing.assert_allclose(lines[-1], [0, unused, unused], err_msg="the best comes last")
    np.testing.assert_allclose(lines[0], [1, 1, 5 / 6], err_msg="the poor one first")
    assert [line.get_linewidth() for line in axes.lines[:5]] == [1.2] * 4 + [3]


def test_figures_are_drawn_with_one_trial_and_with_diverged_ones(tmp_path):
    one, wild = [0.5, *[None] * 5], [0.5, 0.4, 1e6, 0.9, 0.3, None]
    for name, scores in {"usual": SCORES, "one": one, "wild": wild}.items():
        for draw in ("best_so_far", "hyperparameters", "parallel_coordinates"):
            content = png(getattr(search_figures, draw)(made_up(scores)))
            (tmp_path / f"{name}_{draw}.png").write_bytes(content)
            assert content.startswith(b"\x89PNG")
