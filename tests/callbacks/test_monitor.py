"""A metric of which nobody knows which way is better is told at the first epoch's end."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_regzoo import RegularizedModel
from keras_regzoo.callbacks import (
    ContinuationScheduler,
    CurriculumScheduler,
    SelfPacedScheduler,
    TopKCheckpoint,
)
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.data import CurriculumDataset
from keras_regzoo.objectives import LossSmoothing, SelfPaced

pytestmark = pytest.mark.one_backend

X = np.arange(8, dtype="float32")[:, None] / 8


def cust(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred))


def compiled(objectives=()):
    base = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model = RegularizedModel(base, objectives) if objectives else base
    model.compile("sgd", "mse", metrics=[cust], run_eagerly=True)
    return model


DATASET = CurriculumDataset(X, X, X[:, 0], lambda count: 1.0, batch_size=4)
CASES = {
    "continuation": (
        lambda folder: ContinuationScheduler(
            "loss_smoothing/stddev", (0.5,), patience=1, monitor="cust"
        ),
        lambda: [LossSmoothing(seed=0)],
    ),
    "self-paced": (
        lambda folder: SelfPacedScheduler(growth=2.0, per="plateau", monitor="cust"),
        lambda: [SelfPaced(1.0)],
    ),
    "curriculum": (lambda folder: CurriculumScheduler(DATASET, "plateau", "cust"), lambda: ()),
    "top k": (lambda folder: TopKCheckpoint(folder / "{epoch}.keras", "cust", k=2), lambda: ()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_direction_that_is_not_known_is_told_after_one_epoch(name, tmp_path):
    make, objectives = CASES[name]
    callback, model = make(tmp_path), compiled(objectives())
    data = {"x": DATASET} if name == "curriculum" else {"x": X, "y": X, "batch_size": 4}
    with pytest.raises(ValueError, match=r"`mode` must be .* for monitor='cust', of which Keras"):
        model.fit(**data, epochs=3, verbose=0, callbacks=[callback])
    assert int(model.optimizer.iterations) == 2, "of the first epoch."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [1.0, float("nan")])
def test_a_direction_is_asked_for_whatever_the_values_are(value):
    with pytest.raises(ValueError, match="of which Keras does not know which way is better"):
        Monitor("cust").improves(compiled(), value, None)
    assert Monitor("loss").improves(compiled(), value, None) == (value == 1.0)
