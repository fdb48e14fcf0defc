"""What objectives ask of the inputs they change."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops, tree


def require_floating(x: Any, objective: str, single: bool = False) -> None:
    """Raises unless the inputs are floating-point tensors.

    Args:
        x: A batch's inputs: a tensor, list or dict.
        objective: Name of the class that asks.
        single: Whether it must be one tensor alone.

    Raises:
        ValueError: In one sentence, if it is not so.
    """
    leaves = [leaf for leaf in tree.flatten(x) if leaf is not None]
    if single and len(leaves) > 1:
        raise ValueError(
            f"{objective} needs a model with a single floating-point input; "
            f"this one is fed {len(leaves)} inputs."
        )
    for leaf in leaves:
        dtype = keras.backend.standardize_dtype(leaf.dtype)
        if "float" not in dtype:
            raise ValueError(
                f"{objective} needs floating-point inputs; received an input of dtype {dtype} "
                "(cast images to float; give tokens to a model that starts after its embedding)."
            )


def known_inputs(model: keras.Model) -> list[Any]:
    """Returns the symbolic inputs of a functional or Sequential model; none of a subclassed one."""
    return list(getattr(model, "inputs", None) or [])


def as_fed(model: keras.Model, x: Any) -> Any:
    """Returns the inputs as `model` casts them itself: integers for a floating-point `Input`."""
    dtypes = {keras.backend.standardize_dtype(each.dtype) for each in known_inputs(model)}
    if len(dtypes) != 1 or "float" not in min(dtypes):
        return x
    (dtype,) = dtypes

    def cast(leaf: Any) -> Any:
        if leaf is None or "float" in keras.backend.standardize_dtype(leaf.dtype):
            return leaf
        return ops.cast(leaf, dtype)

    return tree.map_structure(cast, x)
