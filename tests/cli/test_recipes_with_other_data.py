"""Recipes with data of a user's: taken where that makes sense, else refused before training."""

import functools
import json
import math
import sys

import keras
import numpy as np
import pytest

from keras_regzoo.cli import recipes
from keras_regzoo.cli.recipe_options import images

pytestmark = [
    pytest.mark.one_backend,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # a torch tensor with NumPy 2
]


@pytest.fixture
def trained(monkeypatch):
    """Notes each call of `fit`."""
    calls, fit = [], keras.Model.fit

    @functools.wraps(fit)
    def noted(self, *args, **options):
        calls.append(1)
        return fit(self, *args, **options)

    monkeypatch.setattr(keras.Model, "fit", noted)
    return calls


def saved(path, examples, shape, classes):
    x = np.random.default_rng(0).uniform(size=(examples, *shape)).astype("float32")
    np.savez(path, x=x, y=[f"class {number % classes}" for number in range(examples)])
    return str(path)


def module(name):
    return sys.modules[recipes.load(recipes.find(name)).__module__]


@pytest.mark.parametrize(
    ("recipe", "examples", "shape", "classes"),
    [
        ("tangent_prop", 200, (8, 8), 10),
        ("convolutional_autoencoder", 200, (8, 8), 10),
        ("conditional_vae", 300, (8, 8, 1), 12),
        ("anomaly_detection", 100, (8, 8), 2),
        ("semi_supervised_digits", 200, (8, 8), 4),
        ("noisy_labels", 100, (4, 4), 3),
    ],
)
def test_other_shapes_and_numbers_of_classes_are_taken(
    regzoo, tmp_path, trained, recipe, examples, shape, classes
):
    source = saved(tmp_path / "other.npz", examples, shape, classes)
    out, figure = tmp_path / "out.json", tmp_path / "seen.png"
    draws = "--figure PATH" in recipes.docstring(recipes.find(recipe))
    arguments = ["--smoke", "--data", source, "--out", str(out)]
    result = regzoo("run", recipe, *arguments, *(["--figure", str(figure)] if draws else []))
    assert result.exit_code == 0, result.output
    assert trained
    for runs in json.loads(out.read_text())["runs"].values():
        assert all(map(math.isfinite, runs[0].values()))
    assert figure.is_file() == draws


@pytest.mark.parametrize(
    ("recipe", "examples", "shape", "classes", "sentence"),
    [
        ("tangent_prop", 200, (2, 4, 4, 1), 2, "`--data` must be images of shape (height, width)"),
        ("convolutional_autoencoder", 200, (2, 4, 4, 1), 2, "`--data` must be images of shape"),
        ("semi_supervised_digits", 33, (8, 8), 2, "at least 51 training images; received"),
        ("semi_supervised_digits", 900, (2, 2), 60, "at most 50 classes, one for each"),
        ("contrastive_autoencoder", 900, (2, 2), 60, "at most 50 classes, one for each"),
    ],
)
def test_what_makes_no_sense_is_one_line_before_training(
    regzoo, tmp_path, trained, recipe, examples, shape, classes, sentence
):
    source = saved(tmp_path / "other.npz", examples, shape, classes)
    result = regzoo("run", recipe, "--data", source, "--out", str(tmp_path / "out.json"))
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("regzoo: `--data` must")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert not trained
    assert not (tmp_path / "out.json").exists()


@pytest.mark.parametrize("recipe", ["vector_quantized_autoencoder", "tied_weights"])
def test_images_that_no_figure_can_show_are_one_line_before_training(
    regzoo, tmp_path, trained, recipe
):
    source = saved(tmp_path / "other.npz", 200, (4, 4, 2), 2)
    result = regzoo(
        *("run", recipe, "--data", source, "--smoke", "--figure", str(tmp_path / "seen.png"))
    )
    assert result.exit_code == 2, result.output
    assert "`--data` must be images of one channel or three for --figure to draw" in result.stderr
    assert "whose examples have the shape (4, 4, 2).\n" in result.stderr
    assert not trained
    assert regzoo("run", recipe, "--data", source, "--smoke").exit_code == 0


def test_a_normal_class_that_is_not_in_the_test_images_is_one_line(regzoo, tmp_path, trained):
    x = np.random.default_rng(0).uniform(size=(40, 8, 8)).astype("float32")
    path, y = tmp_path / "parts.npz", np.arange(40) % 2
    np.savez(path, x_train=x, y_train=y, x_test=x[y == 1], y_test=y[y == 1])
    result = regzoo("run", "anomaly_detection", "--data", str(path))
    assert result.exit_code == 2, result.output
    assert "`--data` must have two training images of class '0', and test images" in result.stderr
    assert not trained


def test_chance_is_that_of_the_classes_there_are(tmp_path):
    recipe = module("noisy_labels")
    for classes in (2, 10):
        source = saved(tmp_path / f"{classes}.npz", 100, (4, 4), classes)
        given = images(source, 0)
        assert recipe.chance(given) == pytest.approx(math.log(classes))
        assert recipe.threshold(0, given) == math.inf
        assert recipe.threshold(recipe.WARM_UP, given) == recipe.chance(given)
        (objective,) = recipe.METHODS["super_loss"](given)
        assert objective.threshold == recipe.chance(given)
