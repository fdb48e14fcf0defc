"""R-Drop: two sub-networks agree."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax, rel_entr, softmax

from keras_regzoo import RegularizedModel
from keras_regzoo.backend import PureView
from keras_regzoo.objectives import Consistency, MeanTeacher, RDrop
from keras_regzoo.objectives.r_drop import symmetric_divergence

random = np.random.default_rng(0)
X = random.normal(size=(6, 4)).astype("float32")
LABELS = np.array([0, 1, 2, 2, 1, 0])
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def test_divergence_is_that_of_scipy():
    p, q = softmax(random.normal(size=(2, 5, 3)), axis=-1).astype("float32")
    expected = 0.5 * (rel_entr(p, q) + rel_entr(q, p)).sum(axis=-1).mean()
    made = symmetric_divergence(*(ops.convert_to_tensor(np.log(each)) for each in (p, q)))
    assert float(made) == pytest.approx(expected, rel=1e-5)


def masked(draws: int) -> tuple[keras.Model, list[np.ndarray]]:
    """Returns a model with dropout, and its logits in passes that differ in their masks."""
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(3)]
    )
    view = PureView(model)
    states = [view.reseed(view.state(), draw) for draw in range(draws)]
    passes = [view(view.weights(), state, X, training=True).outputs for state in states]
    return model, [ops.convert_to_numpy(logits) for logits in passes]


def divergence_of(first: np.ndarray, second: np.ndarray) -> float:
    p, q = softmax(first, axis=-1), softmax(second, axis=-1)
    return 0.5 * (rel_entr(p, q) + rel_entr(q, p)).sum(axis=-1).mean()


def difference_of(first: np.ndarray, second: np.ndarray) -> float:
    return np.square(softmax(first, axis=-1) - softmax(second, axis=-1)).mean()


def entropy_of(logits: np.ndarray) -> float:
    return -log_softmax(logits, axis=-1)[np.arange(6), LABELS].mean()


def logs_of(model: keras.Model, objectives: list[Any]) -> dict[str, Any]:
    wrapped = RegularizedModel(model, objectives)
    wrapped.compile(keras.optimizers.SGD(0.0), SPARSE)
    return wrapped.fit(X, LABELS, batch_size=6, shuffle=False, verbose="0").history


def test_loss_is_the_mean_of_two_masks_and_their_divergence():
    model, (first, second) = masked(2)
    logs = logs_of(model, [RDrop(0.7)])
    assert not np.allclose(first, second)
    divergence = divergence_of(first, second)
    entropies = [entropy_of(logits) for logits in (first, second)]
    assert logs["r_drop"][0] == pytest.approx(0.7 * divergence, rel=1e-4)
    assert logs["loss"][0] == pytest.approx(np.mean(entropies) + 0.7 * divergence, rel=1e-4)


@pytest.mark.parametrize(
    ("inner", "term"),
    [
        (Consistency(10.0), difference_of),
        (MeanTeacher(10.0), difference_of),
        (RDrop(10.0, name="inner"), divergence_of),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_masks_that_differ_in_its_first_pass_differ_in_its_second_too(inner, term):
    """The first teacher is the student."""
    model, (first, second, third) = masked(3)
    logs = logs_of(model, [inner, RDrop(0.0)])
    terms = 10.0 * term(first, second), 10.0 * term(second, third)
    entropies = [entropy_of(logits) for logits in (first, second, second, third)]
    if not isinstance(inner, RDrop):
        entropies = entropies[:2]
    assert logs[inner.name][0] == pytest.approx(terms[0], rel=1e-4)
    expected = np.mean(entropies) + np.mean(terms)
    assert logs["loss"][0] == pytest.approx(expected, rel=1e-4)


def test_network_without_noise_is_trained_as_without_it():
    ends = []
    for objectives in ((RDrop(0.7),), ()):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        wrapped = RegularizedModel(model, objectives)
        wrapped.compile(keras.optimizers.SGD(0.1), SPARSE)
        wrapped.fit(X, LABELS, batch_size=6, epochs=3, shuffle=False, verbose="0")
        ends.append(ops.convert_to_numpy(model.layers[-1].kernel))
    np.testing.assert_allclose(*ends, atol=1e-6)


def test_a_loss_that_does_not_tell_logits_from_probabilities_is_refused():
    wrapped = RegularizedModel(keras.Sequential([keras.layers.Dense(3)]), [RDrop(0.7)])
    with pytest.raises(ValueError, match=r"`loss` must be a cross-entropy.*received 'mse'"):
        wrapped.compile("sgd", "mse")
    RegularizedModel(keras.Sequential(), [RDrop(0.7, from_logits=True)]).compile("sgd", "mse")
