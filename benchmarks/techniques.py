"""What is measured: each objective and wrapper on a network, and the floor it is held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops, regularizers
from keras.models import clone_model

from keras_regzoo import RegularizedModel, catalogue, layers, objectives
from keras_regzoo.backend import normal, uniform

DRAW = "one normal per weight"
MIXTURE = "four exponentials and a logarithm per weight"
RELAXATION = "a uniform, two logarithms and a sigmoid per hidden layer's input"
AVERAGE = "a moving average of each weight"
GATE = "a gate beside the second hidden layer, as Keras has it"
EMPTY = "empty list"
OWN = "the same L2 as Keras has it"


class DrawOnly(objectives.Penalty):
    """Draws what weight noise draws, and makes the step wait for it."""

    def __init__(self) -> None:
        super().__init__(1e-6)
        self.seed_generator = keras.random.SeedGenerator(0)

    def draw(self, weights: list[Any], x: Any) -> list[Any]:
        return [normal(w.shape, self.seed_generator) for w in weights]

    def penalty(self, loss: Any, point: Any, draw: list[Any]) -> Any:
        return sum(ops.sum(noise) for noise in draw)


class MixtureOnly(objectives.Penalty):
    """Computes for each weight what the density of a mixture of four must, and no more."""

    def __init__(self) -> None:
        super().__init__(1e-6)

    def penalty(self, loss: Any, point: Any, draw: Any) -> Any:
        slopes = (-1.0, -0.5, 0.5, 1.0)
        kernels = [w for w in point.weights if len(w.shape) > 1]
        return sum(
            ops.sum(ops.log(sum(ops.exp(slope * kernel) for slope in slopes))) for kernel in kernels
        )


class AverageOnly(objectives.Penalty):
    """Moves an average of every weight on, and looks at none of them."""

    def __init__(self) -> None:
        super().__init__(1e-6)

    def attach(self, model: keras.Model) -> None:
        self.averages = [
            self.add_weight(shape=v.shape, initializer="zeros", trainable=False)
            for v in model.trainable_variables
        ]

    def draw(self, weights: list[Any], x: Any) -> None:
        for average, weight in zip(self.averages, weights, strict=True):
            average.assign(0.99 * average + 0.01 * ops.stop_gradient(weight))

    def penalty(self, loss: Any, point: Any, draw: None) -> Any:
        return ops.zeros(())


class RelaxationOnly(keras.layers.Layer):
    """Multiplies by a relaxed mask of a fixed rate in training: what one must at least compute."""

    def __init__(self) -> None:
        super().__init__()
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if not training:
            return inputs
        draw = uniform(ops.shape(inputs), self.seed_generator)
        odds = ops.log(draw + 1e-7) - ops.log(1.0 - draw + 1e-7)
        return inputs * ops.sigmoid(10.0 * (odds + 2.0))


@dataclass(frozen=True)
class Technique:
    """One row of the table.

    Attributes:
        apply: Returns a network with the technique, given one without.
        cost: Name of the catalogue entry whose passes are its floor; empty where the limit is on
            the ratio to plain Keras.
        beside: The row of what it must compute beside the passes; empty where that is nothing.
        limit: On the ratio to plain Keras, where there is no floor.
    """

    apply: Callable[[keras.Model], keras.Model]
    cost: str = ""
    beside: str = ""
    limit: float | None = None

    def floor(self, ratios: dict[str, float]) -> float | None:
        """Returns the floor over a plain step: a third for a forward, two for a backward pass.

        Args:
            ratios: The measured ratios of all rows to a plain step.
        """
        if not self.cost or (self.beside and self.beside not in ratios):
            return None
        cost = catalogue.find(self.cost).cost
        passes = (cost.forward + 2 * cost.backward) / 3
        return passes + (ratios[self.beside] - 1 if self.beside else 0)


def objective(
    make: Callable[[keras.Model], objectives.Objective | None], name: str = "", **options: Any
) -> Technique:
    """Returns the row of an objective, made for a network."""

    def apply(model: keras.Model) -> keras.Model:
        made = make(model)
        return RegularizedModel(model, [] if made is None else [made])

    return Technique(apply, name, **options)


def hidden_layers(
    wrap: Callable[[keras.layers.Layer], list[Any]], name: str = "", beside: str = ""
) -> Technique:
    """Returns the row of what takes the place of every hidden layer that has a kernel."""

    def apply(model: keras.Model) -> keras.Model:
        parts = [keras.Input(model.input_shape[1:])]
        for layer in model.layers:
            fresh = type(layer).from_config(layer.get_config())
            wrapped = hasattr(layer, "kernel") and layer is not model.layers[-1]
            parts += wrap(fresh) if wrapped else [fresh]
        return keras.Sequential(parts)

    return Technique(apply, name, beside)


def where_width_stays(
    connect: Callable[[keras.layers.Layer, Any], Any], name: str = "", beside: str = ""
) -> Technique:
    """Returns the row of what connects every layer whose output has the shape of its input."""

    def apply(model: keras.Model) -> keras.Model:
        inputs = outputs = keras.Input(model.input_shape[1:])
        for layer in model.layers:
            fresh = type(layer).from_config(layer.get_config())
            fits = hasattr(layer, "kernel") and layer.input.shape == layer.output.shape
            outputs = connect(fresh, outputs) if fits else fresh(outputs)
        return keras.Model(inputs, outputs)

    return Technique(apply, name, beside)


def bare_gate(layer: keras.layers.Layer, x: Any) -> Any:
    gate = keras.layers.Dense(x.shape[-1], "sigmoid")(x)
    return gate * layer(x) + (1.0 - gate) * x


def with_own_l2(model: keras.Model) -> keras.Model:
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.regularizer = regularizers.L2(1e-4)
    return model


def over_rotations(model: keras.Model) -> keras.Model:
    """Takes the maximum over the four rotations of an image."""
    shape, image = model.input_shape[1:], (28, 28, 1)
    inner = [keras.Input(image), keras.layers.Reshape(shape), *model.layers]
    pooled = layers.MaxOverTransforms(keras.Sequential(inner))
    return keras.Sequential([keras.Input(shape), keras.layers.Reshape(image), pooled])


def first(model: keras.Model) -> keras.layers.Layer:
    """The first hidden layer, whose outputs are the code."""
    return next(layer for layer in model.layers if hasattr(layer, "kernel"))


def shift(x: Any) -> Any:
    """One tangent for each example: a shift by one pixel."""
    return ops.expand_dims(ops.roll(x, 1, axis=1) - x, axis=1)


TECHNIQUES = {
    EMPTY: objective(lambda _: None, limit=1.05),
    OWN: Technique(with_own_l2),
    "weight_penalty": objective(
        lambda _: objectives.WeightPenalty({"kernel": regularizers.L2(1e-4)}), limit=1.10
    ),
    **{
        f"loss_smoothing of width 0, {samples} samples": objective(
            lambda _, samples=samples: objectives.LossSmoothing(0.0, samples), limit=1.05
        )
        for samples in (2, 8)
    },
    DRAW: objective(lambda _: DrawOnly()),
    MIXTURE: objective(lambda _: MixtureOnly()),
    AVERAGE: objective(lambda _: AverageOnly()),
    RELAXATION: hidden_layers(lambda layer: [RelaxationOnly(), layer]),
    **{
        name: objective(make, name, beside=beside)
        for name, make, beside in (
            ("mixup", lambda _: objectives.Mixup(0.2), ""),
            ("weight_noise", lambda _: objectives.WeightNoise(0.01), DRAW),
            ("sharpness_aware", lambda _: objectives.SharpnessAware(0.05), ""),
            ("adversarial_training", lambda _: objectives.AdversarialTraining(0.1), ""),
            (
                "parameter_tying",
                lambda model: objectives.ParameterTying(None, clone_model(model)),
                "",
            ),
            ("soft_weight_sharing", lambda _: objectives.SoftWeightSharing(), MIXTURE),
            ("tangent_prop", lambda _: objectives.TangentProp(shift), ""),
            ("input_gradient_penalty", lambda _: objectives.InputGradientPenalty(0.1), ""),
            ("gradient_norm_penalty", lambda _: objectives.GradientNormPenalty(0.1), ""),
            ("gradient_variance_penalty", lambda _: objectives.GradientVariancePenalty(), ""),
            ("loss_smoothing", lambda _: objectives.LossSmoothing(0.01), DRAW),
            ("virtual_adversarial_training", lambda _: objectives.VirtualAdversarialTraining(), ""),
            ("label_smoothing", lambda _: objectives.LabelSmoothing(0.1), ""),
            ("r_drop", lambda _: objectives.RDrop(0.5), ""),
            ("self_paced", lambda _: objectives.SelfPaced(2.0), ""),
            ("super_loss", lambda _: objectives.SuperLoss(1.0), ""),
            ("uncertainty_weighting", lambda _: objectives.UncertaintyWeighting(), ""),
            ("consistency", lambda _: objectives.Consistency(), ""),
            ("mean_teacher", lambda _: objectives.MeanTeacher(), AVERAGE),
            ("pseudo_label", lambda _: objectives.PseudoLabel(), ""),
            ("contractive_penalty", lambda model: objectives.ContractivePenalty(first(model)), ""),
            (
                "variational_bottleneck",
                lambda model: objectives.VariationalBottleneck(first(model)),
                "",
            ),
            ("contrastive_loss", lambda model: objectives.ContrastiveLoss(first(model)), ""),
            (
                "maximum_mean_discrepancy",
                lambda model: objectives.MaximumMeanDiscrepancy(first(model)),
                "",
            ),
        )
    },
    "drop_connect": hidden_layers(
        lambda layer: [layers.DropConnect(layer, 0.5)], "drop_connect", DRAW
    ),
    "layer_weight_noise": hidden_layers(
        lambda layer: [layers.WeightNoise(layer, 0.01)], "layer_weight_noise", DRAW
    ),
    "weight_normalization": hidden_layers(
        lambda layer: [layers.WeightNormalization(layer)], "weight_normalization"
    ),
    "concrete_dropout": hidden_layers(
        lambda layer: [layers.ConcreteDropout(layer)], "concrete_dropout", RELAXATION
    ),
    GATE: where_width_stays(bare_gate),
    "highway": where_width_stays(lambda layer, x: layers.Highway(layer)(x), "highway", GATE),
    "max_over_transforms": Technique(over_rotations, "max_over_transforms"),
}
