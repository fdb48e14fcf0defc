"""What it takes to go on with a training in another process."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR, global_seed_generator

from keras_regzoo.backend.autodiff import _engine
from keras_regzoo.backend.devices import numpy_value


def random_state() -> dict[str, Any]:
    """Returns where every global random generator stands, as plain values.

    Python's, NumPy's, Keras's, and the backend's own. What a layer or an objective draws from is
    not among them, since a variable of the model holds it.
    """
    version, numbers, gauss = random.getstate()
    kind, keys, *rest = np.random.get_state()
    seeds = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    return {
        "python": [version, list(numbers), gauss],
        "numpy": [kind, np.asarray(keys).tolist(), *rest],
        "keras": None if seeds is None else numpy_value(seeds.state).tolist(),
        "backend": _engine.global_generators(),
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Puts the global random generators where they stood when `random_state` returned `state`."""
    if state["keras"] is None:
        global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, None)
    else:
        seeds = global_seed_generator()
        seeds.state.assign(np.asarray(state["keras"], seeds.state.dtype))
    _engine.set_global_generators(state["backend"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.asarray(keys, "uint32"), *rest))
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))


def build_to_train(model: keras.Model, batches: Any) -> None:
    """Creates every variable that a first training step would, without reading the data.

    Args:
        model: A compiled model.
        batches: The epoch iterator of the `fit` that it is in.
    """
    _engine.build_to_train(model, batches)


def repeats_shuffling() -> bool:
    """Returns whether `fit` shuffles arrays in an order that the random state decides."""
    return _engine.repeats_shuffling()
