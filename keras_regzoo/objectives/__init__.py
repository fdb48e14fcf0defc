"""Objectives: what maps a model's loss to the loss trained in its place."""

from keras_regzoo.objectives.adversarial_training import AdversarialTraining
from keras_regzoo.objectives.loss import Loss, Point
from keras_regzoo.objectives.mixup import Mixup
from keras_regzoo.objectives.objective import BatchTransform, Objective, Penalty, WeightTransform
from keras_regzoo.objectives.regularized_model import RegularizedModel
from keras_regzoo.objectives.sharpness_aware import SharpnessAware
from keras_regzoo.objectives.weight_noise import WeightNoise
from keras_regzoo.objectives.weight_penalty import WeightPenalty

__all__ = [
    "AdversarialTraining",
    "BatchTransform",
    "Loss",
    "Mixup",
    "Objective",
    "Penalty",
    "Point",
    "RegularizedModel",
    "SharpnessAware",
    "WeightNoise",
    "WeightPenalty",
    "WeightTransform",
]
