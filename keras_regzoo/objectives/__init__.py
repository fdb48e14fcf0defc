"""Objectives: what maps a model's loss to the loss trained in its place."""

from keras_regzoo.objectives.adversarial_training import AdversarialTraining
from keras_regzoo.objectives.consistency import Consistency
from keras_regzoo.objectives.contractive_penalty import ContractivePenalty
from keras_regzoo.objectives.contrastive_loss import ContrastiveLoss
from keras_regzoo.objectives.gradient_norm_penalty import GradientNormPenalty
from keras_regzoo.objectives.gradient_variance_penalty import GradientVariancePenalty
from keras_regzoo.objectives.image_tangents import image_tangents
from keras_regzoo.objectives.input_gradient_penalty import InputGradientPenalty
from keras_regzoo.objectives.label_smoothing import LabelSmoothing
from keras_regzoo.objectives.loss import Loss, Point
from keras_regzoo.objectives.loss_smoothing import LossSmoothing
from keras_regzoo.objectives.maximum_mean_discrepancy import MaximumMeanDiscrepancy
from keras_regzoo.objectives.mean_teacher import MeanTeacher
from keras_regzoo.objectives.mixup import Mixup
from keras_regzoo.objectives.objective import BatchTransform, Objective, Penalty, WeightTransform
from keras_regzoo.objectives.parameter_tying import ParameterTying
from keras_regzoo.objectives.pseudo_label import PseudoLabel
from keras_regzoo.objectives.r_drop import RDrop
from keras_regzoo.objectives.regularized_model import RegularizedModel
from keras_regzoo.objectives.self_paced import SelfPaced
from keras_regzoo.objectives.sharpness_aware import SharpnessAware
from keras_regzoo.objectives.soft_weight_sharing import SoftWeightSharing
from keras_regzoo.objectives.super_loss import SuperLoss
from keras_regzoo.objectives.tangent_prop import TangentProp
from keras_regzoo.objectives.uncertainty_weighting import UncertaintyWeighting
from keras_regzoo.objectives.variational_bottleneck import VariationalBottleneck
from keras_regzoo.objectives.virtual_adversarial_training import VirtualAdversarialTraining
from keras_regzoo.objectives.weight_noise import WeightNoise
from keras_regzoo.objectives.weight_penalty import WeightPenalty

__all__ = [
    "AdversarialTraining",
    "BatchTransform",
    "Consistency",
    "ContractivePenalty",
    "ContrastiveLoss",
    "GradientNormPenalty",
    "GradientVariancePenalty",
    "InputGradientPenalty",
    "LabelSmoothing",
    "Loss",
    "LossSmoothing",
    "MaximumMeanDiscrepancy",
    "MeanTeacher",
    "Mixup",
    "Objective",
    "ParameterTying",
    "Penalty",
    "Point",
    "PseudoLabel",
    "RDrop",
    "RegularizedModel",
    "SelfPaced",
    "SharpnessAware",
    "SoftWeightSharing",
    "SuperLoss",
    "TangentProp",
    "UncertaintyWeighting",
    "VariationalBottleneck",
    "VirtualAdversarialTraining",
    "WeightNoise",
    "WeightPenalty",
    "WeightTransform",
    "image_tangents",
]
