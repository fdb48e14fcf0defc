"""What a reader of one kind of source hands to `load`."""

from __future__ import annotations

import dataclasses

import numpy as np

Part = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Source:
    """Inputs and targets as they were read, before checks of the values, encoding and splits.

    Args:
        name: Name of the data.
        train: Inputs of shape `(n, ...)` and targets of shape `(n,)`; whatever is not given as
            validation or test is cut from them.
        validation: Validation inputs and targets, where the source has its own.
        test: Test inputs and targets, where the source has its own.
        features: Names of the columns of a table; `()` where the inputs are none.
        classes: Names of the classes, where the source knows them.
        target: What the source calls the target.
    """

    name: str
    train: Part
    validation: Part | None = None
    test: Part | None = None
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    target: str = "y"
