"""Every regularization technique and autoencoder of the textbooks, as Keras objects.

>>> import keras_regzoo
"""

from importlib.metadata import version

from keras_regzoo import backend, constraints, layers, objectives, regularizers
from keras_regzoo.objectives import RegularizedModel

__version__ = version("keras-regzoo")

__all__ = [
    "RegularizedModel",
    "__version__",
    "backend",
    "constraints",
    "layers",
    "objectives",
    "regularizers",
]
