"""ExactResume: a run that was killed goes on as if it had not been."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

import keras
from keras.callbacks import ProgbarLogger

from keras_regzoo import backend, validation
from keras_regzoo.callbacks import run_state
from keras_regzoo.callbacks.data_position import DataPosition
from keras_regzoo.callbacks.fit_loop import enclosing_fit
from keras_regzoo.callbacks.own_folder import Origin, claim
from keras_regzoo.callbacks.resumable import Resumable
from keras_regzoo.callbacks.run_file import RunFile

LOGGER = logging.getLogger("keras_regzoo")

SHARE = 0.025
LEAST_PAUSE = 1.0


class ExactResume(Resumable):
    """Goes on with a killed run when its script is run again, with the same numbers as without.

    The final weights, the optimizer, the history and what the callbacks keep are bit for bit those
    of a run that nobody killed, at whatever moment it was and however often:

        train(killed at t₁, t₂, …) = train()

    To this end it saves the model's variables with its seeds, the optimizer, the metrics of the
    epoch, the state of the other callbacks, the global random generators and the position in the
    data.

    A run that has ended is not trained again: its end is put back, and training goes on if `fit`
    asks for more epochs now and no callback had stopped it. The second `fit` of one callback is
    another run in the same folder. Another callback in this folder takes the run for its own, and
    refuses it if it is on other arrays, or if one callback is a copy of the other or both were
    made for fits of one call: each trial of a search, each fold of `cross_validate`, and each
    round or stage of the other functions in `training` needs a folder of its own, such as one
    numbered by `itertools.count`.

    It holds as far as a run without interruption repeats itself: the script seeds what it draws
    from, and builds and compiles the same on the same machine. It acts from any place in the list
    of callbacks. Of these, those here, Keras's own, and all with `get_state` and `set_state`
    (plain values) are put back, arrays too with `get_arrays` and `set_arrays`; the log at level
    INFO names the others, which are taken to keep nothing. Loggers must append to their files.

    Arrays go on where they were. So does a `PyDataset` with `get_state` and `set_state`, whose
    state callbacks may move between epochs. Other data, such as `tf.data`, are read again from
    the beginning, without training, and must be the same when they are read again: a generator
    has to be given its own seed. On TensorFlow the order of shuffled arrays repeats only after
    `keras.utils.set_random_seed`. Of a `train_step` of your own only `model.optimizer` is saved.

    Args:
        path: A folder for the run, best of its own; made if it does not exist. It holds the newest
            state and the one before, each written whole or not at all.
        every: Steps or epochs between two saves, at least 1. With `None` it saves as often as
            costs a fortieth of the time, at a step or an epoch's end, but not more than once a
            second. The end of the last epoch is always saved.
        per: `"step"` or `"epoch"`: what `every` counts.

    Raises:
        ValueError: If an argument is not as it must be; before the first step, if the folder
            cannot be written or holds a file of something else, a run that is torn, or one of
            another model, on other arrays or with other callbacks, or of a copy of this callback.

    Example:

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> def train(epochs):
    ...     keras.utils.set_random_seed(0)
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    ...     model.compile("adam", "mse")
    ...     resume = keras_regzoo.callbacks.ExactResume(folder)
    ...     x, y = np.ones((8, 2)), np.ones((8, 1))
    ...     return model.fit(x, y, epochs=epochs, verbose=0, callbacks=[resume]).history["loss"]
    >>> first = train(epochs=2)
    >>> len(first), train(epochs=3)[:2] == first
    (2, True)

    Reference: Mohan, Phanishayee & Chidambaram (2021), CheckFreq: Frequent, Fine-Grained DNN
    Checkpointing, sec. 4 (saving between steps, as often as a bound on its cost allows).
    """

    def __init__(
        self, path: str | os.PathLike[str], every: int | None = None, per: str = "step"
    ) -> None:
        super().__init__()
        self.path = os.fspath(validation.instance("path", path, (str, os.PathLike)))
        self.every = None if every is None else validation.integer("every", every, "[1, inf)")
        self.per = validation.one_of("per", per, ("step", "epoch"))
        self.origin: Any = Origin()
        self._own: list[None] = []  # a copy has another
        self._fits = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        fit = enclosing_fit(self)
        claim(self.origin, self.path, self._own)
        self._list, self._data = fit.callbacks, DataPosition(fit.batches)
        others = [each for each in _given(fit.callbacks) if each is not self]
        self._list.callbacks = [self, *others, _AtEpochEnd(self._end_epoch)]
        self._kept = [each for each in others if not isinstance(each, ProgbarLogger)]
        self._file = RunFile(self.path, f"fit-{self._fits + 1}")
        self._initial_epoch = self.model._initial_epoch
        self._counts, self._last_saved = {"step": 0, "epoch": 0}, {"step": 0, "epoch": 0}
        self._time, self._cost = time.perf_counter(), 0.0
        self._pending = self._file.load()
        if self._pending is not None:
            self._go_on(fit.batches)
        elif not self._data.repeats():
            LOGGER.warning(
                "The order of the shuffled arrays cannot be made again without "
                "`keras.utils.set_random_seed`: a killed epoch will go on in another one."
            )
        run_state.name_stateless(self._kept)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch, self._batch = epoch, 0
        self.model._initial_epoch = self._initial_epoch
        if self._pending is None:
            return
        step = self._pending[0]["step"]
        self._restore()
        if step:
            self._data.skip(step, self._restore)
        else:
            self.model.reset_metrics()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._pending = None
        self._counts["step"] += batch - self._batch
        self._batch = batch
        if batch and self._is_due():
            self._save(self._epoch, batch, {})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Comes before those of all other callbacks."""
        if self._pending is not None:
            self._restore()
            if isinstance(self.model.optimizer, keras.optimizers.Optimizer):
                self.model.optimizer.finalize_variable_values(self.model.trainable_variables)
            if logs is not None:
                logs.update(self._pending[0]["logs"])
        self.model._initial_epoch = self._initial_epoch
        self._list.callbacks = _given(self._list)
        self._data.release()
        self._pending = None
        self._fits += 1

    def _end_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        """Comes after all other callbacks have ended the epoch."""
        self._counts["step"] += self.model.steps_per_execution
        self._counts["epoch"] += 1
        last = self.model.stop_training or epoch + 1 >= self.params["epochs"]
        if last or self._is_due():
            self._save(epoch + 1, 0, logs)

    def _is_due(self) -> bool:
        if self.every is not None:
            return self._counts[self.per] - self._last_saved[self.per] >= self.every
        return time.perf_counter() - self._time >= max(LEAST_PAUSE, self._cost / SHARE)

    def _save(self, epoch: int, step: int, logs: dict[str, Any]) -> None:
        began = time.perf_counter()
        self._list._flush_futures()
        backend.write_back(self.model)
        variables = run_state.variables_of(self.model)
        data, arrays = self._data.state(in_epoch=step > 0)
        kept = []
        for callback in self._kept:
            plain, own = run_state.capture(callback)
            kept.append(plain)
            arrays += own
        plain = {
            "epoch": epoch,
            "step": step,
            "stopped": self.model.stop_training,
            "logs": run_state.plain("the logs", logs),
            "data": data,
            "model": run_state.describe(variables),
            "callbacks": run_state.names(self._kept),
            "kept": kept,
            "random": backend.random_state(),
        }
        self._file.save(plain, arrays + run_state.values(variables))
        self._last_saved = dict(self._counts)
        self._time = time.perf_counter()
        self._cost = self._time - began

    def _go_on(self, batches: Any) -> None:
        """Goes to where the data were; the rest waits until all callbacks have begun."""
        assert self._pending is not None
        plain, arrays = self._pending
        run_state.check_kinds(plain, self.path)
        run_state.check_callbacks(self._kept, plain["callbacks"], self.path)
        if plain["data"].get("arrays") != self._data.arrays:
            raise ValueError(
                "`path` must hold a run on these data, as each fit on others needs a folder of "
                f"its own; received path={self.path!r}, of a run on other data."
            )
        backend.build_to_train(self.model, batches)
        left = iter(arrays)
        self._data.go_to(plain["data"], left)
        self._pending = (plain, list(left))
        epoch, step, epochs = plain["epoch"], plain["step"], self.params["epochs"]
        self.model._initial_epoch = max(epoch, epochs) if plain["stopped"] else epoch
        LOGGER.info("%s goes on after epoch %d, step %d of the next.", self.path, epoch, step)

    def _restore(self) -> None:
        assert self._pending is not None
        plain, arrays = self._pending[0], iter(self._pending[1])
        run_state.check_model(self.model, plain["model"], self.path)
        for callback, kept in zip(self._kept, plain["kept"], strict=True):
            run_state.put_back(callback, kept, arrays)
        run_state.assign(run_state.variables_of(self.model), arrays)
        self._data.put_source_back()
        self.model.stop_training = plain["stopped"]
        backend.set_random_state(plain["random"])


class _AtEpochEnd(keras.callbacks.Callback):
    """Calls a function at the end of each epoch, behind all other callbacks."""

    def __init__(self, function: Callable[[int, dict[str, Any]], None]) -> None:
        super().__init__()
        self._function = function

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._function(epoch, logs or {})


def _given(callbacks: keras.callbacks.CallbackList) -> list[keras.callbacks.Callback]:
    return [each for each in callbacks.callbacks if not isinstance(each, _AtEpochEnd)]
