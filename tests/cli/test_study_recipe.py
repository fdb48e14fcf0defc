"""What recipes of autoencoders share: options, files and verdict; and each recipe, shortly."""

import json

import numpy as np
import pytest

from keras_regzoo.cli.study_recipe import MOST, SEEDS, TEST, images, run_study
from keras_regzoo.data import load
from keras_regzoo.diagnostics import plots

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
        expected or {"one/value": (0.9, 1.0), "seed/value": (0.99, 1.01)},
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
        assert "expected" not in capsys.readouterr().out
    assert {shape for _, shape, _, _ in calls} == {(22, 3, 3)}  # 30 % test, 15 % validation
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.rglob("*.json"))
    calls = []
    run(tmp_path, "--smoke", calls=calls)
    assert [(seed, epochs) for _, _, seed, epochs in calls] == [(SEEDS[0], 1)] * 2


def test_other_epochs_are_measured_and_not_compared(tmp_path, capsys):
    calls = []
    assert run(tmp_path, "--epochs", "3", expected={"one/value": (9.0, 9.1)}, calls=calls) == 0
    assert {epochs for _, _, _, epochs in calls} == {3}
    assert "expected" not in capsys.readouterr().out
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


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("undercomplete_autoencoder", ["pca: error", "linear: error", "deep: error"]),
        ("overcomplete_autoencoder", ["plain: digits", "masking_noise: d", "contraction: digits"]),
        ("denoising_autoencoder", ["untouched: noisy", "plain: noisy", "denoising: noisy"]),
        ("convolutional_autoencoder", ["dense_64: error", "conv_8_16: error"]),
        ("contractive_autoencoder", ["plain: jacobian_norm", "contractive: jacobian_norm"]),
        ("contrastive_autoencoder", ["plain: accuracy", "with_labels: accuracy"]),
        ("variational_autoencoder", ["variational: elbo", "beta_tc_4: elbo"]),
        ("wasserstein_autoencoder", ["plain: discrepancy", "info_vae: discrepancy"]),
        ("regularized_autoencoder", ["none: error", "gradient: error"]),
        ("vector_quantized_autoencoder", ["plain: error", "codes_64: error"]),
    ],
)
def test_smoke_of_each_recipe_measures_every_method_and_draws(regzoo, tmp_path, name, lines):
    out, figure = tmp_path / "out.json", tmp_path / "seen.png"
    result = regzoo("run", name, "--smoke", "--out", str(out), "--figure", str(figure))
    assert result.exit_code == 0, result.stderr
    for line in lines:
        assert f"\n{line}" in f"\n{result.stdout}"
    assert "expected" not in result.stdout
    assert json.loads(out.read_text())["settings"]["epochs"] == 1
    assert figure.read_bytes().startswith(b"\x89PNG")
