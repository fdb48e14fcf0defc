"""A curriculum within compiled steps, several an execution."""

import keras
import pytest

from keras_regzoo.callbacks import CurriculumScheduler
from keras_regzoo.data import pacing
from tests.backends import HAS_XLA
from tests.callbacks.test_curriculum_scheduler import (
    NoProgress,
    curriculum,
    easiest,
    fit,
    linear_model,
    trained,
)


class Counted(keras.layers.Layer):
    """Counts how often Python runs its call: once a trace, or a step where nothing compiles."""

    calls = 0

    def call(self, inputs):
        self.calls += 1
        return inputs


@pytest.mark.skipif(not HAS_XLA, reason="Keras refuses steps_per_execution on PyTorch")
@pytest.mark.parametrize("by", ["epoch", "step", "plateau"])
def test_several_steps_an_execution_and_xla(by):
    paced = pacing.linear(0.3, 9 if by == "step" else 1)
    scheduler = CurriculumScheduler(curriculum(paced), by, patience=1)
    model = linear_model(run_eagerly=False, jit_compile=True, steps_per_execution=4)
    counts, history = fit(scheduler, model, before=[NoProgress()])
    shares = {
        "epoch": [0.3, 1.0, 1.0, 1.0],
        "step": [0.3 + 0.7 * 5 / 9, 1.0, 1.0, 1.0],
        "plateau": [0.3, 0.3, 1.0, 1.0],
    }[by]
    assert history["curriculum/share"] == pytest.approx(shares)
    for pool, share in zip(trained(counts), shares, strict=True):
        assert pool <= easiest(share) if by == "step" else pool == easiest(share)


@pytest.mark.skipif(not HAS_XLA, reason="nothing is compiled on PyTorch")
@pytest.mark.parametrize("by", ["epoch", "step"])
def test_growing_pool_compiles_nothing_again(by):
    def calls(paced):
        counted = Counted()
        fit(CurriculumScheduler(curriculum(paced), by), linear_model([counted], run_eagerly=False))
        return counted.calls

    assert calls(pacing.linear(0.1, 3)) == calls(lambda count: 1.0)
