"""One network trained from many seeds with one technique."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_regzoo.backend import steps_per_execution
from keras_regzoo.data import Dataset
from keras_regzoo.diagnostics.measures import CHUNK, Scale, measure, predict
from keras_regzoo.diagnostics.treatments import Treated
from keras_regzoo.objectives import RegularizedModel

MOST_STEPS = 32


class TreatedNetwork:
    """A treated network, compiled once and trained again from any seed.

    What a seed gives does not depend on the seeds before it: everything that training changes is
    put back, and random numbers start anew.

    Args:
        treated: The network as a technique trains it.
        regression: Whether it is trained on the squared error of its one output; otherwise on the
            cross-entropy of logits.
        learning_rate: Of Adam.
        steps_per_epoch: Number of mini-batches in an epoch.
    """

    def __init__(
        self, treated: Treated, regression: bool, learning_rate: float, steps_per_epoch: int
    ) -> None:
        self.treated = treated
        self.steps_per_epoch = steps_per_epoch
        self.model = RegularizedModel(treated.base, treated.objectives)
        optimizer = keras.optimizers.Adam(learning_rate)
        self._compile(optimizer, regression)
        optimizer.build(self.model.trainable_variables)
        weights = {id(variable) for variable in treated.variables}
        variables = [*self.model.variables, *optimizer.variables]
        self._others = [
            (variable, keras.ops.convert_to_numpy(variable.value))
            for variable in variables
            if id(variable) not in weights
        ]

    def _compile(self, optimizer: keras.optimizers.Optimizer, regression: bool) -> None:
        """Compiles with many steps in one call, where the backend can: twice as fast on small data.

        Their number divides an epoch, which Keras would else prolong.
        """
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        most = min(MOST_STEPS, self.steps_per_epoch)
        steps = max(n for n in range(1, most + 1) if self.steps_per_epoch % n == 0)
        self.model.compile(
            optimizer,
            keras.losses.MeanSquaredError() if regression else loss,
            steps_per_execution=steps_per_execution(steps),
        )

    def train(
        self, initial: list[np.ndarray], data: Dataset, seed: int, epochs: int, batch_size: int
    ) -> dict[str, Any]:
        """Trains the network and measures it.

        Args:
            initial: The initial weights, in the order of the untreated network's.
            data: The data.
            seed: Of the mini-batches and of the technique's own random numbers.
            epochs: Number of epochs.
            batch_size: Examples in a mini-batch.

        Returns:
            What is measured of the trained network on each set, `epochs_trained`, `kept_epoch`,
            `seconds_per_epoch` (the median over all epochs but the first, of training alone), and
            the `curves` of the validation error and loss after each epoch.
        """
        self._restart(initial, seed)
        scale = Scale(data.y_train if data.task == "regression" else None)
        watch = _Watch(self.treated.base, data, scale, seed)
        callbacks = self.treated.make_callbacks()
        self.model.fit(
            _batches(data.x_train, scale(data.y_train), batch_size, seed),
            steps_per_epoch=self.steps_per_epoch,
            epochs=epochs,
            shuffle=False,
            callbacks=[watch, *callbacks],
            verbose=0,
        )
        trained = len(watch.seconds)
        kept = [c.best_epoch + 1 for c in callbacks if hasattr(c, "best_epoch")]
        return {
            **{part: watch.measure(part) for part in ("train", "validation", "test")},
            "epochs_trained": trained,
            "kept_epoch": kept[0] if kept else trained,
            "seconds_per_epoch": float(np.median(watch.seconds[1:] or watch.seconds)),
            "curves": watch.curves,
        }

    def _restart(self, initial: list[np.ndarray], seed: int) -> None:
        for variable, value in zip(self.treated.variables, initial, strict=True):
            variable.assign(value)
        stream = np.random.default_rng(seed)
        for variable, value in self._others:
            if variable.name == "seed_generator_state":
                value = np.asarray([stream.integers(2**31), 0], value.dtype)
            variable.assign(value)


class _Watch(keras.callbacks.Callback):
    """Times the epochs, and measures the validation set after each.

    It measures the plain loss of the network's own predictions, so that curves of different
    techniques can be compared, and puts it into the logs for other callbacks. One compiled call a
    chunk takes a tenth of the time of Keras's validation pass on small data.
    """

    def __init__(self, base: keras.Model, data: Dataset, scale: Scale, seed: int) -> None:
        super().__init__()
        self.base, self.data, self.scale, self.seed = base, data, scale, seed
        self.chunk = min(CHUNK, len(data.x_validation))
        self.seconds: list[float] = []
        self.curves: dict[str, list[float | None]] = {"error": [], "loss": []}

    def measure(self, part: str) -> dict[str, float | None]:
        x, y = getattr(self.data, f"x_{part}"), getattr(self.data, f"y_{part}")
        return measure(predict(self.base, x, self.chunk), y, self.scale)

    def on_train_begin(self, logs: Any = None) -> None:
        # Not before `fit`: its symbolic pass, of the first run alone, draws random numbers too.
        keras.utils.set_random_seed(self.seed)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        float(logs["loss"])  # waits for the steps that the backend still has to make
        self.seconds.append(time.perf_counter() - self._start)
        measured = self.measure("validation")
        for name, curve in self.curves.items():
            curve.append(measured[name])
        logs["val_loss"] = float("nan") if measured["loss"] is None else measured["loss"]


def _batches(
    x: np.ndarray, y: np.ndarray, size: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields the mini-batches of all epochs, the same for every technique.

    Each epoch shuffles anew and leaves out what does not fill a batch, so that one shape is
    compiled. A generator spares starting an input pipeline in every epoch.
    """
    order = np.random.default_rng(seed)
    while True:
        shuffled = order.permutation(len(x))
        for start in range(0, len(x) - size + 1, size):
            chosen = shuffled[start : start + size]
            yield x[chosen], y[chosen]
