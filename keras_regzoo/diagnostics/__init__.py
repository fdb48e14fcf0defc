"""What regularization does: comparisons of techniques, and measures of a trained model."""

from keras_regzoo.diagnostics import plots
from keras_regzoo.diagnostics.bias_variance import BiasVariance, bias_variance
from keras_regzoo.diagnostics.calibration import (
    Calibration,
    calibration,
    expected_calibration_error,
    negative_log_likelihood,
)
from keras_regzoo.diagnostics.compare import compare
from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.dead_units import dead_units
from keras_regzoo.diagnostics.diagnosis import Diagnosis, diagnose
from keras_regzoo.diagnostics.environment import environment
from keras_regzoo.diagnostics.jacobian_norm import jacobian_norm
from keras_regzoo.diagnostics.learning_curve import learning_curve
from keras_regzoo.diagnostics.saturation import saturation
from keras_regzoo.diagnostics.score_curve import ScoreCurve
from keras_regzoo.diagnostics.sharpness import sharpness
from keras_regzoo.diagnostics.statistics import PairedDifference, holm, paired_difference
from keras_regzoo.diagnostics.study import Study, study
from keras_regzoo.diagnostics.treatments import TECHNIQUES
from keras_regzoo.diagnostics.validation_curve import validation_curve

__all__ = [
    "TECHNIQUES",
    "BiasVariance",
    "Calibration",
    "Comparison",
    "Diagnosis",
    "PairedDifference",
    "ScoreCurve",
    "Study",
    "TechniqueResult",
    "bias_variance",
    "calibration",
    "compare",
    "dead_units",
    "diagnose",
    "environment",
    "expected_calibration_error",
    "holm",
    "jacobian_norm",
    "learning_curve",
    "negative_log_likelihood",
    "paired_difference",
    "plots",
    "saturation",
    "sharpness",
    "study",
    "validation_curve",
]
