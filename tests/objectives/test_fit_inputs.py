"""`fit` takes what Keras takes, and gives what Keras gives."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import SharpnessAware, WeightPenalty
from keras_regzoo.quiet import QUIET
from tests.objectives.networks import LOSS, X, Y, linear

BATCH = 4


def generator():
    while True:
        for start in range(0, len(Y), BATCH):
            yield X[start : start + BATCH], Y[start : start + BATCH]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return len(Y) // BATCH

    def __getitem__(self, index):
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return X[rows], Y[rows]


def tf_data():
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)


def torch_loader():
    torch = pytest.importorskip("torch")
    pairs = torch.utils.data.TensorDataset(torch.as_tensor(X), torch.as_tensor(Y))
    return torch.utils.data.DataLoader(pairs, batch_size=BATCH)


def losses(wrap: Any, *data: Any, **options: Any) -> list[float]:
    keras.utils.set_random_seed(1)
    model = wrap(linear())
    model.compile(keras.optimizers.SGD(0.1), LOSS)
    return model.fit(*data, shuffle=False, verbose=QUIET, **options).history["loss"]


def plain(model):
    return model


def wrapped(model):
    objectives = [SharpnessAware(0.0), WeightPenalty({"kernel": "l2"}, strength=0.0)]
    return RegularizedModel(model, objectives)


@pytest.mark.parametrize(
    "source",
    [generator, lambda: Batches(), tf_data, torch_loader],
    ids=["generator", "PyDataset", "tf.data", "DataLoader"],
)
def test_sources_of_batches(source):
    expected = losses(plain, X, Y, batch_size=BATCH)
    steps = {"steps_per_epoch": len(Y) // BATCH} if source is generator else {}
    assert losses(wrapped, source(), **steps) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"sample_weight": np.linspace(0, 2, len(Y))},
        {"class_weight": {0: 0.2, 1: 1.0, 2: 3.0}},
        {"validation_data": (X, Y)},
        {"validation_split": 0.5},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_of_fit(options):
    options = {"batch_size": BATCH, "epochs": 2, **options}
    expected = losses(plain, X, Y, **options)
    assert losses(wrapped, X, Y, **options) == pytest.approx(expected, rel=1e-5)


def test_steps_one_at_a_time():
    keras.utils.set_random_seed(1)
    model = wrapped(linear())
    model.compile(keras.optimizers.SGD(0.1), LOSS)
    logs = model.train_on_batch(X, Y, return_dict=True)
    assert logs["loss"] == pytest.approx(losses(plain, X, Y, batch_size=len(Y))[0], rel=1e-5)
