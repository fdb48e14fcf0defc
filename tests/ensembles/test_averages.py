"""average_weights and average_predictions, of models and of files, against NumPy."""

import keras
import numpy as np
import pytest

from keras_regzoo.ensembles import average_predictions, average_weights

X = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")


def member(seed, units=2):
    keras.utils.set_random_seed(seed)
    stack = [keras.Input((3,)), keras.layers.Dense(4, "relu"), keras.layers.BatchNormalization()]
    made = keras.Sequential([*stack, keras.layers.Dense(units, "softmax")])
    random = np.random.default_rng(seed)
    made.set_weights([random.uniform(0.5, 1, value.shape) for value in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def members():
    return [member(seed) for seed in range(3)]


@pytest.fixture(scope="module", params=["models", "keras", "weights.h5"])
def given(request, members, tmp_path_factory):
    """The members, and the model that their files need."""
    if request.param == "models":
        return members, None
    folder = tmp_path_factory.mktemp("members")
    paths = [folder / f"{number}.{request.param}" for number in range(3)]
    for each, path in zip(members, paths, strict=True):
        each.save(path) if request.param == "keras" else each.save_weights(path)
    return paths, member(9) if request.param == "weights.h5" else None


SHARES = [(None, np.full(3, 1 / 3)), ([1, 0, 3], np.array([0.25, 0.0, 0.75]))]


@pytest.mark.parametrize(("weights", "shares"), SHARES)
def test_weights_are_the_mean_of_the_members(given, members, weights, shares):
    before = [each.get_weights() for each in members]
    mean = average_weights(*given, weights=weights)
    assert given[1] is None or mean is given[1]
    for place, value in enumerate(mean.get_weights()):
        each = np.stack([weights[place] for weights in before]).astype("float64")
        expected = np.tensordot(shares, each, axes=1)
        np.testing.assert_allclose(value, expected, rtol=1e-6)
    for each, old in zip(members, before, strict=True):
        for value, expected in zip(each.get_weights(), old, strict=True):
            np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize(("weights", "shares"), SHARES)
def test_predictions_are_the_mean_of_the_members(given, members, weights, shares):
    models_or_paths, model = given
    own = [] if model is None else model.get_weights()
    mean = average_predictions(models_or_paths, X, weights, model, batch_size=2)
    each = [keras.ops.convert_to_numpy(made(X)) for made in members]
    expected = np.tensordot(shares, np.stack(each), axes=1)
    np.testing.assert_allclose(mean, expected, rtol=1e-5)
    np.testing.assert_allclose(mean.sum(1), 1, rtol=1e-6)
    if model is not None:
        for value, old in zip(model.get_weights(), own, strict=True):
            np.testing.assert_array_equal(value, old)


def test_several_outputs_are_averaged_each():
    inputs = keras.Input((3,))
    outputs = {"a": keras.layers.Dense(1)(inputs), "b": keras.layers.Dense(2)(inputs)}
    first = keras.Model(inputs, outputs)
    second = keras.models.clone_model(first)
    mean = average_predictions([first, second], X)
    for name, value in mean.items():
        both = [keras.ops.convert_to_numpy(each(X)[name]) for each in (first, second)]
        np.testing.assert_allclose(value, np.mean(both, axis=0), rtol=1e-5, atol=1e-7)


def test_members_of_other_shapes_are_one_sentence(members):
    other = member(0, units=3)
    with pytest.raises(ValueError, match=r"the same shapes; received .*\(4, 2\).*\(4, 3\)"):
        average_weights([members[0], other])
    with pytest.raises(ValueError, match=r"must predict the same shapes; .*\(5, 2\) and \(5, 3\)"):
        average_predictions([members[0], other], X)


def test_model_keeps_its_weights_where_averaging_fails(members):
    model = member(7)
    before = model.get_weights()
    with pytest.raises(ValueError, match="same shapes"):
        average_weights([members[0], member(0, units=3)], model)
    for value, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.mark.parametrize("function", [average_weights, lambda given: average_predictions(given, X)])
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "`models_or_paths` must be a list of at least one"),
        ("one.keras", "`models_or_paths` must be a list of at least one"),
        (["absent.keras"], "must name files that exist; received 'absent.keras'"),
        ([3], "`models_or_paths` must be a"),
    ],
)
def test_what_is_no_member_is_refused(function, given, sentence):
    with pytest.raises(ValueError, match=sentence):
        function(given)


@pytest.mark.parametrize("weights", [[1, 2], [0, 0, 0], [-1, 1, 1], 0.5])
def test_weights_that_do_not_fit_are_refused(members, weights):
    with pytest.raises(ValueError, match="`weights` must be"):
        average_weights(members, weights=weights)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"model": "relu"}, "`model` must be a `keras` Model; received 'relu'"),
        ({"x": None}, "`x` must hold the examples to predict for; received None"),
        ({"batch_size": "all"}, "`batch_size` must be an integer"),
    ],
)
def test_what_cannot_predict_is_refused(members, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        average_predictions(members, **{"x": X, **options})


def test_files_of_weights_alone_need_a_model(members, tmp_path):
    path = tmp_path / "alone.weights.h5"
    members[0].save_weights(path)
    with pytest.raises(ValueError, match="`model` must be given"):
        average_predictions([path], X)


def test_model_that_cannot_be_cloned_must_be_given():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, inputs):
            return self.dense(inputs)

    made = Own()
    made(X)
    with pytest.raises(ValueError, match="`model` must be given where Keras cannot copy"):
        average_weights([made])
