"""A small comparison from end to end."""

import json
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
from scipy import stats

from keras_regzoo.diagnostics import compare, plots, report
from keras_regzoo.diagnostics.base_models import build, check_base, find_builder
from keras_regzoo.diagnostics.comparison import summarize
from keras_regzoo.diagnostics.figure_style import BETTER, png
from keras_regzoo.diagnostics.verdict import amount, verdict
from tests.diagnostics.made_up import made_up

pytestmark = pytest.mark.one_backend

BAD = "tests.diagnostics.bad_networks"
SMALL = {"epochs": 2, "train_size": 40, "batch_size": 20, "progress": False}


@pytest.fixture(scope="module")
def comparison(tmp_path_factory):
    return compare("digits", "l2", seeds=2, out=tmp_path_factory.mktemp("out") / "new", **SMALL)


def test_results_hold_every_run_with_seeds_settings_and_versions(comparison):
    results = json.loads((comparison.folder / "results.json").read_text(encoding="utf-8"))
    assert results["seeds"] == [0, 1]
    assert [(run["seed"], run["technique"]) for run in results["runs"]] == [
        *((0, "baseline"), (0, "l2"), (1, "baseline"), (1, "l2"))
    ]
    for run in results["runs"]:
        assert [len(curve) for curve in run["curves"].values()] == [2, 2]
        assert run["seconds_per_epoch"] > 0
    settings, (environment,) = results["settings"], results["environments"]
    assert settings["backend"] == keras.config.backend()
    assert (settings["epochs"], settings["train_size"], settings["test_size"]) == (2, 40, 270)
    assert environment["keras"] == keras.__version__
    assert environment["numpy"] == np.__version__
    assert str(comparison.folder) not in json.dumps(results)


def test_difference_is_scipys_over_the_saved_runs(comparison):
    results = json.loads((comparison.folder / "results.json").read_text(encoding="utf-8"))
    errors = {
        name: [run["test"]["error"] for run in results["runs"] if run["technique"] == name]
        for name in ("baseline", "l2")
    }
    reported = results["techniques"][1]["difference"]
    expected = np.subtract(errors["l2"], errors["baseline"])
    assert reported["mean"] == pytest.approx(expected.mean())
    if np.ptp(expected) > 1e-9:
        assert reported["p_value"] == pytest.approx(
            stats.ttest_rel(errors["l2"], errors["baseline"]).pvalue
        )


