"""How a technique is put into a network that is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_regzoo import callbacks, constraints, layers, objectives, regularizers
from keras_regzoo.diagnostics import insertion
from keras_regzoo.diagnostics.treatments import kernels
from keras_regzoo.objectives.objective import Objective

Applied = tuple[keras.Model, list[Objective]]
Applier = Callable[[keras.Model, str, dict[str, Any]], Applied]


def _objective(cls: Callable[..., Objective]) -> Applier:
    return lambda base, name, given: (base, [cls(**given)])


def _penalty(cls: Callable[..., Any], **fixed: Any) -> Applier:
    def apply(base: keras.Model, name: str, given: dict[str, Any]) -> Applied:
        kernels(base, name)
        patterns = {"kernel": cls(**given, **fixed)}
        return base, [objectives.WeightPenalty(patterns, name=f"{name}_penalty")]

    return apply


def _layer(cls: Callable[..., keras.layers.Layer]) -> Applier:
    def apply(base: keras.Model, name: str, given: dict[str, Any]) -> Applied:
        copy = insertion.insert_after_activations(base, lambda: cls(**given), name)
        return _filled(base, *copy), []

    return apply


def _wrapper(cls: Callable[..., keras.layers.Layer]) -> Applier:
    def apply(base: keras.Model, name: str, given: dict[str, Any]) -> Applied:
        copy = insertion.wrap_hidden_dense(base, lambda layer: cls(layer, **given), name)
        return _filled(base, *copy), []

    return apply


def _constraint(cls: Callable[..., Any], along: Callable[[list[int]], Any]) -> Applier:
    def apply(base: keras.Model, name: str, given: dict[str, Any]) -> Applied:
        for kernel in kernels(base, name):
            incoming = list(range(len(kernel.shape) - 1))
            kernel.constraint = cls(**given, **along(incoming))
        return base, []

    return apply


def _filled(base: keras.Model, copy: keras.Model, variables: list[keras.Variable]) -> keras.Model:
    for new, old in zip(variables, base.weights, strict=True):
        new.assign(old)
    return copy


WRAPPERS: dict[str, Applier] = {
    "drop_connect": _wrapper(layers.DropConnect),
    "concrete_dropout": _wrapper(layers.ConcreteDropout),
}
CONSTRAINTS: dict[str, Applier] = {
    "max_norm": _constraint(keras.constraints.MaxNorm, lambda axes: {"axis": axes}),
    "l1_ball": _constraint(constraints.L1Ball, lambda axes: {"axis": tuple(axes)}),
    "l2_ball": _constraint(constraints.L2Ball, lambda axes: {}),
    "spectral_norm_cap": _constraint(constraints.SpectralNormCap, lambda axes: {}),
}
ALONE = (WRAPPERS, CONSTRAINTS)  # of each, a layer takes one at most

# In the order in which they are applied: what copies the network comes before what is kept of it.
APPLIERS: dict[str, Applier] = {
    "l1": _penalty(keras.regularizers.L1),
    "l2": _penalty(keras.regularizers.L2),
    "l1_l2": _penalty(keras.regularizers.L1L2),
    "group_lasso": _penalty(regularizers.GroupLasso, axis=-1),
    "sparse_group_lasso": _penalty(regularizers.SparseGroupLasso, axis=-1),
    "student_t": _penalty(regularizers.StudentT),
    "spectral_norm": _penalty(regularizers.SpectralNorm),
    "nuclear_norm": _penalty(regularizers.NuclearNorm),
    "dropout": _layer(keras.layers.Dropout),
    "gaussian_dropout": _layer(keras.layers.GaussianDropout),
    "alpha_dropout": _layer(keras.layers.AlphaDropout),
    "gaussian_noise": _layer(keras.layers.GaussianNoise),
    "masking_noise": _layer(layers.MaskingNoise),
    **WRAPPERS,
    **CONSTRAINTS,
    "soft_weight_sharing": _objective(objectives.SoftWeightSharing),
    "adversarial_training": _objective(objectives.AdversarialTraining),
    "mixup": _objective(objectives.Mixup),
    "sharpness_aware": _objective(objectives.SharpnessAware),
    "weight_noise": _objective(objectives.WeightNoise),
    "label_smoothing": _objective(objectives.LabelSmoothing),
    "input_gradient_penalty": _objective(objectives.InputGradientPenalty),
    "gradient_norm_penalty": _objective(objectives.GradientNormPenalty),
    "gradient_variance_penalty": _objective(objectives.GradientVariancePenalty),
    "loss_smoothing": _objective(objectives.LossSmoothing),
    "virtual_adversarial_training": _objective(objectives.VirtualAdversarialTraining),
    "r_drop": _objective(objectives.RDrop),
    "super_loss": _objective(objectives.SuperLoss),
    "consistency": _objective(objectives.Consistency),
    "mean_teacher": _objective(objectives.MeanTeacher),
    "pseudo_label": _objective(objectives.PseudoLabel),
}

MakeCallback = Callable[..., keras.callbacks.Callback]
STOPPERS: dict[str, MakeCallback] = {
    "early_stopping": lambda **given: keras.callbacks.EarlyStopping(
        monitor="val_loss", mode="min", restore_best_weights=True, **given
    ),
    "generalization_loss_stopping": callbacks.GeneralizationLossStopping,
    "progress_quotient_stopping": callbacks.ProgressQuotientStopping,
    "consecutive_rise_stopping": callbacks.ConsecutiveRiseStopping,
}
