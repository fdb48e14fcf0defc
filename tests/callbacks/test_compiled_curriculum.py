"""A curriculum within compiled steps, several an execution."""

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
