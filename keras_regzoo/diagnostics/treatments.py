"""The techniques that can be compared: what each changes in a network or its training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_regzoo import constraints, layers, objectives, regularizers
from keras_regzoo.diagnostics import insertion
from keras_regzoo.objectives.objective import Objective
from keras_regzoo.setting import Setting, linear
from keras_regzoo.spaces import setting

BASELINE = "baseline"


class Treated(NamedTuple):
    """A network as one technique trains it.

    Attributes:
        base: The network that is trained, and predicts.
        variables: Its variables, in the order of the untreated network's weights.
        objectives: What transforms its loss.
        make_callbacks: Makes the callbacks of one run.
    """

    base: keras.Model
    variables: list[keras.Variable]
    objectives: list[Objective] = []
    make_callbacks: Callable[[], list[keras.callbacks.Callback]] = list


class Option(NamedTuple):
    """One number a technique takes.

    Attributes:
        default: Its value where none is written.
        within: The interval it lies in.
        search: How it is searched.
        whole: Whether it is an integer.
    """

    default: float
    within: str
    search: Setting
    whole: bool = False


@dataclass(frozen=True)
class Technique:
    """How a technique is applied to a freshly built network.

    Attributes:
        summary: What it does, its defaults' source included.
        options: By name.
        treat: Maps the network, the range of its inputs (or `None`) and the options' values to
            the treated network. It may change the network it is given.
    """

    summary: str
    options: dict[str, Option]
    treat: Callable[..., Treated]


def _baseline(base: keras.Model, valid_range: Any) -> Treated:
    return Treated(base, base.weights)


def _early_stopping(base: keras.Model, valid_range: Any, patience: int) -> Treated:
    def make_callbacks() -> list[keras.callbacks.Callback]:
        return [
            keras.callbacks.EarlyStopping(
                monitor="val_loss", mode="min", patience=patience, restore_best_weights=True
            )
        ]

    return Treated(base, base.weights, [], make_callbacks)


def _penalized(base: keras.Model, regularizer: keras.regularizers.Regularizer) -> Treated:
    penalty = objectives.WeightPenalty({"kernel": regularizer})
    return Treated(base, base.weights, [penalty])


def _l2(base: keras.Model, valid_range: Any, strength: float) -> Treated:
    return _penalized(base, keras.regularizers.L2(strength))


def _l1l2(base: keras.Model, valid_range: Any, l1: float, l2: float) -> Treated:
    return _penalized(base, keras.regularizers.L1L2(l1, l2))


def _group_lasso(base: keras.Model, valid_range: Any, strength: float) -> Treated:
    return _penalized(base, regularizers.GroupLasso(strength, axis=-1))


def _dropout(base: keras.Model, valid_range: Any, rate: float) -> Treated:
    def make_layer() -> keras.layers.Layer:
        return keras.layers.Dropout(rate)

    return Treated(*insertion.insert_after_activations(base, make_layer, "dropout"))


def _dropconnect(base: keras.Model, valid_range: Any, rate: float) -> Treated:
    def wrap(layer: keras.layers.Layer) -> keras.layers.Layer:
        return layers.DropConnect(layer, rate)

    return Treated(*insertion.wrap_hidden_dense(base, wrap, "dropconnect"))


def _weight_noise(base: keras.Model, valid_range: Any, stddev: float) -> Treated:
    return Treated(base, base.weights, [objectives.WeightNoise(stddev)])


def _mixup(base: keras.Model, valid_range: Any, alpha: float) -> Treated:
    return Treated(base, base.weights, [objectives.Mixup(alpha)])


def _adversarial(base: keras.Model, valid_range: Any, radius: float, steps: int) -> Treated:
    objective = objectives.AdversarialTraining(radius, steps=steps, valid_range=valid_range)
    return Treated(base, base.weights, [objective])


def _sam(base: keras.Model, valid_range: Any, radius: float) -> Treated:
    return Treated(base, base.weights, [objectives.SharpnessAware(radius)])


def _max_norm(base: keras.Model, valid_range: Any, max_value: float) -> Treated:
    for kernel in kernels(base, "max_norm"):
        incoming = list(range(len(kernel.shape) - 1))
        kernel.constraint = keras.constraints.MaxNorm(max_value, axis=incoming)
    return Treated(base, base.weights)


def _l1_ball(base: keras.Model, valid_range: Any, fraction: float) -> Treated:
    for kernel in kernels(base, "l1_ball"):
        incoming = list(range(len(kernel.shape) - 1))
        values = keras.ops.convert_to_numpy(kernel.value)
        radius = fraction * float(np.abs(values).sum(axis=tuple(incoming)).mean())
        kernel.constraint = constraints.L1Ball(radius, axis=tuple(incoming))
    return Treated(base, base.weights)


def kernels(base: keras.Model, technique: str) -> list[keras.Variable]:
    """Returns the trainable weight matrices of `base`: its variables called a kernel.

    Raises:
        ValueError: If it has none.
    """
    found = [v for v in base.trainable_variables if v.name.endswith("kernel")]
    if not found:
        raise ValueError(
            f"The technique {technique!r} needs a trainable weight called 'kernel'; the model "
            f"{base.name!r} has none."
        )
    return found


STRENGTH = "[0, inf)"

TECHNIQUES: dict[str, Technique] = {
    BASELINE: Technique("Nothing: the network as it is.", {}, _baseline),
    "early_stopping": Technique(
        "Keep the weights of the epoch with the lowest validation loss; stop after `patience` "
        "epochs without a lower one (Prechelt 1998).",
        {"patience": Option(10, "[1, inf)", setting("early_stopping", "patience"), whole=True)},
        _early_stopping,
    ),
    "l2": Technique(
        "Penalize strength · Σw² of every kernel (Krizhevsky et al. 2012, §5, whose weight decay "
        "of 5e-4 has a factor ½).",
        {"strength": Option(2.5e-4, STRENGTH, setting("l2", "l2"))},
        _l2,
    ),
    "l1l2": Technique(
        "Penalize l1 · Σ|w| + l2 · Σw² of every kernel, the elastic net (Zou & Hastie 2005).",
        {
            "l1": Option(1e-5, STRENGTH, setting("l1_l2", "l1")),
            "l2": Option(1e-4, STRENGTH, setting("l1_l2", "l2")),
        },
        _l1l2,
    ),
    "group_lasso": Technique(
        "Penalize the norm of each unit's incoming weights (Yuan & Lin 2006).",
        {"strength": Option(1e-4, STRENGTH, setting("group_lasso", "strength"))},
        _group_lasso,
    ),
    "dropout": Technique(
        "Dropout after every hidden activation (Srivastava et al. 2014: 0.5).",
        {"rate": Option(0.5, "[0, 1)", setting("dropout", "rate"))},
        _dropout,
    ),
    "dropconnect": Technique(
        "Drop weights of every hidden dense layer (Wan et al. 2013: 0.5).",
        {"rate": Option(0.5, "[0, 1)", setting("drop_connect", "rate"))},
        _dropconnect,
    ),
    "weight_noise": Technique(
        "Gaussian noise on the weights at each step (Graves, Mohamed & Hinton 2013: 0.075).",
        {"stddev": Option(0.075, STRENGTH, setting("weight_noise", "stddev"))},
        _weight_noise,
    ),
    "mixup": Technique(
        "Train on mixtures of pairs of examples (Zhang et al. 2018: 0.1 to 0.4 on ImageNet).",
        {"alpha": Option(0.2, STRENGTH, setting("mixup", "alpha"))},
        _mixup,
    ),
    "adversarial": Technique(
        "Train on worst-case inputs within an L∞ ball, half of the loss (Goodfellow et al. 2015).",
        {
            "radius": Option(0.1, STRENGTH, setting("adversarial_training", "radius")),
            "steps": Option(1, "[1, inf)", setting("adversarial_training", "steps"), whole=True),
        },
        _adversarial,
    ),
    "sam": Technique(
        "Sharpness-aware minimization (Foret et al. 2021: 0.05).",
        {"radius": Option(0.05, STRENGTH, setting("sharpness_aware", "radius"))},
        _sam,
    ),
    "max_norm": Technique(
        "Bound the norm of each unit's incoming weights (Srivastava et al. 2014: 3 to 4).",
        {"max_value": Option(3.0, "(0, inf)", setting("max_norm", "max_value"))},
        _max_norm,
    ),
    "l1_ball": Technique(
        "Project each unit's incoming weights onto an L1 ball of `fraction` of their mean initial "
        "norm (Duchi et al. 2008; the fraction is ours).",
        {"fraction": Option(0.5, "(0, inf)", linear("fraction", 0.1, 1.0))},
        _l1_ball,
    ),
}
