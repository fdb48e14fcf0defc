"""A model as a pure function: what it computes, and that it touches nothing."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_regzoo import backend
from keras_regzoo.backend import PureView
from tests.compiled import as_they_are, compiled

RUNS = pytest.mark.parametrize("run", [as_they_are, compiled], ids=["eager", "compiled"])
X = np.random.default_rng(0).normal(size=(16, 5)).astype("float32")


class Counted(layers.Layer):
    """Adds a loss of its own."""

    def call(self, inputs):
        self.add_loss(ops.sum(ops.square(inputs)))
        return inputs


def network() -> keras.Model:
    inner = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.5)),
            Counted(),
        ]
    )
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(4, activity_regularizer=keras.regularizers.L2(0.1)),
            layers.BatchNormalization(),
            layers.Dropout(0.5, seed=1),
            inner,
        ]
    )


def values(model: keras.Model) -> list[np.ndarray]:
    return [ops.convert_to_numpy(v) for v in model.variables]


def numpy(tensors) -> list[np.ndarray]:
    return [ops.convert_to_numpy(t) for t in tensors]


@RUNS
def test_a_pass_touches_no_variable(run):
    model = network()
    before = values(model)
    view = PureView(model)
    weights, state = view.weights(), view.state()
    run(lambda x: view(weights, state, x, training=True).outputs)(ops.convert_to_tensor(X))
    assert all(np.array_equal(a, b) for a, b in zip(before, values(model), strict=True))


@RUNS
def test_a_pass_equals_an_ordinary_call_and_gives_its_updates(run):
    model = network()
    view = PureView(model)
    weights, state = view.weights(), view.state()

    def call(x):
        made = view(weights, state, x, training=True)
        return made.outputs, made.losses, made.penalties, made.updates

    outputs, losses, penalties, updates = run(call)(ops.convert_to_tensor(X))
    # XLA on TensorFlow draws other masks than an eager call from the same seed.
    ordinary = run if keras.backend.backend() == "tensorflow" else as_they_are
    expected, expected_losses = ordinary(lambda x: (model(x, training=True), model.losses))(X)
    np.testing.assert_allclose(*numpy([outputs, expected]), rtol=1e-5, atol=1e-5)
    total, expected_total = (sum(numpy(part)) for part in ([*losses, *penalties], expected_losses))
    assert total == pytest.approx(expected_total, rel=1e-4)
    assert len(losses) == 2 and len(penalties) == 1
    for variable, update in zip(model.non_trainable_variables, updates, strict=True):
        np.testing.assert_allclose(*numpy([update, variable]), rtol=1e-5, atol=1e-6)


def test_the_regularizer_is_evaluated_at_the_weights_given():
    model = network()
    view = PureView(model)
    doubled = [2 * w for w in view.weights()]
    (penalty,) = numpy(view(doubled, view.state(), ops.convert_to_tensor(X)).penalties)
    kernel = ops.convert_to_numpy(model.layers[-1].layers[0].kernel)
    assert penalty == pytest.approx(0.5 * np.sum((2 * kernel) ** 2), rel=1e-5)


def test_inference_is_that_of_the_model():
    model = network()
    model(X, training=True)
    view = PureView(model)
    outputs = view(view.weights(), view.state(), ops.convert_to_tensor(X), training=False).outputs
    np.testing.assert_allclose(*numpy([outputs, model(X, training=False)]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", [1, None], ids=["seeded", "unseeded"])
def test_passes_share_dropout_masks_unless_reseeded(seed):
    model = keras.Sequential([keras.Input((5,)), layers.Dropout(0.5, seed=seed)])
    view = PureView(model)
    state = view.state()
    ones = ops.ones((64, 5))

    def mask(draw):
        return ops.convert_to_numpy(view([], view.reseed(state, draw), ones, training=True).outputs)

    assert np.array_equal(mask(0), mask(0))
    assert not np.array_equal(mask(0), mask(1))
    assert not np.array_equal(mask(1), mask(2))
    assert np.array_equal(mask(1), mask(1))


def test_masks_reach_the_layers_behind_an_embedding():
    tokens = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    model = keras.Sequential(
        [layers.Embedding(5, 3, mask_zero=True), layers.GlobalAveragePooling1D()]
    )
    expected = model(tokens)
    view = PureView(model)
    outputs = view(view.weights(), view.state(), ops.convert_to_tensor(tokens)).outputs
    np.testing.assert_allclose(*numpy([outputs, expected]), rtol=1e-6)


def test_gradients_flow_to_the_weights_given():
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1, use_bias=False)])
    view = PureView(model)

    def loss(weights):
        return ops.sum(view(weights, view.state(), ops.convert_to_tensor(X)).outputs)

    _, gradient = backend.value_and_grad(loss)(view.weights())
    np.testing.assert_allclose(
        ops.convert_to_numpy(gradient[0])[:, 0], X.sum(0), rtol=1e-4, atol=1e-5
    )


def test_taps_are_values_within_the_graph_of_the_same_pass():
    inputs = keras.Input((5,), name="x")
    hidden = layers.Dropout(0.5, seed=1)(layers.Dense(4, name="hidden")(inputs))
    model = keras.Model({"x": inputs}, {"y": layers.Dense(2, name="last")(hidden)})
    view = PureView(model, [hidden])
    made = view(view.weights(), view.state(), {"x": ops.convert_to_tensor(X)}, training=True)
    last = model.get_layer("last")
    np.testing.assert_allclose(
        *numpy([made.outputs["y"], last(made.taps[id(hidden)])]), rtol=1e-5, atol=1e-6
    )
    assert np.any(ops.convert_to_numpy(made.taps[id(hidden)]) == 0)


def test_a_model_that_computes_its_outputs_itself_has_no_taps():
    class Doubled(keras.Model):
        def call(self, inputs):
            return 2 * super().call(inputs)

    inputs = keras.Input((5,))
    hidden = layers.Dense(4)(inputs)
    model = Doubled(inputs, layers.Dense(1)(hidden))
    view = PureView(model, [hidden])
    made = view(view.weights(), view.state(), ops.convert_to_tensor(X))
    assert made.taps == {}
    np.testing.assert_allclose(*numpy([made.outputs, model(X)]), rtol=1e-6)


def test_an_unbuilt_layer_is_refused():
    with pytest.raises(ValueError, match="`layer` must be built"):
        PureView(layers.Dense(1, name="late"))
