"""Callbacks beside an optimizer that scales the loss: the scale is a power of two, and exact."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.cases import CASES
from tests.cases.networks import batch, place
from tests.seeds import set_seed

CALLBACKS = [case for case in CASES if case.kind == "callback"]


def trained(case, optimizer):
    set_seed(0)
    x, y = batch(case, rows=8)
    _, placed = place(case, case.arguments)
    placed.model.compile(optimizer, "mse", run_eagerly=True)
    placed.model.fit(
        x, y, batch_size=2, epochs=2, shuffle=False, verbose=0, callbacks=placed.callbacks
    )
    return [ops.convert_to_numpy(v) for v in placed.model.variables]


@pytest.mark.parametrize("case", CALLBACKS, ids=lambda case: case.id)
def test_scaling_the_loss_changes_nothing(case):
    plain = trained(case, keras.optimizers.SGD(0.05, momentum=0.5))
    scaled = trained(
        case, keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.05, momentum=0.5))
    )
    assert len(plain) == len(scaled)
    for value, other in zip(plain, scaled, strict=True):
        np.testing.assert_allclose(other, value, rtol=1e-5, atol=1e-6)
