"""Bias and variance against closed forms, and against the papers' definitions."""

import keras
import numpy as np
import pytest

from keras_regzoo.diagnostics import bias_variance
from keras_regzoo.diagnostics.bias_variance import squared_parts, zero_one_parts
from keras_regzoo.diagnostics.training_sets import training_sets

pytestmark = pytest.mark.one_backend

RANDOM = np.random.default_rng(0)
X_TEST = np.linspace(-1, 1, 200)[:, None]


def mean_of_targets():
    """A model that a step over all examples makes to predict the mean of the targets."""
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), layer])
    layer.kernel.trainable = False
    model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=keras.backend.backend() != "jax")
    return model


def noisy_line(seed):
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, size=(10, 1))
    return x, x + random.normal(0, 0.5, size=(10, 1))


def test_mean_of_noisy_targets_has_the_known_bias_variance_and_noise():
    """Of n points of y = x + ε the mean has variance (1/3 + σ²) / n, and misses x by 1/3."""
    y_test = X_TEST + np.random.default_rng(1).normal(0, 0.5, size=X_TEST.shape)
    options = {"sets": 60, "draw": noisy_line, "truth": X_TEST, "batch_size": 10}
    found = bias_variance(mean_of_targets, None, None, X_TEST, y_test, **options)
    assert found.variance == pytest.approx((1 / 3 + 0.25) / 10, rel=0.5)
    assert found.bias == pytest.approx(np.mean(X_TEST**2), rel=0.1)
    assert found.noise == pytest.approx(np.mean((y_test - X_TEST) ** 2))
    parts = found.bias + found.variance + found.noise + found.cross
    assert found.error == pytest.approx(parts, rel=1e-9)


def test_squared_parts_are_those_of_a_loop_over_sets():
    outputs, y, truth = RANDOM.normal(size=(7, 5, 2)), *RANDOM.normal(size=(2, 5, 2))
    found = squared_parts(outputs, y, truth)
    assert found.error == pytest.approx(np.mean([np.mean((y - each) ** 2) for each in outputs]))
    assert found.bias == pytest.approx(np.mean((truth - sum(outputs) / 7) ** 2))
    assert found.variance == pytest.approx(outputs.var(axis=0).mean())
    assert found.noise == pytest.approx(np.mean((y - truth) ** 2))
    unknown = squared_parts(outputs, y, None)
    assert (unknown.noise, unknown.cross) == (0, 0)
    assert unknown.error == pytest.approx(unknown.bias + unknown.variance)


def test_zero_one_parts_are_those_of_domingos():
    """Theorem 2: P(ŷ ≠ y) = B + c V, c = 1 where unbiased, else −P(ŷ = y | ŷ ≠ m)."""
    outputs, labels = RANDOM.normal(size=(9, 40, 3)), RANDOM.integers(3, size=40)
    found = zero_one_parts(outputs, labels)
    predicted = outputs.argmax(-1)
    biases, variances = [], []
    for example, label in enumerate(labels):
        of_example = list(predicted[:, example])
        main = max(range(3), key=of_example.count)
        others = [each for each in of_example if each != main]
        c = 1.0 if main == label else -np.mean([each == label for each in others] or [0.0])
        biases.append(main != label)
        variances.append(c * len(others) / 9)
        assert found.main[example] == main
    assert found.bias == pytest.approx(np.mean(biases))
    assert found.variance == pytest.approx(np.mean(variances))
    assert found.error == pytest.approx(found.bias + found.variance)


def test_sets_are_drawn_with_replacement_dealt_out_or_made():
    x, y = np.arange(10.0)[:, None], np.arange(10)
    drawn = training_sets(x, y, None, "bootstrap", 3, seed=0)
    assert all(len(drawn(s)[0]) == 10 and len(np.unique(drawn(s)[1])) < 10 for s in range(3))
    assert not np.array_equal(drawn(0)[1], drawn(1)[1])
    dealt = training_sets(x, y, 2.0 * y, "disjoint", 3, seed=0)
    assert sorted(np.concatenate([dealt(s)[1] for s in range(3)])) == list(range(10))
    assert all(np.array_equal(2 * dealt(s)[1], dealt(s)[2]) for s in range(3)), "their weights"
    made = training_sets(
        None, None, None, lambda seed: (np.full(3, seed), np.full(3, -seed)), 3, seed=5
    )
    assert [part if part is None else part.tolist() for part in made(2)] == [
        [7] * 3,
        [-7] * 3,
        None,
    ]


@pytest.mark.parametrize("draw", ["bootstrap", "disjoint"])
def test_weights_are_drawn_with_their_examples(draw):
    def build():
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        eager = keras.backend.backend() != "jax"
        model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=eager)
        return model

    x = RANDOM.uniform(-1, 1, size=(60, 1))
    spoilt = np.arange(60) % 2
    y = np.where(spoilt[:, None], 1000.0, 2 * x)
    found = bias_variance(
        *(build, x, y, x[:5], 2 * x[:5]),
        **{"sets": 2, "draw": draw, "sample_weight": 1.0 - spoilt, "epochs": 40, "batch_size": 5},
    )
    assert found.error < 0.1


