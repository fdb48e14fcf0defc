"""Every regularization technique and autoencoder of the textbooks, as Keras objects.

>>> import keras_regzoo
"""

from importlib.metadata import version

try:
    import keras as _keras  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError(
        f"Keras needs its backend, the package `{error.name}`, which is not installed: run `pip "
        'install "keras-regzoo[tensorflow]"`, or set KERAS_BACKEND to one that is (jax, torch).'
    ) from error

from keras_regzoo import (
    backend,
    callbacks,
    constraints,
    data,
    diagnostics,
    layers,
    models,
    objectives,
    regularizers,
)
from keras_regzoo.objectives import RegularizedModel

__version__ = version("keras-regzoo")

__all__ = [
    "RegularizedModel",
    "__version__",
    "backend",
    "callbacks",
    "constraints",
    "data",
    "diagnostics",
    "layers",
    "models",
    "objectives",
    "regularizers",
]
