"""Data from one line under a fixed seeded split, or from a disk; wrong labels, hard examples."""

from keras_regzoo.data import difficulty, pacing
from keras_regzoo.data.curriculum_dataset import CurriculumDataset
from keras_regzoo.data.dataset import Dataset
from keras_regzoo.data.label_noise import add_label_noise
from keras_regzoo.data.load import load
from keras_regzoo.data.memmap_dataset import MemmapDataset
from keras_regzoo.data.splits import split_indices

__all__ = [
    "CurriculumDataset",
    "Dataset",
    "MemmapDataset",
    "add_label_noise",
    "difficulty",
    "load",
    "pacing",
    "split_indices",
]
