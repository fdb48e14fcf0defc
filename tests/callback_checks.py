"""What holds for callbacks alone."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np

from keras_regzoo import RegularizedModel
from keras_regzoo.quiet import QUIET
from tests.backends import BACKEND
from tests.cases.case import Case
from tests.cases.networks import Placed, batch, place
from tests.check import check


class Batches(keras.utils.PyDataset):
    """The batches of two arrays."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        super().__init__()
        self.x, self.y = x, y

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Any:
        return self.x[index::2], self.y[index::2]


class EndlessBatches(Batches):
    """The same, over and over."""

    @property
    def num_batches(self) -> None:
        return None

    def __getitem__(self, index: int) -> Any:
        return super().__getitem__(index % 2)


@check("callback")
def check_state_is_plain(case: Case) -> None:
    technique, placed = place(case, case.arguments)
    placed.fit(*batch(case), batch_size=2, epochs=2, jit_compile=False)
    state = technique.get_state()
    try:
        text = json.dumps(state)
    except TypeError as error:
        raise AssertionError(f"{case.cls.__name__}'s state: {error}") from error
    arrays = technique.get_arrays()
    again = case.cls(**case.arguments())
    again.set_state(json.loads(text))
    again.set_arrays(arrays)
    assert json.dumps(again.get_state()) == text
    for name, values in arrays.items():
        assert values is None or all(isinstance(value, np.ndarray) for value in values), name


@check("callback")
def check_any_feed(case: Case) -> None:
    x, y = batch(case)
    feeds: list[Any] = [Batches(x, y), EndlessBatches(x, y)]
    if BACKEND == "tensorflow":
        import tensorflow as tf

        feeds.append(tf.data.Dataset.from_tensor_slices((x, y)).batch(2))
    for feed in feeds:
        technique, placed = place(case, case.arguments)
        if not case.objectives():
            placed = Placed(RegularizedModel(placed.net, []), placed.net, [technique])
        placed.model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
        options: dict[str, Any] = {"epochs": 2, "shuffle": False, "verbose": QUIET}
        if isinstance(feed, EndlessBatches):
            options["steps_per_epoch"] = 2
        history = placed.model.fit(feed, callbacks=[technique], **options).history
        assert np.isfinite(history["loss"]).all()
