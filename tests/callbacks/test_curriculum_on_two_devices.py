"""A curriculum whose batches are split between two devices is the one of a single device."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_regzoo.callbacks import CurriculumScheduler
from keras_regzoo.data import CurriculumDataset, pacing
from tests.backends import BACKEND
from tests.scaling import page
from tests.virtual_devices import two_devices

pytestmark = pytest.mark.skipif(BACKEND == "torch", reason="there are no virtual devices")

PACED = {
    "epoch": pacing.linear(0.3, length=2),
    "step": pacing.linear(0.3, length=9),
    "plateau": pacing.linear(0.3, length=1),
}


def trained(by):
    """Returns losses and shares of a training, the weights it ends with, and the state."""
    random = np.random.default_rng(0)
    x = random.normal(size=(22, 3)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    dataset = CurriculumDataset(x, y, np.abs(x[:, 0]), PACED[by], batch_size=4)
    scheduler = CurriculumScheduler(dataset, by, patience=1, min_delta=1.0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.01), "mae", jit_compile=False)
    callbacks = [scheduler]
    history = model.fit(dataset, epochs=3, shuffle=False, verbose=0, callbacks=callbacks).history
    weights = [each.tolist() for each in model.get_weights()]
    return {"history": history, "weights": weights, "state": scheduler.get_state()}


@pytest.fixture(scope="module")
def on_two(tmp_path_factory):
    return page.on_virtual_devices(2, __name__, tmp_path_factory.mktemp("curricula"))


@pytest.mark.parametrize("by", PACED)
def test_losses_shares_weights_and_state_are_those_of_one_device(by, on_two):
    found, expected = on_two[by], trained(by)
    assert len(set(expected["history"]["curriculum/share"])) > 1, "it moves."
    assert found["state"].keys() == expected["state"].keys()
    for part in expected:
        for value, other in zip(leaves(found[part]), leaves(expected[part]), strict=True):
            assert value == (other if other is None else pytest.approx(other, rel=1e-4, abs=1e-6))


def leaves(tree):
    """Returns the leaves of dicts and lists, `None` too."""
    if isinstance(tree, dict | list):
        items = [tree[key] for key in sorted(tree)] if isinstance(tree, dict) else tree
        return [leaf for each in items for leaf in leaves(each)]
    return [tree]


def main(path):
    """Trains on two devices."""
    strategy = two_devices()
    with strategy.scope() if strategy else nullcontext():
        Path(path).write_text(json.dumps({by: trained(by) for by in PACED}))


if __name__ == "__main__":
    main(*sys.argv[1:])
