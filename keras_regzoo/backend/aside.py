"""Work beside a training that is under way, which then goes on as if there had been none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from keras_regzoo.backend.autodiff import _engine
from keras_regzoo.backend.devices import numpy_value, write_back


@contextmanager
def aside(model: keras.Model) -> Iterator[None]:
    """Within it `model` may be evaluated, between any two steps of a `fit`.

    What an evaluation would change is put back: the metrics of the epoch so far, the states of
    seed generators, the backend's own generator, from which batches are shuffled on PyTorch, and
    the mode of PyTorch's modules. Weights are left as they are.

    Args:
        model: A compiled model, of which the optimizer may be anywhere in an epoch.
    """
    write_back(model)
    weights = {id(variable) for variable in model.weights}
    seeds = [variable for variable in model.variables if id(variable) not in weights]
    kept = {id(variable): variable for variable in (*seeds, *model.metrics_variables)}
    values = {key: numpy_value(variable) for key, variable in kept.items()}
    in_training = getattr(model, "training", False)
    with _engine.generator_at(_engine.generator_state()):
        yield
    for key, variable in kept.items():
        variable.assign(values[key])
    if in_training:
        model.train()  # pyright: ignore[reportAttributeAccessIssue]