def test_report_says_what_the_results_say(comparison):
    text = (comparison.folder / "report.md").read_text(encoding="utf-8")
    for result in comparison.results:
        (row,) = (line for line in text.splitlines() if line.startswith(f"| {result.label} |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1] == f"{100 * result.validation_error:.1f}"
        assert cells[2] == f"{100 * result.test_error:.1f} ± {100 * result.test_error_stddev:.1f}"
        assert cells[4:6] == [f"{result.nll:.3f}", f"{result.ece:.3f}"]
    assert verdict(comparison) in text
    assert "regzoo compare --data digits --techniques baseline,l2 --seeds 2 --epochs 2" in text
    for figure in ("differences.png", "learning_curves.png"):
        assert f"({figure})" in text
        assert (comparison.folder / figure).read_bytes().startswith(b"\x89PNG")


def test_same_call_again_trains_nothing_and_more_seeds_train_the_rest(comparison, monkeypatch):
    made = []
    train = "keras_regzoo.diagnostics.training_run.TreatedNetwork.train"
    monkeypatch.setattr(train, lambda self, initial, data, seed, *budget: made.append(seed))
    of_numpy = {"seeds": np.int64(2), "epochs": np.int64(2), "train_size": np.int32(40)}
    again = compare("digits", "l2", out=comparison.folder, **{**SMALL, **of_numpy})
    assert made == []
    assert again.results == comparison.results
    with pytest.raises(TypeError):  # the runs that were not made cannot be saved
        compare("digits", "l2:strength=0.1", seeds=3, out=comparison.folder, **SMALL)
    assert made == [0]


def test_other_settings_are_refused_before_training(comparison):
    with pytest.raises(ValueError, match=r"made with epochs 2 \(now 3\)"):
        compare("digits", "l2", seeds=2, out=comparison.folder, **{**SMALL, "epochs": 3})
    with pytest.raises(ValueError, match=r"made with data_sha256 .*, train_size 40 \(now 41\)"):
        compare("digits", "l2", seeds=2, out=comparison.folder, **{**SMALL, "train_size": 41})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"seeds": 0}, "`seeds` must be an integer"),
        ({"epochs": 0}, "`epochs` must be an integer"),
        ({"batch_size": 0}, "`batch_size` must be an integer"),
        ({"learning_rate": 0}, "`learning_rate` must be a number"),
        ({"train_size": 5000}, r"`train_size` must be an integer in \[10, 1257\]"),
        ({"train_size": 9}, r"`train_size` must be an integer in \[10, 1257\]"),
        ({"model": "vit"}, "`model` must be 'mlp', 'cnn' or 'module:function'"),
        ({"model": "no_such_module:f"}, "`model` 'no_such_module:f' cannot be imported: Module"),
        ({"model": "json:no_such_function"}, "must name a function; 'json' has none"),
        (
            {"model": "json:dumps"},
            "cannot build a network for inputs of shape .*: TypeError: dumps",
        ),
        ({"techniques": "nothing"}, "no technique called 'nothing'"),
        ({"task": "regression"}, "regression"),
        ({"target": "y"}, "target"),
        ({"techniques": 3}, "`techniques` must be"),
        ({"techniques": "dropout:rate=0.3:rate=0.4"}, "An option is written once"),
        ({"model": f"{BAD}:shared"}, "`model` must build a new network each time it is called"),
        (
            {"model": f"{BAD}:without_kernels"},
            "`techniques` has 'l2', which does not fit the network: `patterns` has 'kernel'",
        ),
        (
            {"model": f"{BAD}:of_integers", "techniques": "adversarial"},
            "`techniques` has 'adversarial', which does not fit the network: AdversarialTraining",
        ),
        ({"model": f"{BAD}:with_own_training"}, "whose own `train_step` would be lost"),
    ],
)
def test_bad_argument_is_one_sentence_and_leaves_nothing_behind(tmp_path, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        compare(out=tmp_path / "a" / "out", **{"techniques": "l2", **SMALL, **arguments})
    assert list(tmp_path.iterdir()) == []


def test_targets_that_float32_cannot_square_are_measured(tmp_path):
    random = np.random.default_rng(0)
    targets = 1e30 * random.normal(size=60)
    np.savez(tmp_path / "large.npz", x=random.normal(size=(60, 3)), y=targets)
    options = {"seeds": 1, "epochs": 1, "progress": False}
    found = compare(tmp_path / "large.npz", "l2", out=tmp_path / "out", **options)
    assert all(1e29 < (result.test_error or 0) < 1e32 for result in found.results)


def test_out_must_be_a_folder():
    nowhere: Any = None
    with pytest.raises(ValueError, match="`out` must be a"):
        compare("digits", "l2", out=nowhere, progress=False)


def test_missing_data_and_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(OSError, match=r"no_such\.csv"):
        compare("no_such.csv", out=tmp_path / "out", target="y", progress=False)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="`out` must be a folder that can be written to"):
        compare("no_such.csv", out=tmp_path / "file" / "out", target="y", progress=False)


def test_missing_extra_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r'pip install "keras-regzoo\[recipes\]"'):
        compare(out=tmp_path / "out", progress=False)
    assert list(tmp_path.iterdir()) == []


def network(outputs, activation=None):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(outputs, activation)])


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (3, "must return a built keras.Model; it returned a int"),
        (keras.Sequential([keras.layers.Dense(3)]), "without weights: call `build` first"),
        (network(2), r"with outputs of shape \(3,\); received \(2,\)"),
        (network(3, "softmax"), "outputs are logits; received probabilities"),
    ],
)
def test_network_that_does_not_fit_is_one_sentence(model, sentence):
    with pytest.raises(ValueError, match=f"`model` 'm:f'.*{sentence}"):
        check_base(model, "m:f", np.ones((2, 4), "float32"), 3, classes=True)


def test_network_for_other_inputs_is_one_sentence():
    with pytest.raises(ValueError, match=r"for inputs of shape \(5,\); calling it failed"):
        check_base(network(3), "m:f", np.ones((2, 5), "float32"), 3, classes=True)


