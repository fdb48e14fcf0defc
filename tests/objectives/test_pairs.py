"""Every pair of objectives trains together, or says in one sentence why it cannot."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.quiet import QUIET
from tests.cases import CASES
from tests.cases.case import Case
from tests.cases.networks import batch, net

FIRST = {case.cls.__name__: case for case in reversed(CASES) if case.kind == "objective"}
PAIRS = list(itertools.combinations(sorted(FIRST), 2))
REFUSED = {
    ("SelfPaced", "SuperLoss"): "weight the examples by their losses once",
    **{
        (first, "UncertaintyWeighting"): "must have uncertainty_weighting before"
        for first in ("AdversarialTraining", "RDrop", "SharpnessAware")
    },
}


def step(first: Case, second: Case) -> tuple[keras.Model, dict[str, Any]]:
    objectives = [case.cls(**case.arguments()) for case in (first, second)]
    model = RegularizedModel(net(), objectives)
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    x, y = batch(first, rows=4)
    return model, model.fit(x, y, batch_size=4, verbose=QUIET).history


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda name: name)
def test_pair_takes_a_step_or_is_refused(first, second):
    if (first, second) in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[first, second]):
            step(FIRST[first], FIRST[second])
        return
    model, logs = step(FIRST[first], FIRST[second])
    terms = {term for objective in model.objectives for term in objective.terms}
    assert terms <= set(logs)
    assert all(np.isfinite(values).all() for values in logs.values())
    assert all(np.isfinite(np.asarray(weight)).all() for weight in model.get_weights())