def test_one_seed_gives_one_result_and_classes_are_taken_one_hot():
    def build():
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss, run_eagerly=keras.backend.backend() != "jax")
        return model

    x, labels = RANDOM.normal(size=(12, 1)), np.arange(12) % 2
    y = np.eye(2)[labels]
    first, second, plain = (
        bias_variance(build, x, y, x, target, loss="zero_one", sets=3, seed=4)
        for target in (y, y, labels)
    )
    assert first.error == second.error == plain.error
    np.testing.assert_array_equal(first.main, second.main)


def with_hidden_layer():
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() != "jax")
    return model


def test_two_processes_find_what_one_finds():
    x, y = noisy_line(0)
    one, two = (
        bias_variance(
            with_hidden_layer, x, y, X_TEST, X_TEST, sets=3, jobs=jobs, seed=1, batch_size=4
        )
        for jobs in (1, 2)
    )
    np.testing.assert_array_equal(one.main, two.main)
    assert (one.error, one.bias, one.variance) == (two.error, two.bias, two.variance)
    assert one.variance > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"loss": "huber"}, "`loss` must be one of"),
        ({"sets": 1}, "`sets` must be an integer in"),
        ({"draw": "jackknife"}, "`draw` must be one of"),
        ({"draw": noisy_line}, "`x` and `y` must be None"),
        ({"draw": "disjoint", "sets": 11}, "`sets` must be an integer in"),
        ({"loss": "zero_one", "truth": X_TEST}, "`truth` must be None"),
        ({"x": np.full((10, 1), np.nan)}, "`x` must be finite"),
        ({"y_test": X_TEST * np.nan}, "`y_test` must be finite"),
        ({"truth": X_TEST * np.inf}, "`truth` must be finite"),
        ({"x_test": X_TEST[:0], "y_test": X_TEST[:0]}, "`x_test` must have at least one example"),
        ({"truth": X_TEST[:3]}, "`truth` must have one row"),
        ({"y_test": X_TEST[:3]}, "`y_test` must have one row"),
        ({"sample_weight": np.ones(3)}, "`sample_weight` must have one row"),
        ({"sample_weight": np.full(10, np.nan)}, "`sample_weight` must be finite"),
        (
            {"x": None, "y": None, "draw": noisy_line, "sample_weight": np.ones(10)},
            "`sample_weight` must be None where `draw`",
        ),
        ({"build": None}, "`build` must return"),
        ({"callbacks": []}, "`callbacks` must be a function"),
    ],
)
def test_bad_arguments_are_one_sentence_before_training(changes, message):
    built = []
    given = {"build": lambda: built.append(1), "x": np.ones((10, 1)), "y": np.ones((10, 1))}
    given |= {"x_test": X_TEST, "y_test": X_TEST, **changes}
    with pytest.raises(ValueError, match=message):
        bias_variance(**given)
    assert not built


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_test": X_TEST[:, 0]}, "`y_test` must have the shape of the model's outputs"),
        ({"truth": X_TEST[:, 0]}, "`truth` must have the shape of the model's outputs"),
        ({"loss": "zero_one", "y_test": np.ones(200, int)}, "a score for each class"),
        ({"x": np.ones((10, 2))}, "`x` must be what the model of `build` takes"),
        ({"x_test": np.ones((200, 2))}, "`x_test` must be what the model of `build` takes"),
        ({"x": None, "y": None, "draw": lambda seed: None}, "`draw` must return new `x` and `y`"),
        (
            {"x": None, "y": None, "draw": lambda seed: (np.ones((3, 1)), np.full(3, np.nan))},
            "`y of draw` must be finite",
        ),
    ],
)
def test_what_does_not_fit_the_model_is_one_sentence_before_training(changes, message):
    class Untrained(keras.Sequential):
        def fit(self, *args, **kwargs):
            raise AssertionError("trained")

    def build():
        model = Untrained([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    given = {"x": np.ones((10, 1)), "y": np.ones((10, 1)), "x_test": X_TEST, "y_test": X_TEST}
    with pytest.raises(ValueError, match=message) as error:
        bias_variance(build, **{**given, **changes}, sets=2)
    assert "\n" not in str(error.value)


def test_outputs_that_do_not_meet_the_targets_are_one_sentence():
    outputs = np.zeros((2, 5, 1))
    with pytest.raises(ValueError, match="`y_test` must have the shape of the model's outputs"):
        squared_parts(outputs, np.zeros(5), None)
    with pytest.raises(ValueError, match="a score for each class"):
        zero_one_parts(outputs, np.zeros(5, int))
