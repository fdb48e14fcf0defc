"""Learning and validation curves of models whose scores are known."""

import keras
import numpy as np
import pytest
from sklearn.model_selection import KFold

from keras_regzoo.diagnostics import ScoreCurve, learning_curve, validation_curve
from keras_regzoo.diagnostics.figure_style import png

pytestmark = pytest.mark.one_backend

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(30, 1)).astype("float32")
Y = RANDOM.normal(size=(30, 1)).astype("float32")
FOLDS = 3


def constant(rate=0.5):
    """A model that a step over all examples moves by 2 · rate of the way to their mean."""
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.kernel.trainable = False
    eager = keras.backend.backend() != "jax"
    model.compile(keras.optimizers.SGD(rate), "mse", metrics=["mae"], run_eagerly=eager)
    return model


def folds():
    return list(KFold(FOLDS, shuffle=True, random_state=0).split(X))


def errors(share, positions, mean):
    return np.mean((Y[positions] - share * mean) ** 2)


def test_learning_curve_of_a_mean_is_that_of_parts_that_grow():
    curve = learning_curve(constant, X, Y, (0.25, 10, 1.0), FOLDS, batch_size=100)
    assert curve.values == (5, 10, 20)
    assert set(curve.training) == {"loss", "mae"}
    for fold, (train, held) in enumerate(folds()):
        everything = curve.training["loss"][2, fold], curve.held_out["loss"][2, fold]
        mean = Y[train].mean()
        assert everything[0] == pytest.approx(errors(1, train, mean), rel=1e-4)
        assert everything[1] == pytest.approx(errors(1, held, mean), rel=1e-4)
    few = curve.training["loss"][0]
    assert (few < Y.var()).all(), "the mean of five points is nearest to these"
    assert curve.held_out["loss"][0].mean() > curve.held_out["loss"][2].mean()


def test_validation_curve_scores_each_value_on_the_same_folds():
    curve = validation_curve(constant, [0.1, 0.5], X, Y, FOLDS, name="rate", batch_size=100)
    for row, rate in enumerate(curve.values):
        for fold, (train, held) in enumerate(folds()):
            mean = Y[train].mean()
            expected = errors(2 * rate, train, mean), errors(2 * rate, held, mean)
            assert curve.training["loss"][row, fold] == pytest.approx(expected[0], rel=1e-4)
            assert curve.held_out["loss"][row, fold] == pytest.approx(expected[1], rel=1e-4)


@pytest.mark.parametrize("curve", [learning_curve, validation_curve])
def test_examples_have_their_weights_in_both_scores(curve):
    weights = RANDOM.uniform(0.1, 10, size=30).astype("float32")
    made = {
        learning_curve: lambda **o: learning_curve(lambda: constant(0.0), X, Y, [1.0], FOLDS, **o),
        validation_curve: lambda **o: validation_curve(constant, [0.0], X, Y, FOLDS, **o),
    }
    found = made[curve](sample_weight=weights, batch_size=100)
    for fold, (train, held) in enumerate(folds()):
        for scores, part in ((found.training, train), (found.held_out, held)):
            expected = np.mean(weights[part] * Y[part, 0] ** 2)
            assert scores["loss"][0, fold] == pytest.approx(expected, rel=1e-4)


def test_best_is_the_value_of_the_best_mean_and_never_of_one_that_failed():
    scores = {"acc": np.array([[0.1, 0.3], [np.nan, 1.0], [0.4, 0.2]])}
    curve = ScoreCurve("strength", ("a", "b", "c"), scores, scores)
    assert curve.best("acc") == "a"
    assert curve.best("acc", "max") == "c"
    with pytest.raises(ValueError, match="`score` must be one of 'acc'"):
        curve.best("loss")
    none = ScoreCurve("strength", (1,), scores, {"acc": np.array([[np.nan]])})
    with pytest.raises(ValueError, match="`score` must be finite for some value"):
        none.best("acc")


LOGARITHMIC = (1e-4, 1e-2, 1.0)


@pytest.mark.parametrize(
    "values", [LOGARITHMIC, tuple(np.array(LOGARITHMIC, "float32")), ("none", "l1", "l2")]
)
def test_figure_is_drawn_for_numbers_and_names(values):
    scores = {"loss": RANDOM.uniform(size=(3, 4))}
    figure = ScoreCurve("strength", values, scores, scores).figure()
    (axes,) = figure.axes
    assert axes.get_xscale() == ("linear" if "l2" in values else "log")
    assert [line.get_label() for line in axes.get_lines()] == ["training", "held out"]
    assert png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (learning_curve, (constant, X, Y, ()), r"`sizes` must be a list of .* received \(\)"),
        (learning_curve, (constant, X, Y, 0.5), "`sizes` must be a list of .* received 0.5"),
        (learning_curve, (constant, X, Y, (1.5,)), "`sizes` must be a number in"),
        (learning_curve, (constant, X, Y, (0,)), "`sizes` must be an integer in"),
        (learning_curve, (constant, X, Y, (25,)), "`sizes` must be an integer in"),
        (learning_curve, (None, X, Y), "`build` must"),
        (learning_curve, (constant, X, Y[:3]), "`y` must have one row"),
        (learning_curve, (constant, X * np.nan, Y), "`x` must be finite"),
        (validation_curve, (constant, [1], X, Y * np.inf), "`y` must be finite"),
        (validation_curve, (constant, [], X, Y), r"`values` must be a list of .* received \[\]"),
        (validation_curve, (constant, 3, X, Y), "`values` must be a list of .* received 3"),
        (validation_curve, (None, [1], X, Y), "`build` must be callable"),
        (validation_curve, (constant, [1], X, Y[:3]), "`y` must have one row"),
    ],
)
def test_bad_arguments_are_one_sentence(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)
