"""What several models predict on average."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_regzoo import validation
from keras_regzoo.ensembles.members import (
    Member,
    check_members,
    load,
    share_of_each,
    weights_kept,
)
from keras_regzoo.quiet import QUIET


def average_predictions(
    models_or_paths: Sequence[Member],
    x: Any,
    weights: Sequence[float] | None = None,
    model: keras.Model | None = None,
    batch_size: int | None = None,
) -> Any:
    """Returns the mean of what the members predict for `x`.

        p̄(y | x) = Σ_m a_m p_m(y | x),   Σ_m a_m = 1

    Of classifiers that end in a softmax or sigmoid it is the mean of probabilities, itself one; of
    those that end in logits it is the mean of logits, another rule: let them end in a softmax
    first. Members are loaded one at a time, and predict in inference mode.

    It is *not* `average_weights`, which makes one model, for the cost of one pass.

    Args:
        models_or_paths: Models, `.keras` files, or `.weights.h5` files, such as the `paths` of
            `SnapshotCheckpoint` or `TopKCheckpoint`.
        x: What `predict` takes; a data set is read once for each member, in the same order.
        weights: a_m up to a factor, numbers of at least 0; equal by default.
        model: Needed for files of weights alone, which it loads; it has its own weights again in
            the end.
        batch_size: Examples a batch, as `predict` has it.

    Returns:
        An array of shape (examples, ...), or for several outputs the structure of them.

    Raises:
        ValueError: If an argument is not as it must be, a file does not exist, or the members'
            predictions differ in shape.

    Example:

    >>> members = [keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in range(3)]
    >>> x = np.ones((4, 2))
    >>> mean = keras_regzoo.ensembles.average_predictions(members, x)
    >>> each = [member.predict(x, verbose=0) for member in members]
    >>> bool(np.allclose(mean, np.mean(each, axis=0)))
    True

    Reference: Huang et al. (2017), Snapshot Ensembles: Train 1, Get M for Free, sec. 3; Hansen &
    Salamon (1990), Neural Network Ensembles.
    """
    members = check_members(models_or_paths, model)
    shares = share_of_each(weights, len(members))
    if x is None or not tree.flatten(x):
        raise ValueError(f"`x` must hold the examples to predict for; received {x!r}.")
    if batch_size is not None:
        batch_size = validation.integer("batch_size", batch_size, "[1, inf)")
    mean: Any = None
    with weights_kept(model):
        for member, share in zip(members, shares, strict=True):
            predicted = load(member, model).predict(x, batch_size=batch_size, verbose=QUIET)
            scaled = tree.map_structure(lambda each, a=share: a * each.astype("float64"), predicted)
            mean = scaled if mean is None else _sum(mean, scaled)
    return tree.map_structure(lambda each: each.astype("float32"), mean)


def _sum(mean: Any, other: Any) -> Any:
    shapes = [tree.map_structure(np.shape, each) for each in (mean, other)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"`models_or_paths` must predict the same shapes; received {shapes[0]} and {shapes[1]}."
        )
    return tree.map_structure(np.add, mean, other)
