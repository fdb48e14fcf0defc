"""One model from several: the mean of their weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_regzoo.backend import copy_model
from keras_regzoo.ensembles.members import (
    Member,
    check_members,
    load,
    share_of_each,
    weights_kept,
)


def average_weights(
    models_or_paths: Sequence[Member],
    model: keras.Model | None = None,
    weights: Sequence[float] | None = None,
) -> keras.Model:
    """Returns a model whose weights are the mean of the members' weights.

        w̄ = Σ_m a_m w_m,   Σ_m a_m = 1

    It helps where the members lie in one valley of the loss: the last epochs of a training, or
    fine-tunings of one model. The mean is taken in float64, of every floating-point weight, also of
    batch normalization's moving statistics, which fit the mean only roughly; other weights are
    those of the first member. Members are loaded one at a time.

    It is *not* `average_predictions`, which works for any members and costs a pass for each.

    Args:
        models_or_paths: Models, `.keras` files, or `.weights.h5` files, such as the `paths` of
            `TopKCheckpoint`, best first.
        model: Gets the mean, and is returned; needed for files of weights alone. By default a new
            model: the first file's, or a clone of the first model. It is left as it was if an
            error is raised.
        weights: a_m up to a factor, numbers of at least 0; equal by default.

    Raises:
        ValueError: If an argument is not as it must be, a file does not exist, or the members'
            weights differ in number or shape.

    Example:

    >>> members = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in range(3)]
    >>> mean = keras_regzoo.ensembles.average_weights(members)
    >>> kernels = [member.get_weights()[0] for member in members]
    >>> bool(np.allclose(mean.get_weights()[0], np.mean(kernels, axis=0)))
    True

    Reference: Wortsman et al. (2022), Model Soups: Averaging Weights of Multiple Fine-tuned Models
    Improves Accuracy without Increasing Inference Time (the uniform soup).
    """
    members = check_members(models_or_paths, model)
    shares = share_of_each(weights, len(members))
    means: list[np.ndarray] = []
    kept: list[np.ndarray] = []
    target: Any = model
    with weights_kept(model):
        for member, share in zip(members, shares, strict=True):
            loaded = load(member, model)
            values = loaded.get_weights()
            if not means:
                means, kept = [np.zeros(value.shape) for value in values], values
                target = target or (_copy(loaded) if loaded is member else loaded)
            shapes = [mean.shape for mean in means], [value.shape for value in values]
            if shapes[0] != shapes[1]:
                raise ValueError(
                    "`models_or_paths` must have weights of the same shapes; received "
                    f"{shapes[0]} and {shapes[1]}."
                )
            for mean, value in zip(means, values, strict=True):
                mean += share * value.astype("float64")
    target.set_weights(
        [
            value if value.dtype.kind in "biu" else mean.astype(value.dtype)
            for mean, value in zip(means, kept, strict=True)
        ]
    )
    return target


def _copy(member: keras.Model) -> keras.Model:
    try:
        return copy_model(member)
    except ValueError as error:
        raise ValueError(
            "`model` must be given where Keras cannot copy the first member; received model=None "
            f"with {member.name!r}."
        ) from error
