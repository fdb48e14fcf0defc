"""The data that callbacks hold, checked before a training ends on them."""

from __future__ import annotations

from typing import Any, cast

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.backend import PureView

_INFINITE = -1  # as `tf.data` says it


def check_examples(name: str, *parts: Any) -> None:
    """Raises a ValueError unless all in `parts` are arrays of as many examples, and some."""
    loose = [each for each in tree.flatten(parts) if isinstance(each, bool | int | float | str)]
    if loose:
        raise ValueError(
            f"{name} must hold arrays; received lists of {type(loose[0]).__name__}, which "
            "`numpy.asarray` makes into one."
        )
    shapes = [getattr(array, "shape", None) for array in tree.flatten(parts)]
    rows = [shape[0] for shape in shapes if shape]
    if 0 in rows or len(set(rows)) > 1:
        listed = ", ".join(map(str, rows))
        raise ValueError(
            f"{name} must have as many examples in each array, at least one; received {listed}."
        )


def check_taken(name: str, model: keras.Model, x: Any) -> None:
    """Raises a ValueError unless a model takes the inputs `x`; nothing of it changes.

    A model that is not built yet takes anything.
    """
    if not model.built:
        return
    view = PureView(model)
    try:
        view(view.weights(), view.state(), x, training=True)
    except Exception as error:  # whatever layers and backends raise
        raise ValueError(
            f"{name} must be inputs that the model {model.name!r} takes, which says: "
            f"{validation.first_line(error)}"
        ) from error


def check_finite(name: str, arrays: Any) -> None:
    """Raises a ValueError if an array of floats holds NaN or infinity."""
    for each in tree.flatten(arrays):
        array = ops.convert_to_numpy(each) if ops.is_tensor(each) else np.asarray(each)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite; received NaN or infinity.")


def never_ends(data: Any) -> bool:
    """Returns whether a data set says that it has no last batch, as endless ones of Keras do."""
    if isinstance(data, keras.utils.PyDataset):
        return data.num_batches is None
    cardinality = getattr(data, "cardinality", None)
    return callable(cardinality) and int(cast(Any, cardinality())) == _INFINITE
