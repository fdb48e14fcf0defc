"""Models that bring their own loss: trained, evaluated and wrapped as compiled ones are."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.models.base_autoencoder import BaseAutoencoder
from keras_regzoo.objectives import WeightPenalty
from keras_regzoo.objectives.criterion import Criterion

STEP = 0.1
L2 = keras.regularizers.L2(0.01)


class CubicLoss(Criterion):
    """Mean of `Σ |x̂ − y|³` plus, of each example, its code's sum of squares."""

    def evaluate(self, inner, y, outputs, training):
        size = ops.sum(ops.square(inner["code"]), axis=-1)
        return ops.sum(ops.abs(outputs - y) ** 3, axis=-1) + size, {"size": size}


class Cubic(BaseAutoencoder):
    def __init__(self, encoder, decoder, objectives=(), built_in=()):
        super().__init__(
            encoder,
            decoder,
            objectives,
            "cubic",
            built_in,
            lambda: CubicLoss({"code": self._code()}, ("size",)),
        )

    def network(self, encoder, decoder):
        inputs = keras.Input((3,))
        code = encoder(inputs)
        self._code = lambda: code
        return keras.Model(inputs, decoder(code), name="reconstruction")


def linear(given, units):
    return keras.Sequential([keras.Input((given,)), keras.layers.Dense(units, use_bias=False)])


def cubic(weights=None, **options):
    model = Cubic(linear(3, 2), linear(2, 3), **options)
    model.core.set_weights(WEIGHTS if weights is None else weights)
    return model


RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=shape).astype("float32") for shape in ((3, 2), (2, 3))]
X = RNG.normal(size=(8, 3)).astype("float32")


def losses(weights, x, y):
    code = x @ weights[0]
    size = (code**2).sum(axis=1)
    return (np.abs(code @ weights[1] - y) ** 3).sum(axis=1) + size, size


def gradients(weights, x, y, share):
    """By hand: each example's gradient times its share."""
    code = x @ weights[0]
    difference = code @ weights[1] - y
    slope = 3 * difference * np.abs(difference) * share[:, None]
    back = slope @ weights[1].T + 2 * code * share[:, None]
    return [x.T @ back, code.T @ slope]


@pytest.mark.parametrize("weighted", [False, True])
def test_step_follows_the_gradient_of_the_criterion(weighted):
    sample_weight = RNG.uniform(size=8) if weighted else None
    model = cubic()
    model.compile(keras.optimizers.SGD(STEP))
    logs = model.fit(X, sample_weight=sample_weight, batch_size=8, verbose=0).history
    share = (np.ones(8) if sample_weight is None else sample_weight) / 8
    each, size = losses(WEIGHTS, X, X)
    assert logs["loss"][0] == pytest.approx(np.sum(each * share), rel=1e-4)
    assert logs["size"][0] == pytest.approx(size.mean(), rel=1e-4)
    stepped = zip(WEIGHTS, gradients(WEIGHTS, X, X, share), strict=True)
    for value, wanted in zip(model.core.get_weights(), stepped, strict=True):
        np.testing.assert_allclose(value, wanted[0] - STEP * wanted[1], rtol=1e-4, atol=1e-5)


def test_evaluation_reports_the_criterion_and_its_terms():
    model = cubic()
    model.compile("sgd")
    logs = model.evaluate(X, batch_size=3, return_dict=True, verbose=0)
    each, size = losses(WEIGHTS, X, X)
    assert logs == pytest.approx({"loss": each.mean(), "size": size.mean()}, rel=1e-4)


def test_objectives_of_the_model_and_of_its_wrapper_add_to_the_criterion():
    def penalty(name):
        return WeightPenalty({"kernel": L2}, name=name)

    model = cubic(built_in=[penalty("own")])
    each, _ = losses(WEIGHTS, X, X)
    added = 0.01 * sum((w**2).sum() for w in WEIGHTS)
    for trained, names in (
        (cubic(objectives=[penalty("own")]), ("own",)),
        (model, ("own",)),
        (RegularizedModel(model, [penalty("outer")]), ("own", "outer")),
    ):
        trained.compile(keras.optimizers.SGD(0.0))
        logs = trained.fit(X, batch_size=8, validation_data=(X,), verbose=0).history
        for name in names:
            assert logs[name][0] == pytest.approx(added, rel=1e-4)
        assert logs["loss"][0] == pytest.approx(each.mean() + len(names) * added, rel=1e-4)
        assert logs["data_loss"][0] == pytest.approx(each.mean(), rel=1e-4)
        assert logs["val_loss"][0] == pytest.approx(each.mean(), rel=1e-4)
        assert set(logs) == {
            *("loss", "data_loss", "size", "val_loss", "val_size"),
            *names,
        }


def test_one_name_for_a_built_in_objective_and_another_is_refused():
    penalties = [WeightPenalty({"kernel": L2}), WeightPenalty({"kernel": L2})]
    with pytest.raises(ValueError, match="must have names that differ; received 'weight_penalty'"):
        cubic(built_in=penalties[:1], objectives=penalties[1:])


def test_loss_given_to_compile_is_refused():
    with pytest.raises(ValueError, match=r"`loss` must be left out: .*CubicLoss .* received 'mse'"):
        cubic().compile("sgd", "mse")


def test_losses_of_the_network_are_added_once():
    encoder, decoder = linear(3, 2), linear(2, 3)
    encoder.layers[-1].activity_regularizer = keras.regularizers.L1(0.5)
    model = Cubic(encoder, decoder)
    model.core.set_weights(WEIGHTS)
    model.compile(keras.optimizers.SGD(0.0))
    logs = model.fit(X, batch_size=8, validation_data=(X,), verbose=0).history
    expected = losses(WEIGHTS, X, X)[0].mean() + 0.5 * np.abs(X @ WEIGHTS[0]).sum() / 8
    assert [logs["loss"][0], logs["val_loss"][0]] == pytest.approx([expected] * 2, rel=1e-4)
