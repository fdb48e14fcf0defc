"""TopKCheckpoint: the best models of a training, on disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from keras_regzoo import validation
from keras_regzoo.callbacks.checkpoint_path import CheckpointPath
from keras_regzoo.callbacks.monitor import Monitor
from keras_regzoo.callbacks.resumable import Resumable


class TopKCheckpoint(Resumable):
    """Keeps the models of the k best epochs on disk, for an ensemble or the mean of their weights.

        kept(t) = the k best of v₁ … v_t,   v the monitored quantity at the epochs' ends

    Of equal values the earlier is better; NaN is never kept. A file is written beside its place and
    moved there when it is whole, and only then is the one that fell out removed; so there is
    always a whole file of each of the best. Only files that this training wrote are removed. A
    file that is at a checkpoint's path already is replaced.

    It is *not* `keras.callbacks.ModelCheckpoint`, which keeps one best or all.

    Args:
        path: Pattern of the paths, such as `"checkpoints/{epoch}-{val_loss:.3f}.keras"`: `{epoch}`,
            counted from 1, must be in the file's name; every log's name may be. It ends in
            `.keras` for whole models with their optimizer, or in `.weights.h5` for weights
            alone. Its folder must exist.
        monitor: Name of the log to compare by.
        k: How many to keep, at least 1.
        mode: `"min"`, `"max"`, or `"auto"`, which knows losses and Keras's own metrics.

    Raises:
        ValueError: If an argument is not as it must be; before training, if nothing can be written
            to the folder; at the first epoch's end, if there is no such log or
            which way is better is not known.

    Attributes:
        paths: The files kept, best first, as `average_weights` and `average_predictions` of
            `keras_regzoo.ensembles` take them.

    Example:

    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> x = np.ones((8, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     best = keras_regzoo.callbacks.TopKCheckpoint(folder + "/{epoch}.keras", "loss", k=2)
    ...     history = model.fit(x, x[:, :1], epochs=3, verbose=0, callbacks=[best])
    ...     mean = keras_regzoo.ensembles.average_weights(best.paths)
    >>> [path.removeprefix(folder) for path in best.paths]
    ['/3.keras', '/2.keras']

    Reference: Vaswani et al. (2017), Attention Is All You Need, sec. 6.1 (the mean of the last
    checkpoints' weights); Wortsman et al. (2022), Model Soups (of the best).
    """

    STATE = ("kept",)

    def __init__(
        self,
        path: str | os.PathLike[str],
        monitor: str = "val_loss",
        k: int = 3,
        mode: str = "auto",
    ) -> None:
        super().__init__()
        self._files = CheckpointPath(path, "epoch")
        self._monitor = Monitor(monitor, mode)
        self.k = validation.integer("k", k, "[1, inf)")
        self.kept: list[list[Any]] = []

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.kept]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.kept = []
        self._files.check_folder()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if not self._monitor.is_due(epoch):
            return
        value = self._monitor.read(logs)
        self._monitor.rising(self.model)  # raises where it is not known, before a file is written
        better = [
            place
            for place, (kept, _) in enumerate(self.kept)
            if self._monitor.improves(self.model, value, kept)
        ]
        place = better[0] if better else len(self.kept)
        if value != value or place >= self.k:
            return
        fields = {name: float(each) for name, each in (logs or {}).items()}
        path = self._files.write(self.model, **{**fields, "epoch": epoch + 1})
        self.kept.insert(place, [value, path])
        for _, fallen in self.kept[self.k :]:
            if fallen not in self.paths[: self.k]:
                with suppress(FileNotFoundError):
                    Path(fallen).unlink()
        self.kept = self.kept[: self.k]
