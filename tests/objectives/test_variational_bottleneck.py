"""The variational information bottleneck: the divergence of a code from the standard normal."""

import keras
import numpy as np
import pytest
from keras import layers as keras_layers
from keras import ops
from scipy.stats import norm

from keras_regzoo import RegularizedModel
from keras_regzoo.layers import GaussianSampling
from keras_regzoo.objectives import VariationalBottleneck
from tests.objectives.networks import X, arrays, train


def classifier(beta=0.0):
    """A stochastic code of two latents between two dense layers, with fixed draws."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras_layers.Dense(4, name="code"),
            GaussianSampling(beta=beta, seed=1),
            keras_layers.Dense(3),
        ]
    )


def divergence(mean, log_variance):
    """∫ p log(p / q) of two normal densities, in nats, by the trapezoidal rule."""
    deviation = np.exp(log_variance / 2)
    p, q = norm(mean, deviation), norm()
    z = mean + deviation * np.linspace(-9, 9, 400)
    return np.trapezoid(p.pdf(z) * (p.logpdf(z) - q.logpdf(z)), z)


def nats(model):
    """The mean over the batch of what each code tells, summed over its latents."""
    code = keras.Model(model.inputs[0], model.get_layer("code").output)
    outputs = ops.convert_to_numpy(code(X))
    each = [divergence(row[i], row[i + 2]) for row in outputs for i in range(2)]
    return sum(each) / len(X)


def test_term_is_beta_times_the_divergence_of_the_code():
    model = classifier()
    expected = nats(model)
    wrapped = RegularizedModel(model, [VariationalBottleneck("code", 0.3)])
    logs = train(wrapped).history
    assert logs["variational_bottleneck"][0] == pytest.approx(0.3 * expected, rel=1e-4)
    assert logs["loss"][0] == pytest.approx(
        logs["data_loss"][0] + logs["variational_bottleneck"][0], rel=1e-5
    )


def test_costs_no_pass():
    class Counted(keras_layers.Dense):
        calls = 0

        def call(self, inputs):
            Counted.calls += 1
            return super().call(inputs)

    keras.utils.set_random_seed(0)
    code, sampling = Counted(4, name="code"), GaussianSampling(beta=0.0, seed=1)
    model = keras.Sequential([keras.Input((5,)), code, sampling, keras_layers.Dense(3)])
    wrapped = RegularizedModel(model, [VariationalBottleneck("code", 0.3)])
    wrapped.compile("sgd", "mse", run_eagerly=True)
    data = np.ones((4, 5), "float32"), np.ones((4, 3), "float32")
    wrapped.train_on_batch(*data)
    Counted.calls = 0
    wrapped.train_on_batch(*data)
    assert Counted.calls == 1


def test_training_is_that_of_the_sampling_layer_with_the_same_beta():
    by_objective, by_layer = classifier(), classifier(beta=0.2)
    train(RegularizedModel(by_objective, [VariationalBottleneck("code", 0.2)]), steps=3)
    train(RegularizedModel(by_layer, []), steps=3)
    for first, second in zip(arrays(by_objective), arrays(by_layer), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)


def test_evaluation_reports_the_loss_without_it():
    model = classifier()
    wrapped = RegularizedModel(model, [VariationalBottleneck(model.get_layer("code"), 10.0)])
    train(wrapped, y=np.zeros(12, int))
    logits = ops.convert_to_numpy(model(X))
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[:, 0])
    evaluated = wrapped.evaluate(X, np.zeros(12, int), verbose=0)
    assert evaluated == pytest.approx(expected, rel=1e-4)


@pytest.mark.one_backend
def test_strength_bounds_what_the_code_tells():
    told = []
    for strength in (0.0, 0.1, 1.0):
        model = classifier()
        train(RegularizedModel(model, [VariationalBottleneck("code", strength)]), steps=15)
        told.append(nats(model))
    assert told[0] > told[1] > told[2]
    assert told[2] < 0.1 * told[0]


def test_sampling_layer_that_adds_the_divergence_itself_is_refused():
    with pytest.raises(ValueError, match=r"`beta` of a GaussianSampling must be 0 .* beta=0\.5"):
        RegularizedModel(classifier(beta=0.5), [VariationalBottleneck("code")])


def test_outputs_that_are_no_means_and_variances_are_refused():
    model = keras.Sequential([keras.Input((5,)), keras_layers.Dense(3, name="code")])
    with pytest.raises(ValueError, match=r"`encoder` must give as many log-variances as means"):
        train(RegularizedModel(model, [VariationalBottleneck("code")]))


def test_unknown_encoder_is_refused():
    with pytest.raises(ValueError, match="`encoder` must name a layer of the model"):
        RegularizedModel(classifier(), [VariationalBottleneck("latent")])


def test_model_with_several_inputs_is_refused():
    inputs = [keras.Input((2,)), keras.Input((2,))]
    outputs = keras_layers.Dense(2, name="code")(keras_layers.Add()(inputs))
    wrapped = RegularizedModel(keras.Model(inputs, outputs), [VariationalBottleneck("code")])
    wrapped.compile("sgd", "mse")
    x = np.ones((4, 2))
    with pytest.raises(ValueError, match="single input; this one is fed 2 inputs"):
        wrapped.fit([x, x], x, verbose=0)
