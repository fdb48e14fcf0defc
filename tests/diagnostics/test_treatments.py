"""How techniques are written, and what they change in a network."""

import keras
import numpy as np
import pytest

from keras_regzoo.diagnostics import TECHNIQUES
from keras_regzoo.diagnostics.base_models import build, cnn, mlp
from keras_regzoo.diagnostics.technique_names import parse_techniques

pytestmark = pytest.mark.one_backend

NAMES = list(TECHNIQUES)


def treat(written, model):
    return parse_techniques(written)[-1].treat(model, (0.0, 1.0))


def kinds(model):
    return [type(layer).__name__ for layer in model.layers if type(layer).__name__ != "InputLayer"]


def residual():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(5)(inputs)
    hidden = keras.layers.BatchNormalization()(hidden)
    hidden = keras.layers.Activation("relu")(hidden)
    shared = keras.layers.Dense(5, activation="tanh")
    hidden = keras.layers.Add()([shared(hidden), shared(shared(hidden))])
    wide, deep = keras.layers.Dense(3)(inputs), keras.layers.Dense(3, activation="relu")(hidden)
    return keras.Model(inputs, keras.layers.Add()([wide, deep]))


def test_options_are_read_and_shown_only_where_they_differ():
    baseline, l2, adversarial = parse_techniques("l2:strength=0.00025, adversarial:steps=3")
    assert baseline.label == "baseline"
    assert (l2.label, l2.options) == ("l2", {"strength": 0.00025})
    assert adversarial.label == "adversarial:steps=3"
    assert adversarial.options == {"radius": 0.1, "steps": 3}
    assert l2.key == "l2,strength=0.00025"


def test_all_techniques_take_part_by_default():
    assert [treatment.label for treatment in parse_techniques(None)] == NAMES
    assert len(NAMES) >= 13


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("dropuot", "no technique called 'dropuot'; those that exist are .*Did you mean 'dropout'"),
        ("", "no technique called ''; those that exist are baseline, "),
        ("l2:rate=1", "no option of l2 called 'rate'; those that exist are strength"),
        ("baseline:rate=1", "no option of baseline called 'rate'; it takes none"),
        ("dropout:rate", "written dropout:rate=value"),
        ("dropout:rate=1", r"`dropout:rate` must be a number in \[0, 1\)"),
        ("dropout:rate=half", r"`dropout:rate` must be a number in \[0, 1\); received 'half'"),
        ("early_stopping:patience=2.5", r"`early_stopping:patience` must be an integer in"),
        ("l2,l2:strength=0.00025", "must name each one once; received 'l2' twice"),
    ],
)
def test_bad_technique_is_one_sentence(written, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_techniques(written)


@pytest.mark.parametrize("builder", [mlp, cnn])
@pytest.mark.parametrize("name", NAMES)
def test_every_technique_keeps_weights_and_predictions(name, builder):
    base = build(builder, (8, 8, 1), 10, seed=3)
    initial, x = base.get_weights(), np.random.default_rng(0).uniform(size=(3, 8, 8, 1))
    expected = keras.ops.convert_to_numpy(base(x, training=False))
    treated = treat(name, base)
    for variable, value in zip(treated.variables, initial, strict=True):
        assert tuple(variable.shape) == value.shape
        variable.assign(value)
    actual = keras.ops.convert_to_numpy(treated.base(x, training=False))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_dropout_follows_hidden_activations_and_never_the_output():
    treated = treat("dropout:rate=0.3", build(cnn, (8, 8, 1), 10, seed=0))
    assert kinds(treated.base) == [
        *("Conv2D", "Dropout", "MaxPooling2D", "Conv2D", "Dropout", "MaxPooling2D"),
        *("Flatten", "Dense", "Dropout", "Dense"),
    ]
    assert treated.base.layers[2].rate == 0.3


def test_dropout_in_a_graph_with_shared_layers_and_two_last_layers():
    base = residual()
    treated = treat("dropout", base)
    assert kinds(treated.base).count("Dropout") == 4  # one after each use, none in the last layers
    for old, new in zip(base.weights, treated.variables, strict=True):
        assert old.shape == new.shape
        new.assign(old)
    x = np.ones((2, 4), "float32")
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(treated.base(x)), keras.ops.convert_to_numpy(base(x)), rtol=1e-5
    )


def test_dropconnect_wraps_hidden_dense_layers_and_not_the_last():
    treated = treat("dropconnect", build(mlp, (4,), 2, seed=0))
    assert kinds(treated.base) == ["Flatten", "DropConnect", "DropConnect", "Dense"]


@pytest.mark.parametrize("name", ["max_norm", "l1_ball"])
def test_constraints_act_on_kernels_alone(name):
    treated = treat(name, build(cnn, (8, 8, 1), 10, seed=0))
    for variable in treated.base.trainable_variables:
        assert (variable.constraint is not None) == (variable.name == "kernel")


def test_max_norm_bounds_the_weights_that_enter_each_filter():
    treated = treat("max_norm:max_value=0.1", build(cnn, (8, 8, 1), 10, seed=0))
    kernel = treated.base.trainable_variables[0]
    bounded = keras.ops.convert_to_numpy(kernel.constraint(kernel.value))
    np.testing.assert_allclose(np.sqrt((bounded**2).sum(axis=(0, 1, 2))), 0.1, rtol=1e-4)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize("name", ["dropout", "dropconnect"])
def test_layers_cannot_be_put_into_a_subclassed_model(name):
    model = Subclassed()
    model(np.ones((1, 3), "float32"))
    with pytest.raises(ValueError, match=f"{name!r} needs a functional .* subclassed Subclassed"):
        treat(name, model)


@pytest.mark.parametrize("name", ["dropout", "dropconnect"])
def test_network_without_hidden_layers_is_refused(name):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.ReLU()])
    with pytest.raises(ValueError, match=f"{name!r} needs a hidden dense"):
        treat(name, model)
