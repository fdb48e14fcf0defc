"""How hard each example is: scores that a curriculum orders by, greater for harder.

A score of your own is an array of one finite number for each example.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.data.folds import fold_indices
from keras_regzoo.data.labels import class_numbers
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.example_losses import UnreducedLoss, check_targets, example_losses, unreduced
from keras_regzoo.quiet import QUIET


def loss(
    model: keras.Model, x: Any, y: Any, loss: Any = None, batch_size: int | None = None
) -> np.ndarray:
    """Scores an example by its loss under a reference model.

        d_i = L(y_i, f(x_i))

    With a model that another training has made it is transfer scoring, with one that the same
    training has made without a curriculum, self-taught scoring: `cross_validated` does that with
    models that have not seen the example.

    Args:
        model: A built model with one output.
        x: Inputs, batch first.
        y: Targets, as the loss takes them.
        loss: A Keras loss, or its name; by default that the model is compiled with.
        batch_size: Examples predicted at a time.

    Returns:
        Array of shape (examples,), in the units of the loss: a mean over all but the first axis.

    Raises:
        ValueError: If there is no loss, or the model has several outputs; if the targets are not
            as many as the examples, or do not fit the outputs; if a score is not finite.

    Example:

    >>> identity = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])
    >>> x, y = np.array([[1.0], [2.0]]), np.array([[1.0], [5.0]])
    >>> keras_regzoo.data.difficulty.loss(identity, x, y, "mse").tolist()
    [0.0, 9.0]

    Reference: Hacohen & Weinshall (2019), On the Power of Curriculum Learning in Training Deep
    Networks, sec. 2.2.
    """
    found = _unreduced(loss, model)
    targets = np.asarray(ops.convert_to_numpy(y))
    outputs = _predict(model, x, batch_size)
    check_targets(found, targets, outputs.shape)
    return _losses(found, targets, outputs)


def margin(model: keras.Model, x: Any, y: Any, batch_size: int | None = None) -> np.ndarray:
    """Scores an example by how far the best wrong class is ahead of its own.

        d_i = max_{k ≠ y_i} f_k(x_i) − f_{y_i}(x_i)

    Above 0 where the model is wrong.

    Args:
        model: A built classifier with one output of shape (examples, classes), of probabilities
            or logits, with at least two classes.
        x: Inputs, batch first.
        y: Integer labels of shape (examples,), or one-hot rows.
        batch_size: Examples predicted at a time.

    Returns:
        Array of shape (examples,), in the units of the outputs.

    Raises:
        ValueError: If the outputs or the labels are of another shape; if a score is not finite.

    Example:

    >>> identity = keras.Sequential([keras.Input((2,)), keras.layers.Identity()])
    >>> x = np.array([[0.9, 0.1], [0.4, 0.6]])
    >>> keras_regzoo.data.difficulty.margin(identity, x, [0, 0]).round(1).tolist()
    [-0.8, 0.2]

    Reference: Bartlett, Foster & Telgarsky (2017), Spectrally-Normalized Margin Bounds for Neural
    Networks, sec. 1 (the margin; its sign is reversed here).
    """
    outputs = _predict(model, x, batch_size)
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        raise ValueError(
            "`model` must have outputs of shape (examples, classes), of two classes or more; "
            f"received outputs of shape {outputs.shape}."
        )
    labels = _classes(y, len(outputs))
    if labels.max() >= outputs.shape[1]:
        raise ValueError(
            f"`y` must hold classes from 0 to {outputs.shape[1] - 1}; received {labels.max()}."
        )
    own = np.take_along_axis(outputs, labels[:, None], axis=1)[:, 0]
    others = np.where(np.arange(outputs.shape[1]) == labels[:, None], -np.inf, outputs)
    return checked(others.max(axis=1) - own, len(outputs))


def centroid_distance(x: Any, y: Any) -> np.ndarray:
    """Scores an example by its Euclidean distance to the mean of its class.

        d_i = ‖x_i − mean_{j: y_j = y_i} x_j‖

    Needs no model; `x` may also be the features that a pretrained network gives.

    Args:
        x: Array of shape (examples, ...), flattened for the distance.
        y: Integer labels of shape (examples,), or one-hot rows.

    Returns:
        Array of shape (examples,), in the units of `x`.

    Raises:
        ValueError: If `y` is of another length; if a score is not finite.

    Example:

    >>> x = np.array([[0.0], [2.0], [5.0]])
    >>> keras_regzoo.data.difficulty.centroid_distance(x, [0, 0, 1]).tolist()
    [1.0, 1.0, 0.0]

    Reference: Sorscher, Geirhos, Shekhar, Ganguli & Morcos (2022), Beyond Neural Scaling Laws:
    Beating Power Law Scaling via Data Pruning (supervised prototypes).
    """
    names, labels = np.unique(_classes(y, len(x)), return_inverse=True)
    rows = np.asarray(ops.convert_to_numpy(x), "float64").reshape(len(x), -1)
    centroids = np.stack([rows[labels == each].mean(axis=0) for each in range(len(names))])
    return checked(np.linalg.norm(rows - centroids[labels], axis=1), len(rows))


def cross_validated(
    build: Callable[[], keras.Model],
    x: Any,
    y: Any,
    folds: int = 5,
    repeats: int = 1,
    loss: Any = None,
    seed: int = 0,
    sample_weight: Any = None,
    **fit: Any,
) -> np.ndarray:
    """Scores an example by its loss under models trained without it.

        d_i = mean over repeats of L(y_i, f_{−fold(i)}(x_i))

    A model that has seen an example may know a wrong label by heart and find it easy; these have
    not. Takes `folds · repeats` trainings.

    Args:
        build: Returns a new compiled model with one output; called for every training.
        x: Array of inputs, batch first.
        y: Array of targets. Folds have all classes in proportion where it is made of integers of
            shape (examples,) or (examples, 1), or of one-hot rows.
        folds: Number of parts, at least 2, at most the number of examples.
        repeats: Number of times everything is done, each with other folds, at least 1.
        loss: A Keras loss, or its name; by default that the models are compiled with.
        seed: Seed of the folds, an integer in `[0, 2**32 - 1]`.
        sample_weight: Weights of the examples in training, or `None`; scores have none.
        **fit: Passed to `fit`, such as `epochs=10`; silent unless `verbose` is given.

    Returns:
        Array of shape (examples,), in the units of the loss.

    Raises:
        ValueError: If an argument is outside its range, or a class has fewer examples than there
            are folds; if a score is not finite.
        ImportError: If scikit-learn is not installed, which the `recipes` extra brings.

    Example:

    >>> def build():
    ...     model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    ...     return model
    >>> x = np.linspace(0, 1, 6)[:, None]
    >>> keras_regzoo.data.difficulty.cross_validated(build, x, x, folds=2, epochs=2).shape
    (6,)

    Reference: Hacohen & Weinshall (2019), On the Power of Curriculum Learning in Training Deep
    Networks, sec. 2.2 (self-taught scoring, here with cross-validation).
    """
    if not callable(build):
        raise ValueError(f"`build` must return a compiled model when called; received {build!r}.")
    x, y = np.asarray(ops.convert_to_numpy(x)), np.asarray(ops.convert_to_numpy(y))
    if len(x) != len(y):
        raise ValueError(
            f"`y` must have one target for each of {len(x)} inputs; received {len(y)}."
        )
    weights = None if sample_weight is None else np.asarray(ops.convert_to_numpy(sample_weight))
    if weights is not None and len(weights) != len(x):
        raise ValueError(
            f"`sample_weight` must have one weight for each of {len(x)} inputs; received "
            f"{len(weights)}."
        )
    repeats = validation.integer("repeats", repeats, "[1, inf)")
    seed = validation.integer("seed", seed, SEEDS)
    total = np.zeros(len(x))
    for repeat in range(repeats):
        order = (seed + repeat) % 2**32
        for train, held in fold_indices(folds, y, len(x), seed=order, name="folds"):
            model = build()
            own = {} if weights is None else {"sample_weight": weights[train]}
            model.fit(x[train], y[train], **{"verbose": QUIET, **own, **fit})
            outputs = _predict(model, x[held], None)
            found = _unreduced(loss, model)
            check_targets(found, y[held], outputs.shape)
            total[held] += _losses(found, y[held], outputs)
    return checked(total / repeats, len(x))


def checked(scores: Any, examples: int) -> np.ndarray:
    """Returns the scores as an array, if they are one finite number for each example.

    Raises:
        ValueError: If they are not.
    """
    try:
        scores = np.asarray(ops.convert_to_numpy(scores), "float64")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`difficulty` must be one number for each of {examples} examples; received "
            f"{validation.shown(scores)}."
        ) from error
    if scores.shape != (examples,):
        raise ValueError(
            f"`difficulty` must be one number for each of {examples} examples; received an array "
            f"of shape {scores.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(scores))
    if len(bad):
        raise ValueError(
            f"`difficulty` must be finite; received {scores[bad[0]]} for example {bad[0]}."
        )
    return scores


def _predict(model: keras.Model, x: Any, batch_size: int | None) -> np.ndarray:
    outputs = tree.flatten(model.predict(x, batch_size=batch_size, verbose=QUIET))
    if len(outputs) != 1:
        raise ValueError(f"`model` must have one output; received one with {len(outputs)}.")
    return outputs[0]


def _unreduced(loss: Any, model: keras.Model) -> UnreducedLoss:
    """Returns the loss to score with, as a function that gives a number for each example."""
    given = loss if loss is not None else getattr(model, "loss", None)
    found = unreduced(given)
    if found is None:
        raise ValueError(
            "`loss` must be a single loss, given or compiled with; received "
            f"{tree.flatten(given) if given is not None else None}."
        )
    return found


def _losses(loss: UnreducedLoss, y: Any, outputs: np.ndarray) -> np.ndarray:
    return checked(example_losses(loss, y, outputs), len(outputs))


def _classes(y: Any, examples: int) -> np.ndarray:
    labels = class_numbers(np.asarray(ops.convert_to_numpy(y)))
    if len(labels) != examples:
        raise ValueError(
            f"`y` must be one label for each of {examples} examples; received {len(labels)}."
        )
    return labels
