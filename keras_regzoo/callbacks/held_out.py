"""A held-out set, looked at between the steps of a training that goes on undisturbed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from keras_regzoo import validation
from keras_regzoo.backend import aside
from keras_regzoo.callbacks.own_data import check_examples, never_ends
from keras_regzoo.quiet import QUIET


class HeldOut:
    """Evaluates a model on a held-out set, in the midst of an epoch too.

    Args:
        validation_data: A tuple `(x, y)` or `(x, y, sample_weight)`, or a dataset that can be gone
            through again and again: a `tf.data.Dataset`, a `PyDataset`, a PyTorch `DataLoader`.
        batch_size: Examples at a time, at least 1; 32 by default. A dataset has its own.

    Raises:
        ValueError: If an argument is not as it must be.
    """

    def __init__(self, validation_data: Any, batch_size: int | None = None) -> None:
        if isinstance(validation_data, tuple):
            if len(validation_data) not in (2, 3):
                raise ValueError(_expected(f"a tuple of {len(validation_data)}"))
            check_examples("`validation_data`", *validation_data)
            names = ("x", "y", "sample_weight")
            self._data: dict[str, Any] = dict(zip(names, validation_data, strict=False))
        else:
            _check_dataset(validation_data)
            self._data = {"x": validation_data}
        if batch_size is not None:
            validation.integer("validation_batch_size", batch_size, "[1, inf)")
            if "y" not in self._data:
                raise ValueError(
                    "`validation_batch_size` must be left out beside a dataset, which has its own; "
                    f"received validation_batch_size={batch_size!r}."
                )
            self._data["batch_size"] = batch_size

    def evaluate(self, model: keras.Model) -> dict[str, float]:
        """Returns the loss and the metrics under their names in the logs, such as `val_loss`.

        A training under way goes on as if there had been no look.
        """
        return self._evaluated(model)

    def names(self, model: keras.Model) -> set[str]:
        """Returns the names of `evaluate`, from the first batch alone.

        Raises:
            ValueError: If the model cannot be evaluated on it.
        """
        try:
            return set(self._evaluated(model, steps=1))
        except Exception as error:  # whatever layers and backends raise
            raise ValueError(
                f"`validation_data` must be data that the model {model.name!r} can be evaluated "
                f"on, which says: {validation.first_line(error)}"
            ) from error

    def _evaluated(self, model: keras.Model, **options: Any) -> dict[str, float]:
        with aside(model):
            logs = model.evaluate(**self._data, **options, verbose=QUIET, return_dict=True)
        return {f"val_{name}": value for name, value in logs.items()}


def _check_dataset(data: Any) -> None:
    foreign = isinstance(data, str | bytes | Mapping | list) or hasattr(data, "shape")
    iterable = isinstance(data, keras.utils.PyDataset | Iterable)
    if foreign or not iterable:
        raise ValueError(_expected(validation.shown(data)))
    if hasattr(data, "__next__"):
        raise ValueError(
            _expected(f"{validation.shown(data)}, which can be gone through only once")
        )
    if never_ends(data):
        raise ValueError(_expected(f"{validation.shown(data)}, which never ends"))


def _expected(received: str) -> str:
    return (
        "`validation_data` must be a tuple (x, y) or (x, y, sample_weight), or a dataset; "
        f"received {received}."
    )
