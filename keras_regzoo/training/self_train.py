"""Self-training: a model labels, round by round, what it is sure of, and is trained on that too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops, tree

from keras_regzoo import validation
from keras_regzoo.data.labels import class_numbers
from keras_regzoo.data.splits import SEEDS
from keras_regzoo.objectives.data_loss import from_logits as logits_of
from keras_regzoo.objectives.data_loss import require_cross_entropy
from keras_regzoo.quiet import QUIET
from keras_regzoo.training.examples import arrays_if_given, as_arrays, count, take
from keras_regzoo.training.fit_options import check_callbacks, for_one_fit
from keras_regzoo.training.fresh import check_build, fresh
from keras_regzoo.training.self_training import SelfTraining

UNLABELLED = -1


def self_train(
    build: Callable[[], keras.Model],
    x: Any,
    y: Any,
    x_unlabelled: Any,
    threshold: float = 0.9,
    rounds: int | None = 10,
    *,
    k_best: int | None = None,
    warm_start: bool = False,
    from_logits: bool | None = None,
    sample_weight: Any = None,
    seed: int = 0,
    **fit: Any,
) -> SelfTraining:
    """Trains a classifier on labelled examples and on those it labels itself with confidence.

        L_{r+1} = L_r ∪ {(x_i, argmax_k p_k(x_i; w_r)) : i ∉ L_r, max_k p_k(x_i; w_r) ≥ τ}

    w_r are the weights trained on L_r, where L_1 holds the labelled examples. A label once given is
    kept as if it were true, so that early mistakes are learnt by heart. Round r begins with
    `keras.utils.set_random_seed(seed + r − 1)`.

    It is *not* `PseudoLabel`, which decides anew in every step of one training.

    Args:
        build: Returns a new compiled classifier with one output, of shape (examples, classes), or
            (examples, 1) for two classes; called for every training.
        x: Array of labelled inputs, batch first, or a list or dict of such.
        y: Their classes: integers from 0 of shape (examples,) or (examples, 1), or one-hot rows.
            Labels given later have the same form.
        x_unlabelled: Inputs without labels, like `x`.
        threshold: τ, the probability from which a label is given, in [0, 1].
        rounds: Most times that labels are given, at least 1; `None` for as long as any are. One
            training more than rounds is made.
        k_best: Most labels to give in a round, at least 1: the most confident ones. `None` for all
            that reach the threshold.
        warm_start: Whether a round goes on with the model of the last one instead of a new one.
        from_logits: Whether outputs are logits; `None` for what the compiled loss says.
        sample_weight: Weights of the labelled examples, of shape (examples,); the others weigh 1.
        seed: Seed of training, an integer in `[0, 2**32 - 1]`.
        **fit: Passed to every `fit`, such as `epochs=10`; silent unless `verbose` is given.
            `callbacks` is a function that returns a list of new ones for each training.

    Returns:
        The model, the labels given and when, and the histories: a `SelfTraining`.

    Raises:
        ValueError: If an argument is outside its range, or examples do not match; if a model is
            not compiled, has other outputs, or is sure of nothing because they are not finite; if
            `from_logits` is `None` and the loss is no cross-entropy.

    Example:

    >>> def build():
    ...     model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2, "softmax")])
    ...     model.compile(keras.optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    ...     return model
    >>> found = keras_regzoo.training.self_train(
    ...     build, np.array([[-1.0], [1.0]]), np.array([0, 1]), np.array([[-2.0], [0.0], [2.0]]),
    ...     epochs=20,
    ... )
    >>> found.labels[[0, 2]].tolist(), found.rounds.tolist()[0]
    ([0, 1], 1)

    Reference: Yarowsky (1995), Unsupervised Word Sense Disambiguation Rivaling Supervised Methods
    (the bootstrapping procedure); Lee (2013), Pseudo-Label: The Simple and Efficient
    Semi-Supervised Learning Method for Deep Neural Networks (hard labels of a network).
    """
    check_build(build)
    x, others = as_arrays("x", x), as_arrays("x_unlabelled", x_unlabelled)
    targets = as_arrays("y", y, count(x))
    _check_alike(x, others)
    classes = class_numbers(np.asarray(targets))
    known = targets.shape[1] if targets.size > len(targets) else int(classes.max()) + 1
    validation.number("threshold", threshold, "[0, 1]")
    for name, value in (("rounds", rounds), ("k_best", k_best)):
        if value is not None:
            validation.integer(name, value, "[1, inf)")
    validation.one_of("from_logits", from_logits, (None, False, True))
    seed = validation.integer("seed", seed, SEEDS)
    check_callbacks(fit.get("callbacks"))
    if fit.get("validation_split"):
        raise ValueError(
            "`validation_split` must be left out, for it would take the examples labelled last; "
            f"pass `validation_data`; received {fit['validation_split']!r}."
        )
    weights = arrays_if_given("sample_weight", sample_weight, len(classes))

    labels = np.full(count(others), UNLABELLED)
    given = np.full(count(others), UNLABELLED)
    model, histories = None, []
    while True:
        keras.utils.set_random_seed((seed + len(histories)) % 2**32)
        if model is None or not warm_start:
            model = fresh(build)
            if getattr(model, "outputs", None):  # known before training
                _check_outputs([tuple(output.shape) for output in model.outputs], known)
            logits = _logits(model) if from_logits is None else from_logits
        chosen = np.flatnonzero(given != UNLABELLED)
        added = take(others, chosen)
        history = model.fit(
            tree.map_structure(lambda a, b: np.concatenate([a, b]), x, added),
            np.concatenate([targets, _in_form_of(targets, labels[chosen])]),
            sample_weight=None if weights is None else np.append(weights, np.ones(len(chosen))),
            **for_one_fit(fit),
        )
        histories.append(history.history)
        left = np.flatnonzero(given == UNLABELLED)
        if not len(left):
            stopped = "all labelled"
            break
        if len(histories) - 1 == rounds:
            stopped = "rounds"
            break
        outputs = model.predict(take(others, left), fit.get("batch_size"), QUIET)
        p = _probabilities(outputs, logits, known)
        sure = confident(p.max(axis=1), threshold, k_best)
        if not len(sure):
            stopped = "none confident"
            break
        labels[left[sure]] = p[sure].argmax(axis=1)
        given[left[sure]] = len(histories)
    return SelfTraining(model, labels, given, tuple(histories), stopped)


def confident(p: np.ndarray, threshold: float, k_best: int | None = None) -> np.ndarray:
    """Returns the positions of the greatest probabilities from the threshold on, in order.

    Args:
        p: Probabilities, of shape (examples,).
        threshold: The least.
        k_best: Most of them; of equal ones the first. `None` for all.
    """
    order = np.argsort(-p, kind="stable")
    return np.sort(order[p[order] >= threshold][:k_best])


def _in_form_of(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    hot = targets.size > len(targets)
    rows = np.eye(targets.shape[1])[labels] if hot else labels
    return rows.reshape(-1, *targets.shape[1:]).astype(targets.dtype)


def _check_alike(x: Any, others: Any) -> None:
    def shapes(data: Any) -> Any:
        return tree.map_structure(lambda part: str(part.shape[1:]), data)

    try:
        tree.assert_same_structure(x, others)
        alike = tree.flatten(shapes(x)) == tree.flatten(shapes(others))
    except (ValueError, TypeError):
        alike = False
    if not alike:
        raise ValueError(
            f"`x_unlabelled` must be like `x`, of shapes {shapes(x)} after the batch; received "
            f"{shapes(others)}."
        )


def _logits(model: keras.Model) -> bool:
    require_cross_entropy(model.loss, "self_train")
    return bool(logits_of(model.loss))


def _check_outputs(shapes: list[Any], classes: int) -> None:
    least = classes if classes > 2 else 1
    if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][1] < least:
        raise ValueError(
            f"`build` must return a classifier with one output of shape (examples, classes), for "
            f"{classes} classes here; its outputs have shapes {shapes}."
        )


def _probabilities(outputs: Any, logits: bool, classes: int) -> np.ndarray:
    parts = tree.flatten(outputs)
    _check_outputs([part.shape for part in parts], classes)
    (p,) = parts
    if p.shape[1] == 1:
        p = np.asarray(ops.convert_to_numpy(ops.sigmoid(p))) if logits else p
        p = np.concatenate([1 - p, p], axis=1)
    elif logits:
        p = np.asarray(ops.convert_to_numpy(ops.softmax(p)))
    if not np.all(np.isfinite(p)):
        raise ValueError("`build` must return a model whose outputs stay finite; received NaN.")
    return p
