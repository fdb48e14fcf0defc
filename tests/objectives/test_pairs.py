"""Every pair of objectives trains together, or says in one sentence why it cannot.

PyTorch, the quickest, takes each pair in both orders; JAX and TensorFlow in one that is not
refused.
"""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from keras.regularizers import L2

from keras_regzoo import RegularizedModel, objectives
from keras_regzoo.quiet import QUIET
from tests.backends import BACKEND
from tests.cases import CASES
from tests.cases.case import Case
from tests.cases.networks import batch, net

FIRST = {case.cls.__name__: case for case in reversed(CASES) if case.kind == "objective"}
BOTH_ORDERS = list(itertools.permutations(sorted(FIRST), 2))
SEMI_SUPERVISED = {name for name, case in FIRST.items() if case.cls.takes_unlabelled}
REFUSED = {
    ("SelfPaced", "SuperLoss"): "weight the examples by their losses once",
    ("SuperLoss", "SelfPaced"): "weight the examples by their losses once",
    (
        "InputGradientPenalty",
        "GradientVariancePenalty",
    ): "must have gradient_variance_penalty before",
    **{
        (first, "UncertaintyWeighting"): "must have uncertainty_weighting before"
        for first in ("AdversarialTraining", "RDrop", "SharpnessAware")
    },
}
ONE_ORDER = [
    pair
    for pair in BOTH_ORDERS
    if pair not in REFUSED and (pair < pair[::-1] or pair[::-1] in REFUSED)
]
PAIRS = BOTH_ORDERS if BACKEND == "torch" else ONE_ORDER
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
LABELS = np.array([0, -1, 1, -1])
COMMUTE = [
    (lambda: objectives.PseudoLabel(1.0), lambda: objectives.SelfPaced(0.7)),
    (lambda: objectives.PseudoLabel(1.0), lambda: objectives.SuperLoss(1.0)),
    (lambda: objectives.PseudoLabel(1.0), lambda: objectives.GradientVariancePenalty(2)),
    (lambda: objectives.PseudoLabel(1.0), lambda: objectives.WeightPenalty(L2(0.1))),
    (lambda: objectives.SelfPaced(0.7), lambda: objectives.WeightPenalty(L2(0.1))),
    (lambda: objectives.InputGradientPenalty(0.1), lambda: objectives.WeightPenalty(L2(0.1))),
]


def made(*cases: Case) -> list[objectives.Objective]:
    return [case.cls(**case.arguments()) for case in cases]


def step(
    chosen: list[objectives.Objective], loss: Any = "mse", y: Any = None
) -> tuple[keras.Model, dict[str, Any]]:
    keras.utils.set_random_seed(1)
    model = RegularizedModel(net(), chosen)
    model.compile(keras.optimizers.SGD(0.1), loss, run_eagerly=True)
    x, target = batch(FIRST["Mixup"], rows=4)
    y = target if y is None else y
    return model, model.fit(x, y, batch_size=4, shuffle=False, verbose=QUIET).history


def assert_trained(model: Any, logs: dict[str, Any]) -> None:
    terms = {term for objective in model.objectives for term in objective.terms}
    assert terms <= set(logs)
    assert all(np.isfinite(values).all() for values in logs.values())
    assert all(np.isfinite(np.asarray(weight)).all() for weight in model.get_weights())


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda name: name)
def test_pair_takes_a_step_or_is_refused(first, second):
    if (first, second) in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[first, second]):
            step(made(FIRST[first], FIRST[second]))
        return
    assert_trained(*step(made(FIRST[first], FIRST[second])))


@pytest.mark.skipif(BACKEND != "torch", reason="one backend tells; it is eager")
@pytest.mark.parametrize(
    ("first", "second"),
    [pair for pair in PAIRS if SEMI_SUPERVISED & {*pair} and pair not in REFUSED],
    ids=lambda name: name,
)
def test_pair_takes_missing_labels(first, second):
    assert_trained(*step(made(FIRST[first], FIRST[second]), SPARSE, LABELS))


@pytest.mark.parametrize(("first", "second"), COMMUTE)
def test_order_makes_no_difference_to_independent_terms(first, second):
    y = LABELS if first().takes_unlabelled else abs(LABELS)
    _, logs = step([first(), second()], SPARSE, y)
    _, other = step([second(), first()], SPARSE, y)
    assert logs.keys() == other.keys()
    for name, values in logs.items():
        np.testing.assert_allclose(values, other[name], rtol=1e-5, err_msg=name)
