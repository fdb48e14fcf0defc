"""Searches with KerasTuner: which techniques, how strong, and which autoencoder."""

from keras_regzoo.tuning.autoencoder_hyper_model import AutoencoderHyperModel
from keras_regzoo.tuning.regularized_hyper_model import RegularizedHyperModel
from keras_regzoo.tuning.search_space import search_space

__all__ = ["AutoencoderHyperModel", "RegularizedHyperModel", "search_space"]
