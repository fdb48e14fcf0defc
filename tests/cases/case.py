"""How one exported class is checked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import keras
import numpy as np

KINDS = ("regularizer", "constraint", "layer", "objective", "callback", "model")

Arguments = Callable[[], dict[str, Any]]


class Trained(NamedTuple):
    """One training step on one batch, with learning rate 0.

    Attributes:
        technique: The object of the case's class.
        net: The network that has losses of its own.
        x: The batch.
        y: Its targets.
        plain: The data loss plus the network's own losses, summed in NumPy.
    """

    technique: Any
    net: keras.Model
    x: np.ndarray
    y: np.ndarray
    plain: float


@dataclass(frozen=True)
class Case:
    """How one exported class is checked.

    Attributes:
        cls: The class.
        kind: One of `KINDS`: where it plugs into a model.
        arguments: Returns its constructor's arguments, at a strength that acts.
        variations: The same for other valid choices, together every argument.
        bad: Returns pairs (argument, a value it must refuse).
        zero: Returns arguments with which it changes nothing; `None` where there are none.
        counted: Returns arguments with which the loss is known exactly; by default `zero`.
        loss: That loss, by default the one of plain training.
        plain: What the object does when it does nothing, and at inference.
        net: Of a model, the part that `net` made.
        input_shape: Shape of one example.
        reconstructs: Whether the targets are the inputs.
        in_unit_interval: Whether inputs must lie in [0, 1].
        objectives: Of a callback, returns the objectives of the model it is tried in.
        label: Tells several cases of one class apart.
        exceptions: Under a check's name, or "NAME/BACKEND", why it does not apply.
    """

    cls: type
    kind: str
    arguments: Arguments
    variations: tuple[Arguments, ...] = ()
    bad: Callable[[], list[tuple[str, Any]]] = list
    zero: Arguments | None = None
    counted: Arguments | None = None
    loss: Callable[[Trained], float] = lambda trained: trained.plain
    plain: Callable[[Any], Any] = lambda technique: lambda x: x
    net: Callable[[Any], keras.Model] = lambda technique: technique.base
    input_shape: tuple[int, ...] = (6,)
    reconstructs: bool = False
    in_unit_interval: bool = False
    objectives: Callable[[], list[Any]] = list
    label: str = ""
    exceptions: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return "-".join(filter(None, (self.cls.__name__, self.label)))


BAD_FRACTIONS = (-0.1, 1.0, math.nan, "0.5", True, None)
BAD_AMOUNTS = (-1.0, math.nan, "1", True, None)
BAD_SEEDS = ("zero", 1.5)


def each(**values: Any) -> Callable[[], list[tuple[str, Any]]]:
    return lambda: [(argument, value) for argument, bad in values.items() for value in bad]
