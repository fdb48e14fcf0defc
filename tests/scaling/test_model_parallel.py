"""With batches and kernels split between devices, objectives give what one device gives."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.cases import by_id
from tests.cases.case import Case
from tests.cases.networks import batch, place
from tests.scaling import page
from tests.seeds import set_seed

# Those that compute with the weights, or across the batch, themselves; the others see what the
# network's own pass gives. All of them would take a minute.
NAMES = (
    "GradientNormPenalty",
    "GradientVariancePenalty",
    "LossSmoothing",
    "MaximumMeanDiscrepancy",
    "MeanTeacher",
    "Mixup",
    "ParameterTying",
    "SharpnessAware",
    "SoftWeightSharing",
    "WeightNoise",
    "WeightPenalty",
)
OBJECTIVES = [by_id(name) for name in NAMES]


@pytest.fixture(scope="module")
def losses(tmp_path_factory):
    return page.on_virtual_devices(4, __name__, tmp_path_factory.mktemp("losses"))


@pytest.mark.parametrize("case", OBJECTIVES, ids=lambda case: case.id)
def test_split_kernels_give_the_losses_of_one_device(case, losses):
    alone, split = losses[case.id]
    assert len(alone) == 2 and alone[0] != alone[1], "the second loss is that after a step."
    np.testing.assert_allclose(split, alone, rtol=1e-4)


def trained(case: Case) -> list[float]:
    """Returns the losses before and after a step."""
    set_seed(0)
    x, y = batch(case, rows=8)
    _, placed = place(case, case.arguments)
    history = placed.fit(x, y, epochs=2, learning_rate=0.01, run_eagerly=False, jit_compile=True)
    if keras.distribution.distribution():
        kernel = placed.net.get_layer("outputs").kernel.value
        assert kernel.addressable_shards[0].data.shape == (5, 1), "half of it lies on a device."
    return history["loss"]


def main(path: str) -> None:
    """Trains with each objective on one device, then with all of them."""
    alone = {case.id: trained(case) for case in OBJECTIVES}
    exec(compile(page.block("LayoutMap"), str(page.PAGE), "exec"), {})
    split = {case.id: trained(case) for case in OBJECTIVES}
    Path(path).write_text(json.dumps({name: (alone[name], split[name]) for name in alone}))


if __name__ == "__main__":
    main(*sys.argv[1:])
