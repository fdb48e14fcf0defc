"""Weights of a model chosen by the names in their paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras


class Variables(Sequence):
    """Holds variables of a model where Keras does not track them as an objective's own."""

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._values = tuple(values)

    def __getitem__(self, index: Any) -> Any:
        return self._values[index]

    def __len__(self) -> int:
        return len(self._values)


def weight_paths(model: keras.layers.Layer) -> list[tuple[keras.Variable, str]]:
    """Returns each weight that can be trained, frozen ones too, and the names of its layers.

    `variable.path` would not do: it depends on where a layer was built, and differs once the
    model is loaded again.
    """
    paths: dict[int, str] = {}
    for variable, path in _own_paths(model):
        paths.setdefault(id(variable), path)
    return [(each, paths[id(each)]) for each in model.variables if id(each) in paths]


def _own_paths(layer: keras.layers.Layer, above: str = "") -> Iterator[tuple[keras.Variable, str]]:
    for child in layer._flatten_layers(include_self=False, recursive=False):
        yield from _own_paths(child, f"{above}{child.name}/")
    for variable in layer._trainable_variables:
        yield variable, f"{above}{variable.name}"


def named_weights(model: keras.Model, argument: str, name: str | None) -> Variables:
    """Returns the weights that have `name` in their path, those frozen now among them.

    Args:
        model: A built model.
        argument: The argument that `name` was given as.
        name: One or more successive names of the path, such as `"encoder"`, `"kernel"` or
            `"dense_1/kernel"`; `None` for every variable.

    Raises:
        ValueError: If there is none; the sentence lists the paths of all.
    """
    paths = weight_paths(model)
    found = [variable for variable, path in paths if name is None or _holds(path, name)]
    if not found:
        raise ValueError(
            f"`{argument}` must be part of the path of a trainable weight; received {name!r}; "
            f"the paths are {', '.join(path for _, path in paths)}."
        )
    return Variables(found)


def _holds(path: str, name: str) -> bool:
    return f"/{name}/" in f"/{path}/"
