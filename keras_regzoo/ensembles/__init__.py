"""Ensembles: what several models say together."""

from keras_regzoo.ensembles.average_predictions import average_predictions
from keras_regzoo.ensembles.average_weights import average_weights

__all__ = ["average_predictions", "average_weights"]
