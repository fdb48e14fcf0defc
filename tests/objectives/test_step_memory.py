"""What a training step has made is freed with it."""

import gc

import keras
import numpy as np
import pytest

from keras_regzoo import RegularizedModel
from keras_regzoo.objectives import (
    AdversarialTraining,
    Mixup,
    SharpnessAware,
    WeightNoise,
    WeightPenalty,
)
from keras_regzoo.objectives.loss import Step

pytestmark = pytest.mark.one_backend  # the others' steps are gone once they are traced


class Kept(keras.callbacks.Callback):
    """Counts the steps in memory after each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[int] = []

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.numbers.append(sum(isinstance(each, Step) for each in gc.get_objects()))


@pytest.mark.parametrize(
    "objectives",
    [
        [WeightPenalty(keras.regularizers.L2(1e-3))],
        [SharpnessAware(0.05)],
        [AdversarialTraining(0.1), WeightNoise(0.1)],
        [Mixup(0.2)],
    ],
    ids=lambda objectives: objectives[0].name,
)
def test_no_step_outlives_its_batch(objectives):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(3, "softmax")]
    )
    wrapped = RegularizedModel(model, objectives)
    wrapped.compile("sgd", "categorical_crossentropy")
    x, y = np.random.default_rng(0).random((12, 4)), np.eye(3)[np.arange(12) % 3]
    kept = Kept()
    wrapped.fit(x, y, batch_size=4, verbose=0)
    gc.collect()
    gc.disable()
    try:
        wrapped.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[kept])
    finally:
        gc.enable()
    assert len(kept.numbers) == 6 and max(kept.numbers) == 0
