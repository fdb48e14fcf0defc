"""Data from one line: training, validation and test arrays under a fixed seeded split."""

from keras_regzoo.data.dataset import Dataset
from keras_regzoo.data.load import load
from keras_regzoo.data.splits import split_indices

__all__ = ["Dataset", "load", "split_indices"]
