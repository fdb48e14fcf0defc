"""The state of a model's optimizer, put back to its beginning or held for some variables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from typing import Any

import keras
from keras import ops


def reset_optimizer(model: keras.Model) -> None:
    """Gives the optimizer the state of a new one, between epochs: slots, steps and loss scale.

    The step counter is put back as well, since Adam's bias correction counts from where the slots
    were empty: with empty slots late in training its steps would be up to 6.6 times too long. The
    learning rate keeps its value; a schedule of it begins again. What a callback has added to the
    optimizer, such as the masks of pruned weights, comes last among its variables, and stays.

    Args:
        model: A compiled model; nothing happens if its optimizer is not built.
    """
    optimizer: Any = model.optimizer
    if not optimizer.built:
        return
    config = optimizer.get_config()
    rate = getattr(optimizer, "_learning_rate", None)
    if "learning_rate" in config and not isinstance(rate, keras.Variable):
        config["learning_rate"] = rate
    with _scope(model):
        new = type(optimizer).from_config(config)
        new.build(optimizer._trainable_variables)
    rates = {id(part._learning_rate) for part in _parts(optimizer)}
    for variable, initial in zip(optimizer.variables, new.variables, strict=False):
        if id(variable) not in rates:
            variable.assign(ops.convert_to_numpy(initial))


def slots(model: keras.Model, variable: keras.Variable) -> list[keras.Variable]:
    """Returns what the optimizer keeps of a variable, shaped as it is: Adam's moments, say.

    Args:
        model: A compiled model; there is nothing if its optimizer is not built.
        variable: A trainable variable of it.
    """
    found = []
    for part in _parts(model.optimizer):
        known = list(part._trainable_variables) if part.built else []
        for index in [i for i, each in enumerate(known) if each is variable]:
            lists = [kept for kept in vars(part).values() if isinstance(kept, list)]
            found += [kept[index] for kept in lists if len(kept) == len(known)]
    kept = [each for each in found if each is not variable]
    return [each for each in kept if getattr(each, "shape", None) == variable.shape]


class HeldOptimizer:
    """An optimizer that, while it is held, knows only some of the variables it was built for.

    Keras's optimizers are built for a list of variables, and on JAX a step updates exactly that
    list. The slots of the others stay as they are, and stay among `optimizer.variables`.

    Args:
        model: A built and compiled model, whose optimizer is built here for all that is trainable
            if it is not yet.
    """

    def __init__(self, model: keras.Model) -> None:
        optimizer: Any = model.optimizer
        if not optimizer.built:
            with _scope(model):
                optimizer.build(model.trainable_variables)
        self._parts = list(_parts(optimizer))
        self._all = [_known(part) for part in self._parts]

    def hold(self, others: Collection[keras.Variable]) -> None:
        """Leaves out the variables in `others`, which may be none."""
        left_out = {id(variable) for variable in others}
        for part, (variables, indices, averages) in zip(self._parts, self._all, strict=True):
            kept = [index for index, v in enumerate(variables) if id(v) not in left_out]
            keys = {part._var_key(variables[index]) for index in kept}
            _set(part, "_trainable_variables", [variables[index] for index in kept])
            known = {key: index for key, index in indices.items() if key in keys}
            _set(part, "_trainable_variables_indices", known)
            if averages is not None:
                _set(part, "_model_variables_moving_average", [averages[index] for index in kept])

    def start_averages(self, variables: Collection[keras.Variable]) -> None:
        """Lets the averages that `use_ema` keeps of `variables` begin at their values."""
        wanted = {id(variable) for variable in variables}
        for known, _, averages in self._all:
            for variable, average in zip(known, averages or [None] * len(known), strict=True):
                if average is not None and id(variable) in wanted:
                    average.assign(ops.convert_to_numpy(variable))


def _scope(model: keras.Model) -> Any:
    """Under `tf.distribute`, variables are made in the scope of the model's strategy."""
    strategy = getattr(model, "distribute_strategy", None)
    return strategy.scope() if strategy else nullcontext()


def _parts(optimizer: Any) -> Iterator[Any]:
    yield optimizer
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is not None:
        yield from _parts(inner)


def _set(part: Any, name: str, value: Any) -> None:
    """Sets an attribute that neither Keras nor TensorFlow shall track, as `build` does."""
    object.__setattr__(part, name, value)


def _known(part: Any) -> tuple[list[Any], dict[Any, int], list[Any] | None]:
    averages = list(part._model_variables_moving_average) if part.use_ema else None
    return list(part._trainable_variables), dict(part._trainable_variables_indices), averages
