"""Weights of examples, shaped as the losses that they weigh."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from keras_regzoo.example_losses import unreduced


def as_losses(name: str, weight: Any, targets: Any, loss: Any) -> Any:
    """Returns weights with an axis for each of the losses', so that the first are the examples.

    Keras's losses of images have the shape of the images without their last axis. It multiplies
    them by one weight for each example as if these were along their last axis.

    Args:
        name: The argument's name.
        weight: An array of weights; anything else is returned as it is.
        targets: Array of targets, shaped as the outputs are.
        loss: What the model is compiled with; `None` where it brings its own loss, one number for
            each example.

    Raises:
        ValueError: If weights of parts of examples are not shaped as the losses of the parts.
    """
    shape, sides = getattr(weight, "shape", None), _sides(targets, loss)
    if not shape or sides is None:
        return weight
    given = list(shape[1:])
    while given and given[-1] == 1:
        given.pop()
    if len(given) > len(sides) or any(a not in (1, b) for a, b in zip(given, sides, strict=False)):
        shapes = ["(examples,)", f"(examples, {', '.join(map(str, sides))})"][: 1 + bool(sides)]
        raise ValueError(
            f"`{name}` must have the shape {' or '.join(shapes)}, as the losses that it weighs; "
            f"received {tuple(shape)}."
        )
    if not sides:
        return weight
    wanted = (shape[0], *given, *[1] * (len(sides) - len(given)))
    return (ops if ops.is_tensor(weight) else np).reshape(weight, wanted)


def _sides(targets: Any, loss: Any) -> tuple[int, ...] | None:
    """Returns the shape of an example's losses; `None` if it is not known."""
    if loss is None:
        return ()
    each, shape = unreduced(loss), getattr(targets, "shape", None)
    if each is None or shape is None or None in tuple(shape)[1:]:
        return None
    example = ops.zeros((1, *shape[1:]))
    found = tuple(each(example, example).shape)
    return found[1:] if found else None
