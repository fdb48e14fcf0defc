"""Searches with KerasTuner: what to search of each technique."""

from keras_regzoo.tuning.search_space import search_space

__all__ = ["search_space"]
