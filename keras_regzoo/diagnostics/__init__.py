"""What regularization does: comparisons of techniques, and measures of a trained model."""

from keras_regzoo.diagnostics import plots
from keras_regzoo.diagnostics.calibration import (
    expected_calibration_error,
    negative_log_likelihood,
)
from keras_regzoo.diagnostics.compare import compare
from keras_regzoo.diagnostics.comparison import Comparison, TechniqueResult
from keras_regzoo.diagnostics.dead_units import dead_units
from keras_regzoo.diagnostics.environment import environment
from keras_regzoo.diagnostics.jacobian_norm import jacobian_norm
from keras_regzoo.diagnostics.saturation import saturation
from keras_regzoo.diagnostics.statistics import PairedDifference, holm, paired_difference
from keras_regzoo.diagnostics.study import Study, study
from keras_regzoo.diagnostics.treatments import TECHNIQUES

__all__ = [
    "TECHNIQUES",
    "Comparison",
    "PairedDifference",
    "Study",
    "TechniqueResult",
    "compare",
    "dead_units",
    "environment",
    "expected_calibration_error",
    "holm",
    "jacobian_norm",
    "negative_log_likelihood",
    "paired_difference",
    "plots",
    "saturation",
    "study",
]