def test_function_of_a_module_in_the_current_folder_builds_the_network(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    (tmp_path / "my_networks.py").write_text(
        "import keras\n"
        "def linear(shape, outputs):\n"
        "    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs)])\n"
    )
    model = build(find_builder("my_networks:linear"), (4,), 3, seed=0)
    check_base(model, "my_networks:linear", np.ones((2, 4), "float32"), 3, classes=True)


def test_holm_is_over_all_techniques_and_time_is_relative():
    rng = np.random.default_rng(0)
    shifts = {"baseline": 0.0, "a": 0.2, "b": 0.1}
    errors = {n: (shift + 0.1 * rng.uniform(size=6)).tolist() for n, shift in shifts.items()}
    results: Any = summarize(made_up(errors).runs)
    baseline, a, b = results
    assert baseline.difference is None
    p_values = [stats.ttest_rel(errors[n], errors["baseline"]).pvalue for n in "ab"]
    smaller, larger = sorted(p_values)
    adjusted = sorted([a.p_adjusted, b.p_adjusted])
    assert larger < 0.5
    np.testing.assert_allclose(adjusted, [2 * smaller, max(2 * smaller, larger)])
    assert (baseline.relative_time, a.relative_time, b.relative_time) == (1.0, 1.0, 2.0)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_verdict_names_what_is_significant_in_both_directions(task):
    errors = {
        "baseline": [0.20, 0.21, 0.22, 0.20],
        "good": [0.10, 0.11, 0.121, 0.10],
        "bad": [0.40, 0.41, 0.421, 0.40],
        "same": [0.21, 0.20, 0.22, 0.20],
    }
    text = verdict(made_up(errors, task))
    assert "for 3 techniques, the test error is significantly lower for good (" in text
    assert "and higher for bad (" in text
    assert "same" not in text
    assert "good has the lowest validation error" in text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (12345.678, "12346"),
        (8.4284, "8.428"),
        (0.0123456, "0.01235"),
        (0.0, "0.000"),
        (3e-7, "3.000e-07"),
    ],
)
def test_regression_errors_are_shown_to_four_digits(error, text):
    assert amount(made_up({"baseline": [0.1]}, "regression"), error) == text


def test_nothing_significant_is_said_so():
    text = verdict(made_up({"baseline": [0.2, 0.3], "a": [0.3, 0.2]}))
    assert "for 1 technique, no technique's test error differs significantly" in text


def test_one_seed_has_no_interval_and_no_test():
    one = made_up({"baseline": [0.2], "a": [0.1]})
    assert verdict(one).startswith("With one seed there is neither interval nor test")
    assert one.results[1].difference.interval is None
    assert not one.results[1].significant
    for figure in (plots.differences(one), plots.learning_curves(one)):
        assert png(figure)


def test_diverged_technique_is_shown_as_such():
    comparison = made_up({"baseline": [0.2, 0.3], "a": [0.3, None]})
    result = comparison.results[1]
    assert (result.diverged, result.difference, result.test_error) == (1, None, None)
    assert ["a", "diverged", "diverged", "diverged", "–", "–", "–", "–", "1.00"] in report.table(
        comparison
    )[1]
    assert verdict(comparison)


def test_forest_plot_is_sorted_and_tells_significance():
    comparison = made_up(
        {
            "baseline": [0.20, 0.21, 0.22, 0.20],
            "same": [0.21, 0.20, 0.22, 0.20],
            "good": [0.10, 0.11, 0.121, 0.10],
        }
    )
    (axes,) = plots.differences(comparison).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["same", "good"]
    faces = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    assert faces == ["white", BETTER]


def test_curve_of_a_stopped_run_goes_on_with_the_epoch_it_kept():
    comparison = made_up({"baseline": [0.2], "a": [0.1]}, epochs=4)
    figure = plots.learning_curves(comparison)
    np.testing.assert_allclose(figure.axes[0].lines[1].get_ydata(), [50, 40, 50, 50])


def test_import_brings_no_optional_package():
    code = (
        "import sys, keras; before = set(sys.modules); import keras_regzoo.diagnostics; "
        "print({m.split('.')[0] for m in set(sys.modules) - before})"
    )
    brought = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert "keras_regzoo" in brought
    assert not any(f"'{name}'" in brought for name in ("matplotlib", "sklearn", "scipy"))
